public import JSON

/// What a JWK says that its key is for (RFC 7517 sections 4.2 and 4.3), held against the making and checking of
/// signatures. One answer for a set's keys and for a key alone.
public enum JWKPurpose {
    /// What has nothing to do with signatures; what is registered by others later is not known to contradict them.
    private static let otherOperations: Set<String> = [
        "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits",
    ]

    /// The members that only a private key has, by key type (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2).
    private static func privateMembers(_ type: String?) -> [String] {
        type == "RSA" ? ["d", "p", "q", "dp", "dq", "qi", "oth"] : ["d"]
    }

    /// Whether any member of a private key is there, whether or not the key is whole.
    public static func isPrivate(_ members: JSONObject) -> Bool {
        privateMembers(members["kty"]?.stringValue).contains { members[$0] != nil }
    }

    /// Why the key is not for signatures, in lower case; `nil` where nothing speaks against it.
    public static func objection(to members: JSONObject) -> String? {
        let use: String?
        switch members["use"] {
        case nil: use = nil
        case .string(let text)?: use = text
        case let other?: return "expected use to be a string, found \(other.kind)"
        }
        if let use, use != "sig" { return "use is \(use.shown), expected 'sig'" }
        switch members["key_ops"] {
        case nil: return nil
        case .array(let operations)?: return objection(to: operations, use, isPrivate: isPrivate(members))
        case let other?: return "expected key_ops to be an array, found \(other.kind)"
        }
    }

    private static func objection(to operations: [JSONValue], _ use: String?, isPrivate: Bool) -> String? {
        var names: Set<String> = []
        for operation in operations {
            guard let name = operation.stringValue else {
                return "expected key_ops to hold strings, found \(operation.kind)"
            }
            guard names.insert(name).inserted else { return "key_ops has \(name.shown) twice" }
        }
        guard names.contains("verify") || (isPrivate && names.contains("sign")) else {
            return "key_ops does not have 'verify'"
        }
        // The two together must say the same thing.
        if use != nil, let name = names.intersection(otherOperations).min() {
            return "use is 'sig' and key_ops has '\(name)', which contradict each other"
        }
        return nil
    }
}
