import ArgumentParser
import Diagnostics
import InputOutput
import JSON
import PKIX
import Store

/// `assay ca show`
struct CAShow: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a certificate of the ledger and what became of it.")

    @Argument(help: .init("The serial number in hex.", valueName: "serial"))
    var serial: String

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        guard let number = CertificateSerial(serial) else {
            throw ToolError(
                .usage, "expected a serial number in hex, found '\(serial.escapedForTerminal)'")
        }
        let ledger = try store.open(.readOnly, output.console)
        guard let record = try ledger.issuance(ofSerial: number.magnitude) else {
            throw ToolError(
                .unknownKey, "the ledger has no certificate with the serial number \(number)",
                hint: "assay ca list shows them")
        }
        var report = try IssuanceRecordReport(record, of: ledger, at: environment.now)
        report.replacedBy = try ledger.serial(replacingRow: record.id)
        report.showsCertificate = true
        if output.json {
            var writer = JSONWriter()
            report.write(json: &writer)
            try StandardStream.output().write(writer.bytes)
        } else {
            try StandardStream.output().write(report.text)
        }
        return .done
    }
}
