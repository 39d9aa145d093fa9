import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import JWT
import ProvisioningAPI

/// The identity service: whether tokens and JWTs are by the devices that they name.
extension ProvisioningService {
    private static let most = 1000

    /// The texts of a body with one or with many.
    private static func texts(
        _ context: RequestContext, one: String, many: String
    ) throws -> [String] {
        try context.body { json throws(ToolError) in
            let node = JSONNode(json)
            try node.allowOnly([one, many])
            if let member = try node.optionalMember(one) { return [try member.string()] }
            let elements = try node.member(many).elements()
            guard 1...most ~= elements.count else {
                throw node.error("expected 1 to \(most) texts, found \(elements.count)")
            }
            var texts: [String] = []
            for element in elements { texts.append(try element.string()) }
            return texts
        }
    }

    private static func json(
        _ device: DeviceUUID?, kind: String?, _ failures: [CheckFailure]
    ) -> JSONValue {
        var object: JSONObject = ["verified": .bool(failures.isEmpty)]
        object["deviceId"] = device.map { .string($0.description) }
        object["kind"] = kind.map { .string($0) }
        object["failures"] = .array(
            failures.map {
                .object(["code": .string($0.code.rawValue), MemberName.message: .string($0.message)])
            })
        return .object(object)
    }

    func verifyAttestationTokens(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "verify tokens")
        let results = try Self.texts(context, one: "token", many: "tokens").map { text -> JSONValue in
            let token: AttestationToken
            do throws(TokenError) {
                token = try AttestationToken(Array(text.utf8)[...])
            } catch {
                return Self.json(nil, kind: nil, [error.failure])
            }
            let kind: String =
                switch token.content {
                case .identity: "attestation"
                case .certificationRequest: "csr"
                case .publicKey: "publicKey"
                }
            switch try registry.verify(token) {
            case .verified: return Self.json(token.deviceUUID, kind: kind, [])
            case .rejected(let failures): return Self.json(token.deviceUUID, kind: kind, failures)
            }
        }
        return ServiceResponse(json: .object(["results": .array(results)]))
    }

    func verifyJWTs(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "verify JWTs")
        let results = try Self.texts(context, one: "jwt", many: "jwts").map { text -> JSONValue in
            let token: UnverifiedJWT
            do throws(JWTError) {
                token = try UnverifiedJWT(Array(text.utf8)[...])
            } catch {
                return Self.json(nil, kind: nil, [CheckFailure(error.code, error.message)])
            }
            switch try registry.verify(token, at: context.time) {
            case .verified(let verified): return Self.json(verified.device, kind: "jwt", [])
            case .rejected(let failures, _):
                return Self.json(token.claimedDevice, kind: "jwt", failures)
            }
        }
        return ServiceResponse(json: .object(["results": .array(results)]))
    }
}
