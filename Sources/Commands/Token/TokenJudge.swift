import Attestation
import Batches
import DeviceIdentity
import Diagnostics
import Intake
import OpenSSL
import PKIX

/// What happens to each token.
enum TokenMode: Sendable {
    case inspect
    case verify(KeySource, AttestationPolicy)
}

/// Decodes and, where asked, verifies one input after the other. One per thread.
final class TokenJudge: Judge {
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

    func judge(_ chunk: TokenChunk, _ results: inout Results<TokenReport>) throws(ToolError) {
        if case .unreadable(let error) = chunk.content {
            results.add(TokenReport(unreadable: error, chunk.source), ofSource: error)
        }
        guard let keys = verification?.keys else { return try judgeItems(of: chunk, &results) }
        try keys.reading { () throws(ToolError) in try judgeItems(of: chunk, &results) }
    }

    private func judgeItems(
        of chunk: TokenChunk, _ results: inout Results<TokenReport>
    ) throws(ToolError) {
        var drafts: [TokenDraft] = []
        drafts.reserveCapacity(blockSize)
        var trouble: ToolError?
        chunk.forEachItem { item in
            drafts.append(draft(item, InputLocation(chunk.source, line: item.line)))
            return drafts.count < blockSize || finish(&drafts, &results, &trouble)
        }
        _ = finish(&drafts, &results, &trouble)
        if let trouble { throw trouble }
    }

    /// Gives a block its verdicts; whether more inputs are wanted.
    private func finish(
        _ drafts: inout [TokenDraft], _ results: inout Results<TokenReport>, _ trouble: inout ToolError?
    ) -> Bool {
        defer { drafts.removeAll(keepingCapacity: true) }
        do throws(ToolError) {
            try verify(&drafts)
        } catch {
            trouble = error
            return false
        }
        for draft in drafts {
            guard results.add(draft.report) else { return false }
        }
        return true
    }

    /// Decodes one input: the first step of a verdict, which ``verify(_:)`` gives to many at once.
    private func draft(_ item: TokenItem, _ location: InputLocation) -> TokenDraft {
        let text: ArraySlice<UInt8>
        switch item.text {
        case .failure(let error): return TokenDraft(malformed: error.failure, location)
        case .success(let bytes): text = bytes
        }
        let token: AttestationToken
        do {
            token = try AttestationToken(text, base64: base64)
        } catch {
            let stray = StrayLine.description(of: text)
            let failure = stray.map { CheckFailure(.tokenFormat, "expected a token alone, found \($0)") }
            return TokenDraft(malformed: failure ?? error.failure, location)
        }
        if case .failure(let error) = item.uuid {
            return TokenDraft(malformed: error.failure, location, token)
        }
        // Rejected until it is verified: what is left out on the way must not pass.
        return TokenDraft(
            report: TokenReport(
                location: location, token: token, verdict: verification == nil ? .unverified : .rejected,
                revealed: reveals ? text : nil),
            expectedUUID: try? item.uuid?.get(), isOpen: true)
    }

    /// Verifies a block of inputs, where that is asked; throws only when the keys cannot be asked for, which ends the
    /// run.
    ///
    /// One step for all of them after the other: what a step needs is then in the processor's caches but for the first.
    private func verify(_ drafts: inout [TokenDraft]) throws(ToolError) {
        guard let verification else { return checkRequests(&drafts) }
        var places: [Int] = []
        var claims: [AttestationVerifier.Claim] = []
        for index in drafts.indices where drafts[index].isOpen {
            guard let token = drafts[index].report.token else { continue }
            let key = try verification.keys.key(for: token)
            drafts[index].report.key = key
            places.append(index)
            claims.append(.init(token, key: key, expectedUUID: drafts[index].expectedUUID))
        }
        for (place, verdict) in zip(places, verification.verifier.verify(claims)) {
            Self.enter(verdict, &drafts[place].report)
        }
    }

    private func checkRequests(_ drafts: inout [TokenDraft]) {
        var places: [Int] = []
        var carried: [CertificationRequest] = []
        for index in drafts.indices where drafts[index].isOpen {
            guard case .certificationRequest(_, let request)? = drafts[index].report.token?.content else {
                continue
            }
            places.append(index)
            carried.append(request)
        }
        for (place, result) in zip(places, requests.verify(carried)) {
            switch result {
            case .success: drafts[place].report.selfSignature = true
            // A key that is never certified says nothing about the signature.
            case .failure(let failure):
                drafts[place].report.selfSignature = failure.code == .csrKey ? nil : false
            }
        }
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

/// A result in the making.
struct TokenDraft {
    var report: TokenReport
    /// The device that the row says the token is of.
    let expectedUUID: DeviceUUID?
    /// Whether there is a token to verify.
    let isOpen: Bool

    init(report: TokenReport, expectedUUID: DeviceUUID?, isOpen: Bool) {
        self.report = report
        self.expectedUUID = expectedUUID
        self.isOpen = isOpen
    }

    init(malformed failure: CheckFailure, _ location: InputLocation, _ token: AttestationToken? = nil) {
        report = TokenReport(location: location, token: token, verdict: .malformed, failures: [failure])
        expectedUUID = nil
        isOpen = false
    }
}
