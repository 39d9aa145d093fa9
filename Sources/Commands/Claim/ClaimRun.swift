import Attestation
import CSV
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON

/// What `claim check` and `claim pack` share: every row through the pipeline, duplicates found in order.
struct ClaimRun: Sendable {
    let keys: KeySource?
    let policy: ClaimPolicy
    let json: Bool
    /// Whether text names the rows that are ready too.
    let verbose: Bool
    let jobs: Int
    let failFast: Bool
    /// Whether bodies are made, and with which tags; a row's own tags count where none are given.
    let packs: Bool
    let tags: ClaimTags?

    /// A block of rows, looked at.
    struct Output: Sendable {
        let source: Int
        let shape: RejectShape
        var claims: [ExaminedClaim] = []
        /// Bytes that belong behind the row in front of this number.
        var rests: [(before: Int, bytes: [UInt8])] = []
        /// The results, rendered as if no row were a duplicate, and where each ends.
        var bytes: [UInt8] = []
        var ends: [Int] = []
        /// The lines of the rows for the service, and where each ends.
        var lines: [UInt8] = []
        var lineEnds: [Int] = []
        var error: ToolError?
        /// What ends the run: the store cannot be read.
        var fatal: ToolError?
    }

    private final class Worker {
        let examiner: ClaimExaminer
        let lookup: KeyLookup?
        var writer = JSONWriter(reservingCapacity: 65_536)
        var lines = CSVWriter()

        init(_ run: ClaimRun) throws(ToolError) {
            examiner = try ClaimExaminer(policy: run.policy)
            lookup = try run.keys?.lookup()
        }

        /// Runs `body`, in which a block of rows is examined; see ``KeyLookup/reading(_:)``.
        func block(_ body: () -> Void) throws(ToolError) {
            guard let lookup else { return body() }
            try lookup.reading { () throws(ToolError) in body() }
        }

        func examine(_ rows: [ClaimRow]) throws(ToolError) -> [ExaminedClaim] {
            guard let lookup else { return try examiner.examine(rows) }
            return try examiner.examine(rows) { token throws(ToolError) in try lookup.key(for: token) }
        }
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: ClaimStream, to delivery: ClaimDelivery, console: Console) throws(ToolError) {
        try run(stream, console: console) { output throws(ToolError) in try delivery.deliver(output) }
    }

    /// Reads everything; `deliver` gets the blocks in order, and false from it stops the run.
    func run(
        _ stream: ClaimStream, console: Console, deliver: (Output) throws(ToolError) -> Bool
    ) throws(ToolError) {
        var stream = stream
        let names = stream.names
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker(self) },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { process($1, $0, names) },
            deliver: { output throws(ToolError) in
                if let error = output.fatal { throw error }
                return try deliver(output)
            })
        if stream.keyOutputs > 0 {
            let noun = stream.keyOutputs == 1 ? "output" : "outputs"
            console.note(
                "assay: note: passed over \(stream.keyOutputs) \(noun) of %KEYGEN, which claim nothing")
        }
    }

    private func process(_ chunk: ClaimChunk, _ worker: Worker, _ names: SourceNames) -> Output {
        var output = Output(source: chunk.source, shape: chunk.shape)
        if case .unreadable(let error) = chunk.content {
            output.error = error
            return output
        }
        worker.writer.removeAll()
        worker.lines.removeAll()
        do throws(ToolError) {
            try worker.block { examine(chunk, worker, names, &output) }
        } catch {
            output.fatal = error
        }
        if json, !packs { output.bytes = worker.writer.bytes }
        output.lines = worker.lines.bytes
        return output
    }

    /// Rows that are looked at together.
    private static let blockSize = 64

    private func examine(_ chunk: ClaimChunk, _ worker: Worker, _ names: SourceNames, _ output: inout Output)
    {
        var rows: [ClaimRow] = []
        rows.reserveCapacity(Self.blockSize)
        chunk.forEachPart { part in
            switch part {
            case .rest(let bytes): output.rests.append((output.claims.count + rows.count, bytes))
            case .row(let row):
                guard output.fatal == nil else { return }
                rows.append(row)
                if rows.count == Self.blockSize { finish(&rows, chunk, worker, names, &output) }
            }
        }
        finish(&rows, chunk, worker, names, &output)
    }

    private func finish(
        _ rows: inout [ClaimRow], _ chunk: ClaimChunk, _ worker: Worker, _ names: SourceNames,
        _ output: inout Output
    ) {
        defer { rows.removeAll(keepingCapacity: true) }
        do throws(ToolError) {
            let name = names[chunk.source]
            for claim in try worker.examine(rows) {
                enter(claim, name, names.areSeveral, worker, &output)
            }
        } catch {
            output.fatal = error
        }
    }

    private func enter(
        _ claim: ExaminedClaim, _ source: SourceName, _ namesSource: Bool, _ worker: Worker,
        _ output: inout Output
    ) {
        output.claims.append(claim)
        if packs {
            if claim.status == .ready {
                ClaimBatch.line(token: claim.token, tags: tags ?? claim.tags, into: &worker.lines)
            }
            output.lineEnds.append(worker.lines.bytes.count)
        } else if json {
            ClaimReport(claim, source: source, namesSource: namesSource).write(json: &worker.writer)
            output.ends.append(worker.writer.bytes.count)
        } else {
            if verbose || claim.status != .ready {
                output.bytes += ClaimReport(claim, source: source, namesSource: namesSource).text
            }
            output.ends.append(output.bytes.count)
        }
    }
}
