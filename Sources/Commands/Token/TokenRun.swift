import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import Registry
import Store

/// What `token inspect` and `token verify` share: the stream through the pipeline to the output.
struct TokenRun: Sendable {
    let mode: TokenMode
    let base64: AttestationToken.Base64Rule
    let json: Bool
    let reveals: Bool
    let jobs: Int
    let failFast: Bool

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var padded = 0
        /// A source that could not be read; the run goes on.
        var error: ToolError?
        /// What ends the run: the store cannot be read.
        var fatal: ToolError?
        /// Results that wait for their nonces to be noted.
        var held: [TokenReport] = []
    }

    private final class Worker {
        let judge: TokenJudge
        var writer = JSONWriter(reservingCapacity: 65_536)

        init(_ run: TokenRun) throws(ToolError) {
            judge = try TokenJudge(run.mode, base64: run.base64, reveals: run.reveals)
        }
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    ///
    /// - Parameter nonces: where the nonces of verified tokens are noted (`--once`). A token is reported as verified
    ///   only after its nonce was noted as new and is on disk.
    func run(
        _ stream: TokenStream, to sink: any ByteSink, console: Console, nonces: (any NonceRegistry)? = nil,
        now: Int64
    ) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        var padded = 0
        let holds = nonces != nil
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker(self) },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { process($1, $0, holds: holds) },
            deliver: { output throws(ToolError) in
                var output = output
                if let error = output.fatal { throw error }
                if let nonces { try release(&output, nonces, now) }
                try sink.write(output.bytes)
                tally += output.tally
                padded += output.padded
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "tokens")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.tokenFormat, "a token")
        if padded > 0 {
            console.note(
                "assay: note: accepted base64 padding in \(padded) \(padded == 1 ? "token" : "tokens")")
        }
        return tally
    }

    private func process(_ chunk: TokenChunk, _ worker: Worker, holds: Bool) -> Output {
        var output = Output()
        worker.writer.removeAll()
        if case .unreadable(let error) = chunk.content {
            output.error = error
            emit(Self.unreadable(chunk.source, error), &worker.writer, &output)
        }
        do throws(ToolError) {
            try worker.judge.block { judge(chunk, worker, holds: holds, &output) }
        } catch {
            output.fatal = error
        }
        if json { output.bytes = worker.writer.bytes }
        return output
    }

    /// Inputs that are taken through a step before the next step begins.
    private static let blockSize = 64

    private func judge(_ chunk: TokenChunk, _ worker: Worker, holds: Bool, _ output: inout Output) {
        var drafts: [TokenDraft] = []
        drafts.reserveCapacity(Self.blockSize)
        var goesOn = true
        chunk.forEachItem { item in
            drafts.append(worker.judge.draft(item, InputLocation(chunk.source, line: item.line)))
            if drafts.count == Self.blockSize { goesOn = finish(&drafts, worker, holds: holds, &output) }
            return goesOn
        }
        if goesOn { _ = finish(&drafts, worker, holds: holds, &output) }
    }

    /// Gives a block its verdicts and writes or holds the results; whether the run goes on.
    private func finish(
        _ drafts: inout [TokenDraft], _ worker: Worker, holds: Bool, _ output: inout Output
    ) -> Bool {
        do throws(ToolError) {
            try worker.judge.verify(&drafts)
        } catch {
            output.fatal = error
            return false
        }
        defer { drafts.removeAll(keepingCapacity: true) }
        for index in drafts.indices {
            if drafts[index].hadPadding { output.padded += 1 }
            if holds {
                output.held.append(drafts[index].report)
            } else {
                emit(drafts[index].report, &worker.writer, &output)
            }
            if failFast, drafts[index].report.isBad { return false }
        }
        return true
    }

    /// Notes the nonces of the verified tokens of a block in one transaction, then renders the block.
    private func release(
        _ output: inout Output, _ nonces: any NonceRegistry, _ now: Int64
    ) throws(ToolError) {
        let verified = output.held.indices.filter { output.held[$0].verdict == .verified }
        let used = verified.compactMap { index in
            output.held[index].token.map { (device: $0.deviceUUID, nonce: $0.nonce) }
        }
        let fresh = used.isEmpty ? [] : try nonces.use(used, at: now)
        for (index, isFresh) in zip(verified, fresh) where !isFresh { output.held[index].refuseReuse() }
        var writer = JSONWriter(reservingCapacity: 65_536)
        for report in output.held { emit(report, &writer, &output) }
        if json { output.bytes += writer.bytes }
        output.held = []
    }

    private static func unreadable(_ source: SourceName, _ error: ToolError) -> TokenReport {
        TokenReport(
            location: InputLocation(source, line: 1), verdict: .malformed,
            failures: [.init(error.code, error.message)])
    }

    private func emit(_ report: TokenReport, _ writer: inout JSONWriter, _ output: inout Output) {
        switch report.verdict {
        case .unverified, .verified: output.tally.good += 1
        case .rejected: output.tally.rejected += 1
        case .malformed where report.failures.first?.code == .io: output.tally.unreadable += 1
        case .malformed: output.tally.malformed += 1
        }
        if json {
            report.write(json: &writer)
        } else {
            output.bytes += report.text
        }
    }
}

extension TokenReport {
    var isBad: Bool { verdict == .rejected || verdict == .malformed }

    /// A verified token whose nonce was used before: not fresh, so rejected.
    mutating func refuseReuse() {
        verdict = .rejected
        profile = nil
        failures = [.init(.nonceReused, "the nonce of this token was accepted before")]
    }
}
