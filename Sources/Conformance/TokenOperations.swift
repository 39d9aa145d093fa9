import Attestation
import COSE
import DeviceIdentity
import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `token.decode`: what a modem prints, as a line of its log or as the bare token.
    func decodeToken(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let text = try inputs.utf8("at_output")
        let token: AttestationToken
        do {
            token = try AttestationToken(ModemLog.token(in: text[...]) ?? text[...])
        } catch {
            throw Refusal(error.failure)
        }
        var output: JSONObject = ["uuid": .string(token.deviceUUID.description)]
        switch token.content {
        case .identity: break
        case .certificationRequest(let message, let request):
            describe(message, request.publicKey, token, in: &output)
        case .publicKey(let message, let key): describe(message, key, token, in: &output)
        }
        return output
    }

    private func describe(
        _ message: KeyMessage, _ key: SubjectPublicKeyInfo, _ token: AttestationToken,
        in output: inout JSONObject
    ) {
        output["sec_tag"] = .integer(Int64(message.secTag.rawValue))
        output["public_key_pem"] = pem(key)
        output["digest_matches"] = .bool(message.digest == token.actualDigest)
    }

    /// `token.verify`: any COSE_Sign1, tagged or not, under the given key; without one, its structure alone.
    func verifyMessage(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let hasKey = ["key_jwk", "key_pem", "key_der_hex", "cert_pem"].contains { inputs.optional($0) != nil }
        let key = hasKey ? try publicKey(inputs) : nil
        let message: COSESign1
        do {
            message = try COSESign1(try inputs.hex("cose_hex"), tag: .optional)
        } catch let error as COSEError {
            throw Refusal("cose: \(error.message)")
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal("\(error)")
        }
        let detached = try inputs.optionalHex("detached_payload_hex")
        guard let key else {
            let payload = message.payload.map { Array(message.bytes[$0]) } ?? detached
            return payload.map { ["payload_hex": .string(Hex.encode($0))] }
        }
        let verdict = message.verify(
            key: key, externalAAD: try inputs.optionalHex("external_aad_hex") ?? [],
            detachedPayload: detached)
        switch verdict {
        case .success(let payload): return ["payload_hex": .string(Hex.encode(payload))]
        case .failure(let error): throw Refusal(error.failure)
        }
    }

    /// A public key as the PEM text of an output.
    func pem(_ key: SubjectPublicKeyInfo) -> JSONValue {
        .string(String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: key.der), as: UTF8.self))
    }
}
