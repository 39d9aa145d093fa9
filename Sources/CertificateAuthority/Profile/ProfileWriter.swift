import DeviceIdentity
import JSON
import PKIX

extension ProfileSet {
    /// The document that reads as these profiles: JSON, indented, with a line feed at its end. The profiles stand in
    /// the order in which they are given by ``all``.
    public var document: [UInt8] {
        let members = all.map { (name: $0.name, value: JSONValue.object($0.json)) }
        let root = JSONValue.object([
            "schema": .string(Self.schema), "profiles": .object(JSONObject(members)),
        ])
        return root.indented(width: 90) + [0x0a]
    }
}

extension CertificateProfile {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        if let summary { object["description"] = .string(summary) }
        object["keys"] = keys.json
        object["signatureHash"] = .string(signatureHash.rawValue)
        object["subject"] = subject.json
        object["validity"] = .object([
            "days": validity.lifetime.json, "maximumDays": validity.maximum.json,
            "backdateSeconds": .integer(validity.backdate),
            "beyondIssuer": .string(validity.beyondIssuer.rawValue),
        ])
        object["extensions"] = extensionRule.json
        if let alternativeNames { object["subjectAltNames"] = alternativeNames.json }
        object["attestation"] = .string(attestation.rawValue)
        if simulatedDevices != .accept { object["simulatedDevices"] = .string(simulatedDevices.rawValue) }
        object["maximumPemBytes"] = .integer(Int64(maximumPEMLength))
        return object
    }
}

extension KeyRule {
    fileprivate var json: JSONValue {
        .array(
            KeyType.allCases.filter(types.contains).map { type in
                var object: JSONObject = ["type": .string(type.rawValue)]
                if type == .rsa {
                    object["minimumBits"] = .integer(Int64(rsaBits.lowerBound))
                    object["maximumBits"] = .integer(Int64(rsaBits.upperBound))
                }
                return .object(object)
            })
    }
}

extension Lifetime {
    fileprivate var json: JSONValue {
        switch self {
        case .days(let days): .integer(Int64(days))
        case .never: .string("never")
        }
    }
}

extension SubjectPolicy {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["from": .array(allowed.map { .string($0.rawValue) })]
        if let template {
            object["template"] = .array(
                template.attributes.map {
                    .object([
                        "type": .string($0.type.name), "value": .string(SubjectTemplate.text($0.parts)),
                    ])
                })
        }
        if let attributes { object["attributes"] = .array(attributes.map(\.json)) }
        return .object(object)
    }
}

extension AttributeRule {
    /// What is so by default is left out: a profile may name many attributes.
    fileprivate var json: JSONValue {
        var object: JSONObject = ["type": .string(type.name)]
        if isRequired { object["required"] = .bool(true) }
        if maximumCount != 1 { object["maximumCount"] = .integer(Int64(maximumCount)) }
        if length.lowerBound != 1 { object["minimumLength"] = .integer(Int64(length.lowerBound)) }
        if length.upperBound != type.maximum { object["maximumLength"] = .integer(Int64(length.upperBound)) }
        if characters != .any { object["characters"] = .string(characters.rawValue) }
        return .object(object)
    }
}

extension AlternativeNameRule {
    fileprivate var json: JSONValue {
        .object(["from": .string("request"), "allow": .array(allowances.map { .string($0.description) })])
    }
}

extension ExtensionRule {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        switch constraints {
        case .endEntity: object["basicConstraints"] = .object(["ca": .bool(false)])
        case .authority(let length, let maximum):
            var value: JSONObject = ["ca": .bool(true)]
            if let length { value["pathLength"] = .integer(Int64(length)) }
            value["maximumPathLength"] = maximum.map { .integer(Int64($0)) } ?? .string("unlimited")
            object["basicConstraints"] = .object(value)
        case nil: break
        }
        if let keyUsage { object["keyUsage"] = .array(keyUsage.names.map { .string($0) }) }
        if !purposes.isEmpty {
            object["extendedKeyUsage"] = .array(purposes.map { .string($0.keyPurposeName ?? $0.description) })
        }
        object["subjectAltName"] = .string(alternativeName.rawValue)
        object["subjectKeyIdentifier"] = .bool(hasSubjectKeyIdentifier)
        object["authorityKeyIdentifier"] = .bool(hasAuthorityKeyIdentifier)
        if !additional.isEmpty {
            object["additional"] = .array(
                additional.map {
                    .object([
                        "oid": .string($0.oid.description), "critical": .bool($0.isCritical),
                        "valueHex": .string(Hex.encode($0.value)),
                    ])
                })
        }
        return .object(object)
    }
}
