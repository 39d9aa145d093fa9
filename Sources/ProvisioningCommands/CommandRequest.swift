public import DeviceIdentity
public import JSON

/// What a provisioning command asks of a device: the one member of `request`.
///
/// Some cases carry secrets; the textual description names kind and tag only.
public enum CommandRequest: Sendable, Equatable, CustomStringConvertible {
    /// A new client key pair; the public key is returned.
    case clientPrivateKeyGeneration(SecTag)
    /// A new client key pair whose public key is registered with nRF Cloud; a CSR is returned.
    case cloudAccessKeyGeneration(SecTag)
    /// A new client key pair and its CSR. Without attributes the modem's subject is CN = device UUID;
    /// without key usage it asks for 111010000.
    case certificateSigningRequest(SecTag, attributes: String?, keyUsage: CSRKeyUsage?)
    /// The client certificate, one PEM block: the leaf alone.
    case clientCertificate(SecTag, content: String)
    /// One or more CA certificates, PEM.
    case serverCertificate(SecTag, content: String)
    /// A private key made elsewhere, PEM. The names of its members are inferred, not documented.
    case clientPrivateKey(SecTag, content: String, password: String?)
    /// A pre-shared key, hexadecimal. The names of its members are inferred, not documented.
    case preSharedKey(SecTag, identity: String, secret: String)
    /// Settings of the device's application. The names of its members are inferred, not documented.
    case config([ConfigurationSetting])
    /// Marks the end: its acknowledgement turns the device PROVISIONED.
    case finished

    /// The kinds of command by the names that the service gives them.
    public enum Kind: String, Sendable, CaseIterable {
        case clientPrivateKeyGeneration, cloudAccessKeyGeneration, certificateSigningRequest
        case clientCertificate, serverCertificate, clientPrivateKey, preSharedKey, config, finished

        /// Whether a source shows the JSON form; of the others only the fields are documented.
        public var isProven: Bool {
            switch self {
            case .clientPrivateKey, .preSharedKey, .config: false
            default: true
            }
        }

        /// Whether the device makes a new private key under the tag.
        public var makesKey: Bool {
            switch self {
            case .clientPrivateKeyGeneration, .cloudAccessKeyGeneration, .certificateSigningRequest: true
            default: false
            }
        }

        /// The description by default: that of the nRF Cloud utilities where they have one.
        public var defaultDescription: String {
            switch self {
            case .clientPrivateKeyGeneration: "Generate client key pair"
            case .cloudAccessKeyGeneration: "Generate cloud access key"
            case .certificateSigningRequest: "Generate CSR"
            case .clientCertificate: "Update client cert"
            case .serverCertificate: "Update server cert"
            case .clientPrivateKey: "Install client private key"
            case .preSharedKey: "Install PSK"
            case .config: "Set configuration"
            case .finished: "Provisioning complete"
            }
        }
    }

    public var kind: Kind {
        switch self {
        case .clientPrivateKeyGeneration: .clientPrivateKeyGeneration
        case .cloudAccessKeyGeneration: .cloudAccessKeyGeneration
        case .certificateSigningRequest: .certificateSigningRequest
        case .clientCertificate: .clientCertificate
        case .serverCertificate: .serverCertificate
        case .clientPrivateKey: .clientPrivateKey
        case .preSharedKey: .preSharedKey
        case .config: .config
        case .finished: .finished
        }
    }

    /// The security tag it works on, nil for `config` and `finished`.
    public var secTag: SecTag? {
        switch self {
        case .clientPrivateKeyGeneration(let tag), .cloudAccessKeyGeneration(let tag),
            .certificateSigningRequest(let tag, _, _), .clientCertificate(let tag, _),
            .serverCertificate(let tag, _), .clientPrivateKey(let tag, _, _), .preSharedKey(let tag, _, _):
            tag
        case .config, .finished: nil
        }
    }

    public var description: String {
        secTag.map { "\(kind.rawValue)@\($0)" } ?? kind.rawValue
    }

    /// The value of `request`: an object whose one member is named like the kind.
    public var json: JSONValue {
        .object([kind.rawValue: .object(parameters)])
    }

    private var parameters: JSONObject {
        var object = JSONObject()
        if let secTag {
            object["secTag"] = .integer(Int64(secTag.rawValue))
        }
        switch self {
        case .clientPrivateKeyGeneration, .cloudAccessKeyGeneration, .finished: break
        case .certificateSigningRequest(_, let attributes, let keyUsage):
            object["attributes"] = attributes.map { .string($0) }
            object["keyUsage"] = keyUsage.map { .string($0.description) }
        case .clientCertificate(_, let content), .serverCertificate(_, let content):
            object["content"] = .string(content)
        case .clientPrivateKey(_, let content, let password):
            object["content"] = .string(content)
            object["password"] = password.map { .string($0) }
        case .preSharedKey(_, let identity, let secret):
            object["identity"] = .string(identity)
            object["secret"] = .string(secret)
        case .config(let settings):
            let pairs = settings.map { (name: $0.key, value: JSONValue.string($0.value)) }
            object["properties"] = .object(JSONObject(pairs))
        }
        return object
    }
}

/// One key and its value, as the device stores them.
public struct ConfigurationSetting: Sendable, Equatable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
