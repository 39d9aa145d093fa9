import Batches
import DeviceIdentity
import Diagnostics
import Intake
import JWT
import OpenSSL

/// Decodes and, where asked, verifies JWTs. One per thread.
final class JWTJudge: Judge {
    /// What happens to each token.
    enum Mode: Sendable {
        case inspect
        case verify(JWTKeySource, JWTPolicy)
    }

    private let verifier: JWTVerifier?
    /// Only with a store.
    private let registry: StoreJWTKeys?

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

    func judge(_ chunk: JWTChunk, _ results: inout Results<JWTReport>) throws(ToolError) {
        if case .unreadable(let error) = chunk.content {
            let report = JWTReport(
                location: InputLocation(chunk.source, line: 1), verdict: .malformed,
                failures: [CheckFailure(error.code, error.message)])
            results.add(report, ofSource: error)
        }
        guard let registry else { return judgeItems(of: chunk, &results) }
        registry.reading { judgeItems(of: chunk, &results) }
        if let trouble = registry.trouble { throw trouble }
    }

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

    private func judgeItems(of chunk: JWTChunk, _ results: inout Results<JWTReport>) {
        var block = Block()
        chunk.forEachItem { line, text in
            decode(text, InputLocation(chunk.source, line: line), &block)
            return block.reports.count < blockSize || finish(&block, &results)
        }
        _ = finish(&block, &results)
    }

    private func decode(
        _ text: ArraySlice<UInt8>, _ location: InputLocation, _ block: inout Block
    ) {
        do {
            let token = try UnverifiedJWT(text)
            // Rejected until it is verified: what is left out on the way must not pass.
            var report = JWTReport(
                location: location, verdict: verifier == nil ? .unverified : .rejected,
                header: token.jws.header.parameters, device: token.claimedDevice)
            if verifier == nil {
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

    /// Gives a block its verdicts; whether more inputs are wanted.
    private func finish(_ block: inout Block, _ results: inout Results<JWTReport>) -> Bool {
        defer { block.removeAll() }
        registry?.prepare(block.devices)
        if let verifier = verifier {
            if registry?.trouble != nil { return false }
            let verdicts = verifier.verify(block.tokens.map(\.token))
            for (token, verdict) in zip(block.tokens, verdicts) {
                Self.enter(verdict, &block.reports[token.report])
            }
        }
        if registry?.trouble != nil { return false }
        for report in block.reports {
            guard results.add(report) else { return false }
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
}
