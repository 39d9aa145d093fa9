package import ArgumentParser
import CSV
import Claims
package import Diagnostics
import InputOutput

/// `assay onboard submit`
package struct OnboardSubmit: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Send the onboarding files of claim onboard, each device once.",
        discussion: """
            A file has rows of device id, sub-type, tags, firmware types and certificate, as claim onboard and the nRF Cloud \
            utilities write them. They are sent in requests of at most 1,000 rows; the service works on each by itself and is \
            asked until it is done, and its errors are told with their rows. The store keeps a journal, as for claim submit: \
            what was onboarded with this credential is not sent again.

            Only rows that were not onboarded are printed; --verbose prints all, --json one object for each.

            EXAMPLES
              assay onboard submit boards/onboard-0001.csv --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("Onboarding files, or - for standard input.", valueName: "file"))
    var files: [String]

    @Flag(help: "Send rows again that the service refused in an earlier run.")
    package var retryFailed = false

    @Flag(help: "Name the rows that were onboarded too.")
    package var verbose = false

    @OptionGroup package var sending: SendingOptions

    package init() {}

    package func validate() throws {
        try sending.service.demandOneReader("rows", files)
    }

    /// One row of a file.
    package struct Row: Sendable {
        package let source: String
        package let line: Int
        package let deviceID: String
        /// The row as the service takes it; empty for one that is not sent.
        package let bytes: [UInt8]
        /// Why it is not sent.
        package let failure: CheckFailure?
    }

    /// Reads all rows in order; `each` answers false to stop.
    package func read(each: (Row) throws(ToolError) -> Bool) throws(ToolError) {
        for path in files {
            let file = CSVFile(try ByteSource(path: path), keepsMalformed: true)
            while case .value(let item) = try file.nextItem(.awaited) {
                let row: Row
                switch item {
                case .record(let record): row = Self.row(record, SourceName(path).text)
                case .malformed(let error, _):
                    row = Row(
                        source: SourceName(path).text, line: error.line, deviceID: "", bytes: [],
                        failure: CheckFailure(.csv, error.message))
                case .rest: continue
                }
                guard try each(row) else { return }
            }
        }
    }

    private static func row(_ record: CSVRecord, _ source: String) -> Row {
        let texts = record.fields.map(\.text)
        func refuse(_ failure: CheckFailure) -> Row {
            Row(source: source, line: record.line, deviceID: texts.first ?? "", bytes: [], failure: failure)
        }
        guard texts.count == 5 else {
            // Tags and firmware types have bars between them.
            if texts.count == 1, let failure = record.delimiterFailure {
                return refuse(CheckFailure(failure.code, failure.message))
            }
            return refuse(
                CheckFailure(
                    .csv, "expected deviceId,subType,tags,fwTypes,certificate, found \(texts.count) fields"))
        }
        do throws(CheckFailure) {
            var types: [OnboardingRow.FirmwareType] = []
            for name in texts[3].split(separator: "|") {
                guard let type = OnboardingRow.FirmwareType(rawValue: String(name)) else {
                    let found = String(name).escapedForTerminal
                    return refuse(CheckFailure(.csv, "expected firmware types, found \(found)"))
                }
                types.append(type)
            }
            let row = try OnboardingRow(
                deviceID: texts[0], subType: texts[1], tags: texts[2].split(separator: "|").map(String.init),
                firmwareTypes: types, pem: Array(texts[4].utf8))
            var writer = CSVWriter()
            row.write(to: &writer)
            return Row(
                source: source, line: record.line, deviceID: texts[0], bytes: writer.bytes, failure: nil)
        } catch {
            return refuse(error)
        }
    }
}
