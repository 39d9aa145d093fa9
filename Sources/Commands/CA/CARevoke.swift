import ArgumentParser
import Batches
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import Ledger
import PKIX
import Store

/// `assay ca revoke`
struct CARevoke: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke certificates.",
        discussion: """
            Takes serial numbers and certificate files (PEM, DER, or - for standard input), a device whose \
            certificates are all revoked, or a file with a serial number on each line.

            A certificate file holds one certificate, after which those of its CAs may stand; it is revoked if it \
            is the very certificate that the ledger has under this CA and its serial number, so that another CA's \
            with the same number is rejected. An argument that is a file is that file, another one a serial \
            number; a name that is both is refused, and ./NAME says that it is the file.

            What is reported as revoked is revoked on disk; verifiers learn of it by the next CRL (assay ca crl). \
            It never waits for a clock: the revocation is dated now, or as the last entry of the audit chain if \
            that is later, or if now is more than 400 days after it.

            Revoking again for the same reason changes nothing (existing). Another reason is rejected, unless the \
            certificate was on hold or the new reason is keyCompromise. With keyCompromise everything is revoked \
            that has the same key, of every profile and CA of the ledger, and nothing under way is completed.

            Exit status 0: all revoked. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay ca revoke --ca ca --reason keyCompromise device.crt
              assay ca revoke --ca ca --device 50363154-3931-44f0-8022-121b6401627d --reason superseded
            """)

    @Argument(
        help: .init("Serial numbers in hex, and certificate files.", valueName: "serial|file"),
        completion: SerialCompletion.offering(.valid))
    var certificates: [String] = []

    @Option(help: .init("Revoke every certificate of this device.", valueName: "uuid"))
    var device: String?

    @Option(
        name: .customLong("serials"),
        help: .init("A file with a serial number on each line, or - for standard input.", valueName: "file"))
    var list: String?

    @Option(
        help: .init(
            """
            unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, \
            certificateHold, privilegeWithdrawn or aACompromise.
            """, valueName: "reason"), completion: .list(RevocationReason.allCases.map(\.name)))
    var reason: ReasonArgument

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        let ways = [!certificates.isEmpty, device != nil, list != nil].filter { $0 }.count
        guard ways == 1 else {
            throw ValidationError(
                "expected serial numbers or certificate files, --device or --serials, found \(ways) of them")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        // What is not clear stops all: nothing is revoked yet.
        var arguments: [IssuedCertificateFile.Argument] = []
        for argument in certificates { arguments.append(try IssuedCertificateFile.meaning(of: argument)) }
        let known = try self.ledger.knownAuthority()
        let authority = known.identity
        let ledger = try ledger.open(.readWrite)
        try CAFolder.demandOneSpelling(of: known.certificate.der, in: ledger)
        Self.noteClock(try ledger.clockVerdict(environment.now), output.console)
        var run = RevocationRun(
            ledger: ledger, authority: authority, reason: reason.reason, json: output.json,
            console: output.console,
            now: environment.now)
        if let device {
            try revoke(try DeviceUUID(text: device), ledger, authority, &run)
        } else if let list {
            try revoke(linesOf: list, &run)
        } else {
            let files = IssuedCertificateFile(ledger, of: known)
            for (index, argument) in arguments.enumerated() {
                let location = InputLocation(source: "argument", line: index + 1)
                switch argument {
                case .file(let path): try run.take(files.target(path))
                case .serial(let serial):
                    try run.take(RevocationTarget(location: location, serial: serial))
                case .unknown:
                    try run.take(
                        RevocationTarget(
                            location: location, problem: .unreadable(IssuedCertificateFile.missing)))
                }
            }
        }
        try run.flush()
        try run.tally.demandInputs(.serial)
        output.console.conclude(run.summary, run.tally.reasons)
        return run.tally.exitStatus
    }

    /// Revoking waits for no clock, but what is odd about it is said.
    private static func noteClock(_ verdict: ClockVerdict, _ console: Console) {
        switch verdict {
        case .plausible, .unlikely: return
        case .behind, .ahead:
            console.note(
                "assay: note: the clock is far from the last entry of the audit chain; the revocation is dated as "
                    + "that entry")
        }
    }

    private func revoke(
        _ device: DeviceUUID, _ ledger: SQLiteStore, _ authority: [UInt8], _ run: inout RevocationRun
    ) throws {
        let found = try ledger.serialsToRevoke(of: device, issuedBy: authority)
        guard !found.isEmpty else {
            throw ToolError(
                .unknownKey, "the CA has no certificate of device \(device)",
                hint: "assay ca list --device shows what was intended")
        }
        for (index, serial) in found.enumerated() {
            let location = InputLocation(source: "argument", line: index + 1)
            try run.take(RevocationTarget(serial: Hex.encode(serial), location, .usage))
        }
    }

    private func revoke(linesOf path: String, _ run: inout RevocationRun) throws {
        let source = try SourceReader(path, for: Expectation(.csv, "serial numbers"))
        _ = try source.look()
        var lines = LineChunkReader(source.source)
        while !Interruption.requested {
            var arrival = try lines.next(.atHand)
            if case .nothingYet = arrival {
                try run.flush()
                arrival = try lines.next(.awaited)
            }
            guard let chunk = arrival.value, !Interruption.requested else { return }
            var number = chunk.firstLine
            for line in chunk.bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
                defer { number += 1 }
                let text = String(decoding: line.trimmed, as: UTF8.self)
                if text.isEmpty || text.hasPrefix("#") { continue }
                let location = InputLocation(source: path, line: number)
                try run.take(RevocationTarget(serial: text, location, .csv))
            }
        }
    }
}

/// The value of `--reason`, by its name in RFC 5280.
struct ReasonArgument: ExpressibleByArgument, Equatable {
    let reason: RevocationReason

    init?(argument: String) {
        guard let reason = RevocationReason(name: argument) else { return nil }
        self.reason = reason
    }

    static var allValueStrings: [String] { RevocationReason.allCases.map(\.name) }
}
