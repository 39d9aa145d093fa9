import Attestation
import Batches
import DeviceIdentity
import Diagnostics
import OpenSSL
import Registry

/// Recovers the keys that may have signed each output of a device. One per thread.
final class ObservationJudge: Judge {
    private let base64: AttestationToken.Base64Rule
    private let arithmetic: P256Arithmetic

    init(base64: AttestationToken.Base64Rule) throws(ToolError) {
        self.base64 = base64
        do throws(OpenSSLError) {
            arithmetic = try P256Arithmetic()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    func judge(_ chunk: TokenChunk, _ results: inout Results<LearningReport>) {
        if case .unreadable(let error) = chunk.content {
            let report = LearningReport(
                location: InputLocation(chunk.source, line: 1),
                observation: .failure(RowError(error.code, error.message)),
                refusal: Outcome(ofSource: error))
            results.add(report, ofSource: error)
        }
        chunk.forEachItem { item in
            var refusal = Outcome.malformed
            let observation = Result { () throws(RowError) in try observe(item, &refusal) }
            return results.add(
                LearningReport(
                    location: InputLocation(chunk.source, line: item.line), observation: observation,
                    refusal: refusal))
        }
    }

    /// - Parameter refusal: what the input counts as where nothing can be learned from it.
    private func observe(_ item: TokenItem, _ refusal: inout Outcome) throws(RowError) -> Observation {
        let text = try item.text.get()
        let expected = try item.uuid?.get()
        let token: AttestationToken
        do throws(TokenError) {
            token = try AttestationToken(text, base64: base64)
        } catch {
            throw RowError(error.code, error.message)
        }
        refusal = .rejected
        return try observe(token, text, expected)
    }

    private func observe(
        _ token: AttestationToken, _ text: ArraySlice<UInt8>, _ expected: DeviceUUID?
    ) throws(RowError) -> Observation {
        if let expected, expected != token.deviceUUID {
            throw RowError(.uuidMismatch, "expected device \(expected), the token is of \(token.deviceUUID)")
        }
        if let message = token.keyMessage, message.digest != token.actualDigest {
            throw RowError(.digest, "the attested digest is not that of the first part")
        }
        let candidates: [SigningProfile: [P256PublicKey]]
        do {
            candidates = try KeyRecovery.candidates(token, arithmetic)
        } catch {
            throw RowError(error.code, error.message)
        }
        return Observation(
            uuid: token.deviceUUID, tokenDigest: Digest.sha256(text), bound: candidates[.bound] ?? [],
            plain: candidates[.plain] ?? [])
    }
}
