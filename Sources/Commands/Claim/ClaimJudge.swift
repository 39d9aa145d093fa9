import Attestation
import Batches
import CSV
import Claims
import Diagnostics
import JSON

/// Examines the rows of claim files. One per thread.
final class ClaimJudge: Judge {
    /// What all threads share.
    struct Settings: Sendable {
        let keys: KeySource?
        let policy: ClaimPolicy
        /// Whether the lines of bodies are made.
        let packs: Bool
        /// Those of all rows; a row's own count where none are given.
        let tags: ClaimTags?
        /// How results are written that say nothing of a body.
        var form = ResultForm.unwritten
        /// Whether rows that are ready have results too.
        var tellsAll = false
        var names: SourceNames?
    }

    private let settings: Settings
    private let examiner: ClaimExaminer
    private let lookup: KeyLookup?

    init(_ settings: Settings) throws(ToolError) {
        self.settings = settings
        examiner = try ClaimExaminer(policy: settings.policy)
        lookup = try settings.keys?.lookup()
    }

    func judge(_ chunk: ClaimChunk, _ results: inout Results<JudgedRow>) throws(ToolError) {
        if case .unreadable(let error) = chunk.content {
            results.add(JudgedRow(chunk, unreadable: error), ofSource: error)
            return
        }
        guard let lookup else { return try judgeRows(of: chunk, &results) }
        try lookup.reading { () throws(ToolError) in try judgeRows(of: chunk, &results) }
    }

    private func judgeRows(of chunk: ClaimChunk, _ results: inout Results<JudgedRow>) throws(ToolError) {
        var rows: [ClaimRow] = []
        rows.reserveCapacity(blockSize)
        var trouble: ToolError?
        chunk.forEachPart { part in
            guard trouble == nil else { return }
            do throws(ToolError) {
                switch part {
                case .row(let row):
                    rows.append(row)
                    if rows.count == blockSize { try finish(&rows, chunk, &results) }
                case .rest(let bytes):
                    try finish(&rows, chunk, &results)
                    results.add(JudgedRow(chunk, rest: bytes))
                }
            } catch {
                trouble = error
            }
        }
        if let trouble { throw trouble }
        try finish(&rows, chunk, &results)
    }

    private func finish(
        _ rows: inout [ClaimRow], _ chunk: ClaimChunk, _ results: inout Results<JudgedRow>
    ) throws(ToolError) {
        defer { rows.removeAll(keepingCapacity: true) }
        let claims = try examine(rows)
        guard settings.packs else { return render(claims, chunk, &results) }
        var lines = CSVWriter()
        var ends: [Int] = []
        for claim in claims {
            if claim.status == .ready {
                ClaimBatch.line(token: claim.token, tags: settings.tags ?? claim.tags, into: &lines)
            }
            ends.append(lines.bytes.count)
        }
        let bytes = lines.bytes
        var start = 0
        for (claim, end) in zip(claims, ends) {
            results.add(JudgedRow(chunk, claim, line: bytes[start..<end], rendered: []))
            start = end
        }
    }

    /// Renders results here, on all cores; those of duplicates, which are few, are rendered again where they are found.
    private func render(
        _ claims: [ExaminedClaim], _ chunk: ClaimChunk, _ results: inout Results<JudgedRow>
    ) {
        guard let names = settings.names else { return }
        let name = names[chunk.source]
        var writer = JSONWriter(reservingCapacity: settings.form == .json ? 32_768 : 0)
        var text: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(claims.count)
        for claim in claims {
            if settings.tellsAll || claim.status != .ready {
                let report = ClaimReport(claim, source: name, namesSource: names.areSeveral)
                if settings.form == .json { report.write(json: &writer) } else { text += report.text }
            }
            ends.append(settings.form == .json ? writer.bytes.count : text.count)
        }
        let bytes = settings.form == .json ? writer.bytes : text
        var start = 0
        for (claim, end) in zip(claims, ends) {
            results.add(JudgedRow(chunk, claim, line: [], rendered: bytes[start..<end]))
            start = end
        }
    }

    private func examine(_ rows: [ClaimRow]) throws(ToolError) -> [ExaminedClaim] {
        guard let lookup else { return try examiner.examine(rows) }
        return try examiner.examine(rows) { token throws(ToolError) in try lookup.key(for: token) }
    }
}
