import Attestation
import Diagnostics
import OpenSSL
import PKIX

/// What happens to each token.
enum TokenMode: Sendable {
    case inspect
    case verify(KeySource, AttestationPolicy)
}

/// Decodes and, where asked, verifies one input after the other. One per thread.
final class TokenJudge {
    private let base64: AttestationToken.Base64Rule
    private let reveals: Bool
    private let verification: (verifier: AttestationVerifier, keys: KeyLookup)?
    private let requests: RequestVerifier

    /// - Parameter reveals: whether results carry the tokens themselves (`--reveal`).
    init(_ mode: TokenMode, base64: AttestationToken.Base64Rule, reveals: Bool) throws(ToolError) {
        self.base64 = base64
        self.reveals = reveals
        do throws(OpenSSLError) {
            requests = try RequestVerifier()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        guard case .verify(let source, let policy) = mode else {
            verification = nil
            return
        }
        let keys = try source.lookup()
        do throws(OpenSSLError) {
            verification = (try AttestationVerifier(policy: policy), keys)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// Runs `body`, in which ``report(_:_:)`` is called for a block of inputs.
    func block(_ body: () -> Void) throws(ToolError) {
        guard let keys = verification?.keys else { return body() }
        try keys.reading { () throws(ToolError) in body() }
    }

    /// The result for one input; throws only when the keys cannot be asked for, which ends the run.
    func report(_ item: TokenItem, _ location: InputLocation) throws(ToolError) -> TokenReport {
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
            return TokenReport(
                location: location, token: token, verdict: .malformed, failures: [error.failure])
        }
        var report = TokenReport(location: location, token: token, verdict: .unverified)
        if reveals { report.revealed = text }
        if let verification {
            let key = try verification.keys.key(for: token.deviceUUID)
            let expected = try? item.uuid?.get()
            report.key = key
            Self.enter(verification.verifier.verify(token, key: key, expectedUUID: expected), &report)
        } else if case .certificationRequest(_, let request) = token.content {
            switch request.verify(with: requests) {
            case .success: report.selfSignature = true
            // A key that is never certified says nothing about the signature.
            case .failure(let failure): report.selfSignature = failure.code == .csrKey ? nil : false
            }
        }
        return report
    }

    private static func enter(_ verdict: AttestationVerifier.Verdict, _ report: inout TokenReport) {
        switch verdict {
        case .verified(let verified):
            report.verdict = .verified
            report.profile = verified.profile
            if verified.request != nil { report.selfSignature = true }
        case .rejected(let failures):
            report.verdict = .rejected
            report.failures = failures
            if case .certificationRequest = report.token?.content,
                !failures.contains(where: { $0.code == .csrKey })
            {
                report.selfSignature = !failures.contains { $0.code == .csrSignature }
            }
        }
    }
}
