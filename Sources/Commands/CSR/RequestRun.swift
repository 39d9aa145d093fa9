import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import PKIX

/// What `csr inspect` and `csr verify` share: the stream through the pipeline to the output.
struct RequestRun {
    enum Mode: Sendable { case inspect, verify }

    let mode: Mode
    let json: Bool
    let jobs: Int
    let failFast: Bool

    /// What one thread owns.
    private final class Worker {
        let requests: RequestVerifier
        var writer = JSONWriter(reservingCapacity: 65_536)

        init() throws(ToolError) {
            do {
                requests = try RequestVerifier()
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }
    }

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var error: ToolError?
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: RequestStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        if console.showsProgress { stream.measure() }
        var tally = Tally()
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Worker() },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { process($1, $0) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(
                    done: tally.total, failed: tally.bad, unit: "requests", meter: stream.meter)
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.pem, "a request")
        return tally
    }

    private func process(_ chunk: RequestChunk, _ worker: Worker) -> Output {
        var output = Output()
        worker.writer.removeAll()
        if case .unreadable(let error) = chunk.content {
            output.error = error
            if error.code == .io { output.tally.unreadable += 1 } else { output.tally.malformed += 1 }
            let report = RequestReport(
                location: InputLocation(chunk.source, line: 1), verdict: .malformed,
                failures: [.init(error.code, error.message)])
            emit(report, worker, &output)
        } else {
            var drafts: [Draft] = []
            chunk.forEachItem { item in
                drafts.append(draft(item, InputLocation(chunk.source, line: item.line), worker))
                return drafts.count < Self.blockSize || finish(&drafts, worker, &output)
            }
            _ = finish(&drafts, worker, &output)
        }
        if json { output.bytes = worker.writer.bytes }
        return output
    }

    private func emit(_ report: RequestReport, _ worker: Worker, _ output: inout Output) {
        if json {
            report.write(json: &worker.writer)
        } else {
            output.bytes += report.text
        }
    }

    /// Requests that are read before the first of them is verified.
    private static let blockSize = 64

    /// A result in the making.
    private struct Draft {
        let report: RequestReport
        /// What is left to verify.
        let request: ReceivedRequest?
        /// The device that the row says it is of.
        var expected: DeviceUUID?
    }

    private func draft(_ item: RequestItem, _ location: InputLocation, _ worker: Worker) -> Draft {
        switch ReceivedRequest.decode(item) {
        case .failure(let failure):
            let isMalformed = failure.code.exitStatus == .malformed
            let report = RequestReport(
                location: location, verdict: isMalformed ? .malformed : .rejected, failures: [failure])
            return Draft(report: report, request: nil)
        case .success(let decoded):
            var report = RequestReport(location: location, request: decoded.request, verdict: .unverified)
            guard mode == .inspect else {
                return Draft(report: report, request: decoded, expected: item.expectations.deviceUUID)
            }
            // Not the signature, but whether there is a key that could make one.
            if let failure = decoded.request.publicKey.defect {
                report.verdict = .rejected
                report.failures = [failure]
            }
            return Draft(report: report, request: nil)
        }
    }

    /// Gives a block its verdicts and writes the results; whether the run goes on.
    private func finish(_ drafts: inout [Draft], _ worker: Worker, _ output: inout Output) -> Bool {
        defer { drafts.removeAll(keepingCapacity: true) }
        var verdicts = worker.requests.verify(drafts.compactMap { $0.request?.request }).makeIterator()
        for draft in drafts {
            let report = draft.request.map { Self.judged(draft, $0, verdicts.next()) } ?? draft.report
            switch report.verdict {
            case .unverified, .verified: output.tally.good += 1
            case .rejected: output.tally.rejected += 1
            case .malformed: output.tally.malformed += 1
            }
            emit(report, worker, &output)
            if failFast, output.tally.bad > 0 { return false }
        }
        return true
    }

    private static func judged(
        _ draft: Draft, _ decoded: ReceivedRequest, _ verdict: Result<VerifiedRequest, CheckFailure>?
    ) -> RequestReport {
        var report = draft.report
        switch decoded {
        case .attested(let token, _):
            if token.keyMessage?.digest != token.actualDigest {
                report.failures.append(.init(.digest, "the attested digest is not that of the CSR"))
            }
            report.failures += token.uuidMismatches(expecting: draft.expected)
        case .bare(let request):
            if let expected = draft.expected, let named = RequestVetter.uuid(in: request.subject),
                named != expected
            {
                report.failures.append(
                    .init(.uuidMismatch, "expected device \(expected), the CSR is for device \(named)"))
            }
        }
        switch verdict {
        case .success?: break
        case .failure(let failure)?: report.failures.append(failure)
        case nil: report.failures.append(.init(.internalFault, "a request was not verified"))
        }
        report.verdict = report.failures.isEmpty ? .verified : .rejected
        return report
    }
}
