import DeviceIdentity
import Diagnostics
import JSON
import JWT
import PKIX

extension ConformanceJudge {
    /// `jwt.verify`: a compact JWS under the key that its header selects, with `exp` and `nbf` where asked.
    func verifyJWT(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        var time: Int64?
        if try inputs.text("claims") == "check" {
            guard let seconds = InternetTime.seconds(try inputs.text("time")) else {
                throw Refusal("expected an RFC 3339 time in the input 'time'")
            }
            time = seconds
        }
        let jwks = inputs.optional("jwks")
        let pem = jwks == nil ? try inputs.utf8("key_pem") : nil
        let token = try inputs.utf8("jwt")
        let verdict: Result<[UInt8], CheckFailure>
        do throws(ToolError) {
            verdict = try JWSConformance.verify(
                token, jwks: jwks, keyPEM: pem, claimsAt: time)
        } catch {
            throw Refusal("\(error.code.rawValue): \(error.message)")
        }
        let payload = try verdict.orRefused()
        return ["payload_b64": .string(String(decoding: Base64.encode(payload, .standard), as: UTF8.self))]
    }
}
