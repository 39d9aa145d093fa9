import CSV
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON

/// The end of the pipeline, on one thread and in order: duplicates, the count, and all that is written.
final class ClaimDelivery {
    private(set) var tally = ClaimTally()

    private let run: ClaimRun
    private let names: SourceNames
    private let console: Console
    private let sink: any ByteSink
    private let rejects: RejectsFile?
    private let table: ReportTable?
    private let packer: ClaimPacker?
    private var devices = DeviceIndex()
    private var writer = JSONWriter(reservingCapacity: 4096)

    init(
        _ run: ClaimRun, names: SourceNames, console: Console, sink: any ByteSink, rejects: RejectsFile?,
        table: ReportTable?, packer: ClaimPacker?
    ) {
        self.run = run
        self.names = names
        self.console = console
        self.sink = sink
        self.rejects = rejects
        self.table = table
        self.packer = packer
    }

    /// False when the run shall stop.
    func deliver(_ output: ClaimRun.Output) throws(ToolError) -> Bool {
        if let error = output.error { return try deliver(unreadable: error, output.source) }
        var results: [UInt8] = []
        // What of the worker's rendering is in `results` already.
        var copied = 0
        var rests = output.rests[...]
        var goesOn = true
        for (index, claim) in output.claims.enumerated() {
            while let rest = rests.first, rest.before <= index {
                try rejects?.continueRow(rest.bytes)
                rests.removeFirst()
            }
            let finding = claim.status == .ready ? duplicateFinding(claim, output.source) : nil
            let status = finding == nil ? claim.status : .duplicate
            tally.count(status, verified: claim.isVerified)
            let line = packedLine(output, index)
            let place = status == .ready ? try packer?.add(line, claim, source: names[output.source]) : nil
            if let report = report(claim, finding, place, output.source) {
                if !run.packs { results += output.bytes[copied..<start(output, index)] }
                results += render(report)
                if !run.packs { copied = output.ends[index] }
            }
            try keep(claim, status, finding, output)
            if run.failFast, status != .ready {
                if !run.packs { results += output.bytes[copied..<max(copied, output.ends[index])] }
                copied = output.bytes.count
                goesOn = false
                break
            }
        }
        while let rest = rests.popFirst() { try rejects?.continueRow(rest.bytes) }
        try sink.write(copied == 0 && results.isEmpty ? output.bytes : results + output.bytes[copied...])
        console.progress(done: tally.rows, failed: tally.bad, unit: "rows")
        return goesOn
    }

    private func start(_ output: ClaimRun.Output, _ index: Int) -> Int {
        index == 0 ? 0 : output.ends[index - 1]
    }

    private func packedLine(_ output: ClaimRun.Output, _ index: Int) -> ArraySlice<UInt8> {
        guard run.packs else { return [] }
        return output.lines[(index == 0 ? 0 : output.lineEnds[index - 1])..<output.lineEnds[index]]
    }

    private func deliver(unreadable error: ToolError, _ source: Int) throws(ToolError) -> Bool {
        // What could be read, but as nothing we know, is one malformed row.
        if error.code == .io { tally.countUnreadable() } else { tally.count(.malformed) }
        let report = ClaimReport(unreadable: error, source: names[source], namesSource: names.areSeveral)
        if run.json { try sink.write(render(report)) }
        try table?.append(report)
        console.error(error)
        return !run.failFast
    }

    private func duplicateFinding(_ claim: ExaminedClaim, _ source: Int) -> ClaimFinding? {
        guard let device = claim.device else { return nil }
        let here = DeviceIndex.Occurrence(source: source, line: claim.line, fingerprint: claim.fingerprint)
        guard let first = devices.insert(device, here) else { return nil }
        return .duplicate(
            of: device, in: names[first.source], line: first.line,
            isSame: first.fingerprint == claim.fingerprint)
    }

    /// The report that the worker could not render, or nil where its rendering stands or none is wanted.
    private func report(
        _ claim: ExaminedClaim, _ duplicate: ClaimFinding?, _ place: BatchFolder.Place?, _ source: Int
    ) -> ClaimReport? {
        if let duplicate {
            return ClaimReport(
                claim, duplicateOf: duplicate, source: names[source], namesSource: names.areSeveral)
        }
        guard run.packs, run.json || run.verbose || claim.status != .ready else { return nil }
        return ClaimReport(
            claim, source: names[source], namesSource: names.areSeveral,
            message: place.map { "packed as " + $0.named("line") })
    }

    private func render(_ report: ClaimReport) -> [UInt8] {
        guard run.json else { return report.text }
        writer.removeAll()
        report.write(json: &writer)
        return writer.bytes
    }

    private func keep(
        _ claim: ExaminedClaim, _ status: ClaimStatus, _ duplicate: ClaimFinding?, _ output: ClaimRun.Output
    ) throws(ToolError) {
        if status != .ready { try rejects?.append(claim.raw, output.shape) }
        guard let table else { return }
        let (name, several) = (names[output.source], names.areSeveral)
        try table.append(
            duplicate.map { ClaimReport(claim, duplicateOf: $0, source: name, namesSource: several) }
                ?? ClaimReport(claim, source: name, namesSource: several))
    }
}

extension ClaimFinding {
    /// What is wrong with a row whose device was in an earlier one.
    static func duplicate(
        of device: DeviceUUID, in source: SourceName, line: Int, isSame: Bool
    ) -> ClaimFinding {
        ClaimFinding(
            .rejected, .duplicateDevice,
            "device \(device) is in \(source.text):\(line) already, "
                + (isSame ? "with the same token" : "with another token"),
            hint: isSame
                ? "remove the row; a device is claimed once"
                : "keep the token that was read last; a device is claimed once")
    }
}

extension ExaminedClaim {
    var isVerified: Bool {
        if case .verified = verification { return true }
        return false
    }
}

/// `--report`: the results as CSV.
final class ReportTable {
    private let file: NewFile
    private var writer: CSVWriter

    init(path: String, replaces: Bool, forSpreadsheet: Bool) throws(ToolError) {
        file = try NewFile(path: path, replaces: replaces)
        writer = CSVWriter(forSpreadsheet: forSpreadsheet)
        writer.record(ClaimReport.reportHeader)
    }

    func append(_ report: ClaimReport) throws(ToolError) {
        report.write(csv: &writer)
        if writer.bytes.count >= 65_536 { try flush() }
    }

    func commit() throws(ToolError) {
        try flush()
        try file.commit()
    }

    private func flush() throws(ToolError) {
        try file.write(writer.bytes)
        writer.removeAll()
    }
}
