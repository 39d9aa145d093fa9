public import PKIX

/// A subject of fixed text and named fields, in the order of the certificate (most general first).
public struct SubjectTemplate: Sendable, Equatable {
    /// A piece of a value.
    public enum Part: Sendable, Equatable {
        case text(String)
        /// The device UUID, lower case 8-4-4-4-12.
        case deviceUUID
        /// The IMEI that came with the request, or the one of a common name `nrf-<IMEI>`.
        case imei
        /// The value of this attribute in the request's subject, which has it once.
        case requested(AttributeType)

        public static func == (left: Part, right: Part) -> Bool {
            switch (left, right) {
            case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
            case (.deviceUUID, .deviceUUID), (.imei, .imei): true
            case (.requested(let left), .requested(let right)): left.oid == right.oid
            default: false
            }
        }
    }

    /// One attribute of the subject.
    public struct Attribute: Sendable, Equatable {
        public let type: AttributeType
        public let parts: [Part]

        public static func == (left: Attribute, right: Attribute) -> Bool {
            left.type.oid == right.type.oid && left.parts == right.parts
        }
    }

    public let attributes: [Attribute]

    /// The names of the fields, as they stand in braces.
    static let fieldNames = ["deviceUuid", "imei", "csr.<attribute>"]

    /// Reads a value such as `nrf-{imei}`: text outside braces stands for itself.
    ///
    /// - Throws: ``FieldError`` for unknown fields and braces that are none.
    static func parts(_ value: String) throws(FieldError) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(value).unicodeScalars
        while !rest.isEmpty {
            let text = rest.prefix { $0 != "{" && $0 != "}" }
            if !text.isEmpty { parts.append(.text(String(Substring(text)))) }
            rest = rest.dropFirst(text.count)
            guard let brace = rest.popFirst() else { break }
            guard brace == "{", let end = rest.firstIndex(of: "}") else {
                throw FieldError(reason: "a brace that does not enclose a field")
            }
            parts.append(try part(named: String(Substring(rest[..<end]))))
            rest = rest[rest.index(after: end)...]
        }
        return parts
    }

    /// Why a value is not one with fields.
    struct FieldError: Error, Equatable {
        let reason: String
    }

    private static func part(named name: String) throws(FieldError) -> Part {
        switch name {
        case "deviceUuid": return .deviceUUID
        case "imei": return .imei
        default:
            guard name.hasPrefix("csr."), let type = AttributeType.named(String(name.dropFirst(4))) else {
                throw FieldError(reason: "an unknown field")
            }
            return .requested(type)
        }
    }

    /// The value as it is written in a file.
    static func text(_ parts: [Part]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .deviceUUID: "{deviceUuid}"
            case .imei: "{imei}"
            case .requested(let type): "{csr.\(type.name)}"
            }
        }.joined()
    }
}
