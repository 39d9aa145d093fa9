import Batches
import ArgumentParser
import CSV
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL

/// `assay claim onboard`
struct ClaimOnboard: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "onboard",
        abstract: "Write the onboarding CSV bodies of device certificates.",
        discussion: """
            Offline: nothing is sent. Takes certificates in PEM, folders of them, or what ca issue --json and ca export \
            --format jsonl print, and \
            writes deviceId,subType,tags,fwTypes,"PEM" as onboard-0001.csv and so on, at most 1,000 rows each, with \
            manifest.jsonl. The device id is the certificate's common name, because a device cannot connect under \
            another one. Every row is checked by the service's rules; a device id is written once. The folder \
            appears whole or not at all.

            EXAMPLES

              assay claim onboard certificates/ -o onboarding
              assay ca export --ca ca --format jsonl | assay claim onboard - -o onboarding --tags factory-7
            """)

    @Argument(
        help: .init("Certificates, folders of them, JSON Lines, or - for standard input.", valueName: "file"))
    var inputs: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(help: .init("The sub-type of all devices.", valueName: "text"))
    var subType: String = ""

    @Option(help: .init("The tags of all devices, separated by commas or |.", valueName: "tags"))
    var tags: String?

    @Option(
        name: .customLong("fw-types"),
        help: .init(
            "Firmware types, separated by commas or |: APP, MODEM and so on; none stand for all.",
            valueName: "types"))
    var firmwareTypes: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: .init("The folder to make.", valueName: "folder"))
    var folder: String

    @Flag(help: "Replace a folder that an earlier run made.")
    var force = false

    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        _ = try types()
        try list.demandInputs(inputs)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        var queue = InputQueue(
            inputs.map { .file($0) }, filesFrom: list.filesFrom, for: OnboardingStream.expected)
        let common = OnboardingRun.Common(
            subType: subType, tags: Self.split(tags), firmwareTypes: try types(), json: output.json)
        let bodies = try BatchFolder(path: folder, prefix: "onboard", replaces: force)
        let run = OnboardingRun(common, bodies: bodies, console: console)
        while !Interruption.requested, let input = queue.next() {
            switch input {
            case .file(let path), .text(let path, _):
                try run.read(path, isOneOfSeveral: queue.isSeveral, queue.passedOver)
            case .unreadable(let path, let error): try run.note(path, error)
            }
        }
        guard !Interruption.requested else {
            console.conclude(
                run.tally.summary(readyName: "ready", hasKeys: nil) + "; nothing written"
                    + run.tally.reasons.note, run.tally.reasons)
            return .interrupted
        }
        try run.tally.demandInputs(.certificate)
        try bodies.commit()
        console.conclude(
            run.tally.summary(readyName: "written", hasKeys: nil)
                + "; \(bodies.bodies) \(bodies.bodies == 1 ? "body" : "bodies")" + run.tally.reasons.note
                + queue.passedOver.note, run.tally.reasons)
        return run.tally.exitStatus
    }

    private static func split(_ text: String?) -> [String] {
        text.map { $0.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "|" }.map(String.init) }
            ?? []
    }

    private func types() throws -> [OnboardingRow.FirmwareType] {
        try Self.split(firmwareTypes).map { name in
            guard let type = OnboardingRow.FirmwareType(rawValue: name) else {
                let known = OnboardingRow.FirmwareType.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--fw-types: expected \(known), found '\(name)'")
            }
            return type
        }
    }
}

/// Certificates on their way into onboarding bodies.
private final class OnboardingRun {
    struct Common {
        let subType: String
        let tags: [String]
        let firmwareTypes: [OnboardingRow.FirmwareType]
        let json: Bool
    }

    private(set) var tally = ClaimTally()

    private let common: Common
    private let bodies: BatchFolder
    private let console: Console
    private let sink = StandardStream.output()
    private var seen = DeviceIndex()
    private var sources: [SourceName] = []
    private var writer = CSVWriter()

    init(_ common: Common, bodies: BatchFolder, console: Console) {
        self.common = common
        self.bodies = bodies
        self.console = console
    }

    /// - Parameter isOneOfSeveral: whether one that holds nothing has a result of its own.
    func read(_ path: String, isOneOfSeveral: Bool, _ passedOver: PassedOver) throws(ToolError) {
        let name = SourceName(path)
        sources.append(name)
        let before = tally.rows
        // What cannot be written ends the run, what cannot be read does not.
        var trouble: ToolError?
        var reason: ToolError?
        do throws(ToolError) {
            let holdsText = try OnboardingStream.read(path, passedOver) { item throws(ToolError) in
                do throws(ToolError) {
                    try take(item, name)
                } catch {
                    trouble = error
                    return false
                }
                return !Interruption.requested
            }
            if isOneOfSeveral, tally.rows == before {
                let expected = OnboardingStream.expected
                reason = holdsText ? expected.none(in: path) : expected.nothing(in: path)
            }
        } catch {
            reason = error
        }
        if let trouble { throw trouble }
        if let reason { try note(path, reason) }
    }

    /// A source that could not be read: the others are.
    func note(_ path: String, _ error: ToolError) throws(ToolError) {
        if Interruption.requested { return }
        if error.code.exitStatus == .malformed {
            tally.count(.malformed, reason: error.code)
        } else {
            tally.countUnreadable(error.code)
        }
        console.error(error)
        try report(
            SourceName(path), 1, nil, .malformed, CheckFailure(error.code, error.message), error.message)
    }

    private func take(_ item: OnboardingItem, _ source: SourceName) throws(ToolError) {
        let row: OnboardingRow
        switch certificateRow(item) {
        case .failure(let failure):
            let status: ClaimStatus = failure.code.exitStatus == .malformed ? .malformed : .rejected
            tally.count(status, reason: failure.code)
            return try report(source, item.line, nil, status, failure, failure.message)
        case .success(let good): row = good
        }
        if let first = firstPlace(of: row.deviceID, item.line) {
            let failure = CheckFailure(
                .duplicateDevice,
                "device \(row.deviceID) is in \(sources[first.source].text):\(first.line) already")
            tally.count(.duplicate, reason: failure.code)
            return try report(source, item.line, row.deviceID, .duplicate, failure, failure.message)
        }
        writer.removeAll()
        row.write(to: &writer)
        let place = try bodies.add(writer.bytes) { place, entry in
            entry.beginObject()
            entry.member("schema", ascii: "assay.onboarding-manifest/1")
            entry.member("file", place.file)
            entry.member("row", Int64(place.row))
            entry.key("input")
            entry.location(source, item.line)
            entry.member("deviceId", row.deviceID)
            entry.endObject()
            entry.newline()
        }
        tally.count(.ready)
        console.progress(done: tally.rows, failed: tally.bad, unit: "certificates", meter: nil)
        guard common.json else { return }
        try report(source, item.line, row.deviceID, .ready, nil, "written as " + place.named("row"))
    }

    /// The row of a certificate, if the service's rules and the certificate itself allow it.
    private func certificateRow(_ item: OnboardingItem) -> Result<OnboardingRow, CheckFailure> {
        do throws(CheckFailure) {
            return .success(
                try OnboardingRow(
                    certificate: try item.certificate.get(), expecting: item.deviceUUID,
                    subType: common.subType, tags: common.tags, firmwareTypes: common.firmwareTypes))
        } catch {
            return .failure(error)
        }
    }

    /// Ids are compared by their digest: 16 bytes each, however long they are.
    private func firstPlace(of id: String, _ line: Int) -> DeviceIndex.Occurrence? {
        let digest = Digest.sha256(Array(id.utf8))
        guard let key = DeviceUUID(bytes: digest[..<16]) else { return nil }
        return seen.insert(
            key, DeviceIndex.Occurrence(source: sources.count - 1, line: line, fingerprint: 0))
    }

    private func report(
        _ source: SourceName, _ line: Int, _ id: String?, _ status: ClaimStatus, _ failure: CheckFailure?,
        _ message: String
    ) throws(ToolError) {
        guard common.json else {
            let code = failure.map { " \($0.code.rawValue)" } ?? ""
            let text =
                "\(source.text):\(line): \(status.rawValue)\(code): \(message.withheld)".escapedForTerminal
            return try sink.write(Array((text + "\n").utf8))
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.onboarding/1")
        writer.key("input")
        writer.location(source, line)
        writer.member("deviceId", ifPresent: id)
        writer.member("status", status.rawValue)
        writer.member("message", message.withheld)
        writer.key("failures")
        writer.failures(failure.map { [$0] } ?? [])
        writer.endObject()
        writer.newline()
        try sink.write(writer.bytes)
    }
}
