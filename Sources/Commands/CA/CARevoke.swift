import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import PKIX
import Store

/// `assay ca revoke`
struct CARevoke: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke certificates.",
        discussion: """
            Takes serial numbers, a device whose certificates are all revoked, or a file with a serial number on each \
            line. What is reported as revoked is revoked on disk; verifiers learn of it by the next CRL (assay ca \
            crl). It never waits for a clock: the revocation is dated now, or as the last entry of the audit chain \
            if that is later, or if now is more than 400 days after it. Revoking again for the same reason changes \
            nothing (existing). Another reason is rejected, unless the certificate was on hold or the new reason is \
            keyCompromise. With keyCompromise everything is revoked that has the same key, of every profile and CA of \
            the ledger, and nothing under way is completed. Exit status 0: all revoked. 1: rejected. \
            4: malformed. 3: some of several.
            """)

    @Argument(help: .init("Serial numbers in hex.", valueName: "serial"))
    var serials: [String] = []

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
            """, valueName: "reason"))
    var reason: ReasonArgument

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let ways = [!serials.isEmpty, device != nil, list != nil].filter { $0 }.count
        guard ways == 1 else {
            throw ValidationError("expected serial numbers, --device or --serials, found \(ways) of them")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let authority = try self.ledger.authority()
        let ledger = try ledger.open(.readWrite)
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
            for (index, serial) in serials.enumerated() {
                try run.take(serial, InputLocation(source: "argument", line: index + 1), .usage)
            }
        }
        try run.flush()
        guard run.tally.total > 0 || Interruption.requested else {
            throw ToolError(.csv, "expected a serial number, found none in the input")
        }
        output.console.note(run.summary)
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
            try run.take(Hex.encode(serial), InputLocation(source: "argument", line: index + 1), .usage)
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
                try run.take(text, InputLocation(source: path, line: number), .csv)
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

/// `ca revoke` at work: serial numbers are revoked a thousand at a time and reported when that is on disk.
struct RevocationRun {
    private static let groupSize = 1_000

    private let ledger: SQLiteStore
    private let authority: [UInt8]
    private let reason: RevocationReason
    private let json: Bool
    private let console: Console
    private let now: Int64
    private let sink = StandardStream.output()
    private var pending: [(InputLocation, CertificateSerial?, CheckFailure?)] = []
    private(set) var tally = Tally()
    private var existing = 0
    /// What was revoked with others, because it has their compromised key.
    private var also = 0

    init(
        ledger: SQLiteStore, authority: [UInt8], reason: RevocationReason, json: Bool, console: Console,
        now: Int64
    ) {
        self.ledger = ledger
        self.authority = authority
        self.reason = reason
        self.json = json
        self.console = console
        self.now = now
    }

    /// - Parameter code: what text that is no serial number is called.
    mutating func take(_ text: String, _ location: InputLocation, _ code: ErrorCode) throws(ToolError) {
        let serial = CertificateSerial(text)
        let failure = serial == nil ? CheckFailure(code, "expected a serial number in hex") : nil
        pending.append((location, serial, failure))
        if pending.count >= Self.groupSize { try flush() }
    }

    mutating func flush() throws(ToolError) {
        guard !pending.isEmpty else { return }
        let revocations = try ledger.revoke(
            pending.compactMap { $0.1?.magnitude }, issuedBy: authority, reason: reason, at: now)
        // What was named itself has a result of its own.
        let named = Set(pending.compactMap { $0.1?.magnitude })
        var next = revocations.makeIterator()
        var writer = JSONWriter()
        var lines: [UInt8] = []
        for (location, serial, failure) in pending {
            let outcome: RevocationOutcome
            var others: [IssuanceRecord] = []
            if let failure {
                outcome = .rejected(failure)
            } else if let found = next.next() {
                outcome = found.outcome
                others = found.others.filter { !named.contains($0.serial) }
            } else {
                throw ToolError(.internalFault, "the ledger gave no outcome for a serial number")
            }
            let report = RevocationReport(
                location: location, serial: serial, outcome: outcome, others: others,
                isMalformed: failure != nil)
            report.count(in: &tally)
            also += others.count
            if case .existing = outcome { existing += 1 }
            if json {
                report.write(json: &writer)
            } else {
                lines += report.line
                if let error = report.error { console.error(error) }
            }
        }
        pending.removeAll(keepingCapacity: true)
        try sink.write(writer.bytes + lines)
    }

    var summary: String {
        let text = tally.summary(unit: "certificate", good: "revoked", existing: existing)
        return also == 0 ? text : text + "; with the same key: \(also) more"
    }
}
