import DeviceIdentity
import Diagnostics
import JSON

/// Reads command bodies and collects everything that is wrong with their shape.
struct CommandDecoder {
    /// At most this many: a hostile document could otherwise make one for each of its bytes.
    static let maximumFindings = 1_000
    private(set) var findings: [BatchFinding] = []

    /// One body; nil when something needed is missing or wrong.
    mutating func command(_ value: JSONValue, path: JSONPath) -> ProvisioningCommand? {
        guard let body = object(value, path) else { return nil }
        refuseUnknown(in: body, path, except: ["description", "request"])
        let description = optionalString("description", of: body, path)
        guard let request = member("request", of: body, path) else { return nil }
        let requestPath = path.appending("request")
        guard let kinds = object(request, requestPath) else { return nil }
        guard let only = kinds.members.first, kinds.members.count == 1 else {
            report(.command, requestPath, "expected exactly one member, found \(kinds.members.count)")
            return nil
        }
        let kindPath = requestPath.appending(only.name)
        guard let kind = CommandRequest.Kind.allCases.first(where: { only.isNamed($0.rawValue) }) else {
            let known = CommandRequest.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            report(.command, kindPath, "unknown kind of command, expected one of \(known)")
            return nil
        }
        guard let parameters = object(only.value, kindPath) else { return nil }
        let decoded = self.request(kind, parameters, kindPath)
        return decoded.map { ProvisioningCommand($0, description: description) }
    }

    private mutating func request(
        _ kind: CommandRequest.Kind, _ object: JSONObject, _ path: JSONPath
    ) -> CommandRequest? {
        switch kind {
        case .finished:
            refuseUnknown(in: object, path, except: [])
            return .finished
        case .config: return config(object, path)
        case .clientPrivateKeyGeneration, .cloudAccessKeyGeneration:
            refuseUnknown(in: object, path, except: ["secTag"])
            guard let tag = secTag(of: object, path) else { return nil }
            return kind == .cloudAccessKeyGeneration
                ? .cloudAccessKeyGeneration(tag) : .clientPrivateKeyGeneration(tag)
        case .certificateSigningRequest: return signingRequest(object, path)
        case .clientCertificate, .serverCertificate:
            refuseUnknown(in: object, path, except: ["secTag", "content"])
            let tag = secTag(of: object, path)
            let content = string("content", of: object, path)
            guard let tag, let content else { return nil }
            return kind == .clientCertificate
                ? .clientCertificate(tag, content: content) : .serverCertificate(tag, content: content)
        case .clientPrivateKey:
            refuseUnknown(in: object, path, except: ["secTag", "content", "password"])
            let tag = secTag(of: object, path)
            let content = string("content", of: object, path)
            let password = optionalString("password", of: object, path)
            guard let tag, let content else { return nil }
            return .clientPrivateKey(tag, content: content, password: password)
        case .preSharedKey:
            refuseUnknown(in: object, path, except: ["secTag", "identity", "secret"])
            let tag = secTag(of: object, path)
            let identity = string("identity", of: object, path)
            let secret = string("secret", of: object, path)
            guard let tag, let identity, let secret else { return nil }
            return .preSharedKey(tag, identity: identity, secret: secret)
        }
    }

    private mutating func signingRequest(_ object: JSONObject, _ path: JSONPath) -> CommandRequest? {
        refuseUnknown(in: object, path, except: ["secTag", "attributes", "keyUsage"])
        let tag = secTag(of: object, path)
        let attributes = optionalString("attributes", of: object, path)
        let usageText = optionalString("keyUsage", of: object, path)
        var keyUsage: CSRKeyUsage?
        if let usageText {
            do throws(ToolError) {
                keyUsage = try CSRKeyUsage(text: usageText)
            } catch {
                report(error.code, path.appending("keyUsage"), error.message)
                // There was one, so that the check of the content does not miss it.
                keyUsage = .standard
            }
        }
        return tag.map { .certificateSigningRequest($0, attributes: attributes, keyUsage: keyUsage) }
    }

    private mutating func config(_ object: JSONObject, _ path: JSONPath) -> CommandRequest? {
        refuseUnknown(in: object, path, except: ["properties"])
        guard let value = member("properties", of: object, path) else { return nil }
        let path = path.appending("properties")
        guard let properties = self.object(value, path) else { return nil }
        var settings: [ConfigurationSetting] = []
        for property in properties.members {
            if case .string(let text) = property.value {
                settings.append(ConfigurationSetting(key: property.name, value: text))
            } else {
                let place = path.appending(property.name)
                report(.command, place, "expected a string, found \(property.value.kind)")
            }
        }
        return .config(settings)
    }

    // MARK: Members

    mutating func report(_ code: ErrorCode, _ path: JSONPath, _ message: String) {
        if findings.count < Self.maximumFindings {
            findings.append(BatchFinding(.error, code, path, message))
        }
    }

    mutating func object(_ value: JSONValue, _ path: JSONPath) -> JSONObject? {
        if case .object(let object) = value {
            return object
        }
        report(.command, path, "expected an object, found \(value.kind)")
        return nil
    }

    mutating func refuseUnknown(in object: JSONObject, _ path: JSONPath, except known: [String]) {
        for member in object.members where !known.contains(where: member.isNamed) {
            let expected = known.isEmpty ? "none" : known.joined(separator: ", ")
            report(.command, path.appending(member.name), "unknown member, expected \(expected)")
        }
    }

    mutating func member(_ name: String, of object: JSONObject, _ path: JSONPath) -> JSONValue? {
        if let value = object[name] {
            return value
        }
        report(.command, path.appending(name), "missing member")
        return nil
    }

    mutating func string(_ name: String, of object: JSONObject, _ path: JSONPath) -> String? {
        guard let value = member(name, of: object, path) else { return nil }
        if case .string(let text) = value {
            return text
        }
        report(.command, path.appending(name), "expected a string, found \(value.kind)")
        return nil
    }

    mutating func optionalString(_ name: String, of object: JSONObject, _ path: JSONPath) -> String? {
        object[name] == nil ? nil : string(name, of: object, path)
    }

    private mutating func secTag(of object: JSONObject, _ path: JSONPath) -> SecTag? {
        guard let value = member("secTag", of: object, path) else { return nil }
        let path = path.appending("secTag")
        let expected = "expected a security tag from 0 to \(SecTag.largestForApplications)"
        switch value {
        case .integer(let number):
            guard let tag = UInt32(exactly: number).map({ SecTag($0) }), !tag.isReservedForModem else {
                report(.secTag, path, "\(expected), found \(number)")
                return nil
            }
            return tag
        case .number: report(.secTag, path, "\(expected), found another number")
        default: report(.command, path, "\(expected), found \(value.kind)")
        }
        return nil
    }
}
