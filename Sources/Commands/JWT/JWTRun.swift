import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import JWT
import OpenSSL

/// What `jwt inspect` and `jwt verify` share: the stream through the pipeline to the output.
struct JWTRun {
    /// What happens to each token.
    enum Mode: Sendable {
        case inspect
        case verify(JWTKeySource, JWTPolicy)
    }

    let mode: Mode
    let json: Bool
    let jobs: Int
    let failFast: Bool

    /// What one thread owns.
    private final class Worker {
        let verifier: JWTVerifier?
        /// Only with a store.
        let registry: StoreJWTKeys?
        var writer = JSONWriter(reservingCapacity: 65_536)

        init(_ mode: Mode) throws(ToolError) {
            guard case .verify(let source, let policy) = mode else {
                verifier = nil
                registry = nil
                return
            }
            let keys: any JWTKeyResolver
            switch source {
            case .keys(let resolver):
                registry = nil
                keys = resolver
            case .store(let path, let trust):
                let store = try StoreJWTKeys(path: path, minimumTrust: trust)
                registry = store
                keys = store
            }
            do {
                verifier = try JWTVerifier(policy: policy, keys: keys)
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }
    }

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        /// A source that could not be read; the run goes on.
        var error: ToolError?
        /// What ends the run: the store cannot be read.
        var fatal: ToolError?
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: JWTStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        let mode = mode
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker(mode) },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { process($1, $0) },
            deliver: { output throws(ToolError) in
                if let error = output.fatal { throw error }
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "JWTs")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.jwtFormat, "a JWT")
        return tally
    }

    private func process(_ chunk: JWTChunk, _ worker: Worker) -> Output {
        var output = Output()
        worker.writer.removeAll()
        if case .unreadable(let error) = chunk.content {
            output.error = error
            let location = InputLocation(chunk.source, line: 1)
            let failure = CheckFailure(error.code, error.message)
            emit(JWTReport(location: location, verdict: .malformed, failures: [failure]), worker, &output)
        }
        if let registry = worker.registry {
            registry.reading { judge(chunk, worker, &output) }
            output.fatal = registry.trouble
        } else {
            judge(chunk, worker, &output)
        }
        if json { output.bytes = worker.writer.bytes }
        return output
    }

    /// Inputs that are taken through a step before the next step begins: what a step needs is then in the processor's
    /// caches but for the first.
    private static let blockSize = 64

    /// A block of inputs between the steps.
    private struct Block {
        /// One for each input; what failed to decode is done.
        var reports: [JWTReport] = []
        var tokens: [(report: Int, token: UnverifiedJWT)] = []
        /// The devices that the tokens name.
        var devices: [DeviceUUID] = []

        init() {
            reports.reserveCapacity(blockSize)
            tokens.reserveCapacity(blockSize)
            devices.reserveCapacity(blockSize)
        }

        mutating func removeAll() {
            reports.removeAll(keepingCapacity: true)
            tokens.removeAll(keepingCapacity: true)
            devices.removeAll(keepingCapacity: true)
        }
    }

    private func judge(_ chunk: JWTChunk, _ worker: Worker, _ output: inout Output) {
        var block = Block()
        var goesOn = true
        chunk.forEachItem { line, text in
            decode(text, InputLocation(chunk.source, line: line), worker, &block)
            if block.reports.count == Self.blockSize { goesOn = finish(&block, worker, &output) }
            return goesOn
        }
        if goesOn { _ = finish(&block, worker, &output) }
    }

    private func decode(
        _ text: ArraySlice<UInt8>, _ location: InputLocation, _ worker: Worker, _ block: inout Block
    ) {
        do {
            let token = try UnverifiedJWT(text)
            // Rejected until it is verified: what is left out on the way must not pass.
            var report = JWTReport(
                location: location, verdict: worker.verifier == nil ? .unverified : .rejected,
                header: token.jws.header.parameters, device: token.claimedDevice)
            if worker.verifier == nil {
                report.claims = token.claims
            } else {
                if let device = token.claimedDevice { block.devices.append(device) }
                block.tokens.append((block.reports.count, token))
            }
            block.reports.append(report)
        } catch {
            let stray = StrayLine.description(of: text)
            let failure = stray.map { CheckFailure(.jwtFormat, "expected a JWT alone, found \($0)") }
            block.reports.append(
                JWTReport(location: location, verdict: .malformed, failures: [failure ?? error.failure]))
        }
    }

    /// Gives a block its verdicts and writes the results; whether the run goes on.
    private func finish(_ block: inout Block, _ worker: Worker, _ output: inout Output) -> Bool {
        defer { block.removeAll() }
        worker.registry?.prepare(block.devices)
        if let verifier = worker.verifier {
            if worker.registry?.trouble != nil { return false }
            let verdicts = verifier.verify(block.tokens.map(\.token))
            for (token, verdict) in zip(block.tokens, verdicts) {
                Self.enter(verdict, &block.reports[token.report])
            }
        }
        if worker.registry?.trouble != nil { return false }
        for index in block.reports.indices {
            emit(block.reports[index], worker, &output)
            if failFast, output.tally.bad > 0 { return false }
        }
        return true
    }

    private static func enter(_ verdict: JWTVerifier.Verdict, _ report: inout JWTReport) {
        switch verdict {
        case .verified(let verified):
            report.verdict = .verified
            report.claims = verified.claims
            report.key = verified.key
        case .rejected(let failures, let key):
            report.verdict = .rejected
            report.key = key
            report.failures = failures
        }
    }

    private func emit(_ report: JWTReport, _ worker: Worker, _ output: inout Output) {
        switch report.verdict {
        case .unverified, .verified: output.tally.good += 1
        case .rejected: output.tally.rejected += 1
        case .malformed where report.failures.first?.code == .io: output.tally.unreadable += 1
        case .malformed: output.tally.malformed += 1
        }
        if json {
            report.write(json: &worker.writer)
        } else {
            output.bytes += report.text
        }
    }
}
