import Attestation
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import PKIX

/// What `token inspect` and `token verify` share: the stream through the pipeline to the output.
struct TokenRun {
    /// What happens to each token.
    enum Mode: Sendable {
        case inspect
        case verify(KeySource, AttestationPolicy)
    }

    let mode: Mode
    let base64: AttestationToken.Base64Rule
    let json: Bool
    let reveal: Bool
    let jobs: Int
    let failFast: Bool

    /// What one thread owns.
    private final class Worker {
        let verifier: AttestationVerifier?
        let requests: RequestVerifier
        var writer = JSONWriter(reservingCapacity: 65_536)

        init(_ mode: Mode) throws(ToolError) {
            do {
                requests = try RequestVerifier()
                if case .verify(_, let policy) = mode {
                    verifier = try AttestationVerifier(policy: policy)
                } else {
                    verifier = nil
                }
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }
    }

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var padded = 0
        var error: ToolError?
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: TokenStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        var padded = 0
        let mode = mode
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker(mode) },
            next: { () throws(ToolError) in stream.next() },
            process: { process($1, $0) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                padded += output.padded
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "tokens")
                return !(failFast && tally.bad > 0)
            })
        if padded > 0 {
            console.note("assay: note: accepted base64 padding in \(padded) \(padded == 1 ? "token" : "tokens")")
        }
        return tally
    }

    private func process(_ chunk: TokenChunk, _ worker: Worker) -> Output {
        var output = Output()
        worker.writer.removeAll()
        if case .unreadable(let error) = chunk.content {
            output.error = error
            emit(unreadable(chunk.source, error), worker, &output)
            return finish(output, worker)
        }
        chunk.forEachItem { item in
            let report = report(item, InputLocation(source: chunk.source, line: item.line), worker)
            if report.token?.hadPadding == true { output.padded += 1 }
            emit(report, worker, &output)
            return !(failFast && output.tally.bad > 0)
        }
        return finish(output, worker)
    }

    private func unreadable(_ source: String, _ error: ToolError) -> TokenReport {
        TokenReport(
            location: InputLocation(source: source, line: 1), verdict: .malformed,
            failures: [.init(error.code, error.message)])
    }

    private func finish(_ output: Output, _ worker: Worker) -> Output {
        var output = output
        if json { output.bytes = worker.writer.bytes }
        return output
    }

    private func emit(_ report: TokenReport, _ worker: Worker, _ output: inout Output) {
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

    private func report(_ item: TokenItem, _ location: InputLocation, _ worker: Worker) -> TokenReport {
        let text: ArraySlice<UInt8>
        switch item.text {
        case .failure(let error):
            return TokenReport(location: location, verdict: .malformed, failures: [error.failure])
        case .success(let bytes): text = bytes
        }
        let token: AttestationToken
        do {
            token = try AttestationToken(text, base64: base64)
        } catch {
            return TokenReport(location: location, verdict: .malformed, failures: [error.failure])
        }
        if case .failure(let error) = item.uuid {
            return TokenReport(location: location, token: token, verdict: .malformed, failures: [error.failure])
        }
        var report = TokenReport(location: location, token: token, verdict: .unverified)
        if reveal { report.revealed = text }
        switch mode {
        case .inspect:
            if case .certificationRequest(_, let request) = token.content {
                switch request.verify(with: worker.requests) {
                case .success: report.selfSignature = true
                // A key that is never certified says nothing about the signature.
                case .failure(let failure): report.selfSignature = failure.code == .csrKey ? nil : false
                }
            }
        case .verify(let keys, _): verify(token, item, keys, worker, &report)
        }
        return report
    }

    private func verify(
        _ token: AttestationToken, _ item: TokenItem, _ keys: KeySource, _ worker: Worker,
        _ report: inout TokenReport
    ) {
        guard let verifier = worker.verifier else { return }
        let key = keys.key(for: token.deviceUUID)
        report.key = key
        let expected = try? item.uuid?.get()
        switch verifier.verify(token, key: key, expectedUUID: expected) {
        case .verified(let verified):
            report.verdict = .verified
            report.profile = verified.profile
            if verified.request != nil { report.selfSignature = true }
        case .rejected(let failures):
            report.verdict = .rejected
            report.failures = failures
            if case .certificationRequest = token.content, !failures.contains(where: { $0.code == .csrKey }) {
                report.selfSignature = !failures.contains { $0.code == .csrSignature }
            }
        }
    }
}
