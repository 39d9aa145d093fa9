import Attestation
import Batches
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX

/// Decodes and, where asked, verifies requests. One per thread.
final class RequestJudge: Judge {
    enum Mode: Sendable { case inspect, verify }

    private let mode: Mode
    private let requests: RequestVerifier

    init(_ mode: Mode) throws(ToolError) {
        self.mode = mode
        do {
            requests = try RequestVerifier()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    func judge(_ chunk: RequestChunk, _ results: inout Results<RequestReport>) {
        if case .unreadable(let error) = chunk.content {
            let report = RequestReport(
                location: InputLocation(chunk.source, line: 1), verdict: .malformed,
                failures: [.init(error.code, error.message)])
            results.add(report, ofSource: error)
            return
        }
        var drafts: [Draft] = []
        chunk.forEachItem { item in
            drafts.append(draft(item, InputLocation(chunk.source, line: item.line)))
            return drafts.count < blockSize || finish(&drafts, &results)
        }
        _ = finish(&drafts, &results)
    }

    /// A result in the making.
    private struct Draft {
        let report: RequestReport
        /// What is left to verify.
        let request: ReceivedRequest?
        /// The device that the row says it is of.
        var expected: DeviceUUID?
    }

    private func draft(_ item: RequestItem, _ location: InputLocation) -> Draft {
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

    /// Gives a block its verdicts; whether more inputs are wanted.
    private func finish(_ drafts: inout [Draft], _ results: inout Results<RequestReport>) -> Bool {
        defer { drafts.removeAll(keepingCapacity: true) }
        var verdicts = requests.verify(drafts.compactMap { $0.request?.request }).makeIterator()
        for draft in drafts {
            let report = draft.request.map { Self.judged(draft, $0, verdicts.next()) } ?? draft.report
            guard results.add(report) else { return false }
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
