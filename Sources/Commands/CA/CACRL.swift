import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import PKIX
import Store

/// `assay ca crl`
struct CACRL: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl",
        abstract: "Sign a list of the certificates that a CA revoked.",
        discussion: """
            A complete CRL of version 2: every certificate of the CA that the ledger holds as revoked. Its number is \
            one more than the last one's and is on disk before the file is; a number is never used twice. Verifiers \
            refuse a CRL after its next update, so make a new one in time, also when nothing was revoked. A clock that \
            is behind the last entry of the audit chain stops no CRL: it is dated now, and no revocation in it later. \
            One that is more than 400 days ahead does, because the list would count for nothing until then.

            EXAMPLES

              assay ca crl --ca ca -o ca.crl
              assay ca crl --ca ca --next-update 7d -o ca.crl --force
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pem, der
    }

    @Option(help: .init("The folder of the CA.", valueName: "dir"))
    var ca: String

    @Option(
        help: .init("When the next CRL comes at the latest, 7d by default: 12h, 30d.", valueName: "duration"))
    var nextUpdate: DurationArgument?

    @Option(help: .init("pem (the default) or der.", valueName: "format"))
    var format: Format = .pem

    @Option(help: .hidden)
    var days: String?

    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup(title: "Further options") var retired: RetiredStoreOption
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    private var goesToFile: Bool { file.output != nil && file.output != "-" }

    func validate() throws {
        if days != nil {
            throw ValidationError("unexpected --days: a CRL has --next-update, for example --next-update 7d")
        }
        if let nextUpdate, nextUpdate.seconds < 60 {
            throw ValidationError("--next-update must be 60s or more")
        }
        if output.json, !goesToFile { throw ValidationError("expected -o FILE with --json") }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: ca)
        let place = try folder.ledger()
        let issuer = try folder.load(passphrase.source, at: environment.now)
        // A name that is taken is found before a number is used.
        let sink = try file.sink()
        let ledger = try place.open(.readWrite)
        try CAFolder.demandOneSpelling(of: issuer.certificate.der, in: ledger)
        switch try ledger.clockVerdict(environment.now) {
        case .plausible: break
        case .behind where !clock.acceptClock:
            output.console.note(
                "assay: note: the clock is behind the last entry of the audit chain; the CRL is dated now")
        case .behind, .ahead, .unlikely: try clock.check(environment.now, ledger)
        }
        let thisUpdate = environment.now
        let next = thisUpdate + (nextUpdate?.seconds ?? 7 * 86_400)
        var count = 0
        let (number, der) = try ledger.issueRevocationList(
            authority: issuer.identity, thisUpdate: thisUpdate, nextUpdate: next
        ) { order throws(ToolError) in
            let entries = try order.certificates.map { revoked throws(ToolError) in
                guard let serial = CertificateSerial(magnitude: revoked.serial) else {
                    throw ToolError(
                        .digest, "the ledger holds a serial number that is none",
                        hint: "assay ledger verify tells whether it was changed")
                }
                return RevokedEntry(serial: serial, revokedAt: revoked.at, reason: revoked.reason)
            }
            count = entries.count
            return try issuer.revocationList(
                entries, number: order.number, thisUpdate: thisUpdate, nextUpdate: next)
        }
        try sink.write(format == .der ? der : PEMWriter.encode(label: "X509 CRL", der: der))
        try sink.commit()
        if goesToFile {
            let report = Report(
                file: file.output ?? "-", issuer: issuer.certificate.subject.description, number: number,
                thisUpdate: thisUpdate, nextUpdate: next, count: count, digest: Digest.sha256(der))
            try StandardStream.output().write(report.bytes(json: output.json))
        } else {
            output.console.note("assay: CRL \(number), \(count) revoked")
        }
        return .done
    }

    /// What is said of a CRL, `assay.crl/1`.
    private struct Report {
        let file: String
        let issuer: String
        let number: Int64
        let thisUpdate: Int64
        let nextUpdate: Int64
        let count: Int
        /// SHA-256 of the DER.
        let digest: [UInt8]

        func bytes(json: Bool) -> [UInt8] {
            if !json {
                var block = TextBlock()
                block.line("file", file)
                block.line("issuer", issuer)
                block.line("number", "\(number)")
                block.line("this update", Timestamp.clamped(thisUpdate))
                block.line("next update", Timestamp.clamped(nextUpdate))
                block.line("revoked", "\(count)")
                return block.bytes
            }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("schema", ascii: "assay.crl/1")
            writer.member("file", file)
            writer.member("issuer", issuer)
            writer.member("number", number)
            writer.member("thisUpdate", Timestamp.clamped(thisUpdate))
            writer.member("nextUpdate", Timestamp.clamped(nextUpdate))
            writer.member("revoked", Int64(count))
            writer.member("sha256", hex: digest)
            writer.endObject()
            writer.newline()
            return writer.bytes
        }
    }
}
