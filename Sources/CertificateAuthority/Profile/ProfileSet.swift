public import Diagnostics
import JSON
import PKIX

/// The profiles of a CA by their names: those of its `profiles.json`, or the built-in ones.
public struct ProfileSet: Sendable {
    /// The value of `schema` in a document.
    public static let schema = "assay.profiles/1"
    /// The most profiles in a document.
    static let maximumCount = 64

    private let profiles: [String: CertificateProfile]
    /// Where they come from, for messages.
    public let origin: String

    /// The profiles that a new CA's `profiles.json` is written with.
    public static let standard = ProfileSet(
        [.device, .deviceMinimal, .operator, .intermediate], origin: "the built-in profiles")

    /// What a CA has whose folder an earlier version made, without a `profiles.json`.
    public static let withoutFile = ProfileSet(
        [.deviceOfEarlierVersions], origin: "the CA's folder, which has no profiles.json")

    /// What is assumed of a CA of which the certificate is all that is known.
    public static let ofCertificate = ProfileSet(
        [.deviceOfEarlierVersions, .deviceMinimal, .operator, .intermediate], origin: "the built-in profiles")

    /// The profiles that the `profiles.json` of an adopted CA is written with: its certificates end with it, because its
    /// end was not chosen with these profiles in mind.
    public static let adopted = ProfileSet(
        [CertificateProfile.device, .deviceMinimal, .operator, .intermediate].map { $0.endingWithIssuer },
        origin: "the built-in profiles")

    private init(_ profiles: [CertificateProfile], origin: String, isFromDocument: Bool = false) {
        self.isFromDocument = isFromDocument
        self.profiles = Dictionary(profiles.map { ($0.name, $0) }) { first, _ in first }
        self.origin = origin
    }

    /// Reads a document.
    ///
    /// Unknown members are refused, and so is a profile whose certificates would break a rule of RFC 5280.
    ///
    /// - Parameters:
    ///   - bytes: the text, JSON.
    ///   - origin: where it comes from, for messages.
    /// - Throws: ``ToolError`` with code `profile`; the message begins with the path in the document, and `line` is
    ///   among the facts.
    public init(parsing bytes: [UInt8], origin: String) throws(ToolError) {
        let value: JSONValue
        do {
            value = try JSONValue(
                parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 16, values: 20_000))
        } catch {
            throw ToolError(
                .profile, error.message, context: error.line > 0 ? [.init("line", "\(error.line)")] : [])
        }
        let root = JSONNode(value, code: .profile, text: bytes)
        try root.allowOnly(["schema", "profiles"])
        let schema = try root.member("schema")
        guard try schema.string() == Self.schema else { throw schema.error("expected \"\(Self.schema)\"") }
        let list = try root.member("profiles")
        let members = try list.members()
        guard 1...Self.maximumCount ~= members.count else {
            throw list.error("expected 1…\(Self.maximumCount) profiles, found \(members.count)")
        }
        var profiles: [CertificateProfile] = []
        for member in members {
            let profile = try ProfileReader.read(member.node, name: member.name)
            if let finding = ProfileCheck.finding(of: profile) {
                let rule = "\(finding.rule.reference), \(finding.rule.code)"
                throw member.node.error("its certificates break a rule (\(rule)): \(finding.message)")
            }
            profiles.append(profile)
        }
        self.init(profiles, origin: origin, isFromDocument: true)
    }

    /// Whether they were read from a document.
    public let isFromDocument: Bool

    /// All names in order.
    public var names: [String] { profiles.keys.sorted() }

    /// All profiles in the order of their names.
    public var all: [CertificateProfile] { names.compactMap { profiles[$0] } }

    /// The profile of this name; nil if there is none.
    public subscript(name: String) -> CertificateProfile? { profiles[name] }

    /// The profile of this name.
    ///
    /// - Throws: ``ToolError`` with code `profile`.
    public func named(_ name: String) throws(ToolError) -> CertificateProfile {
        guard let profile = profiles[name] else {
            throw ToolError(
                .profile,
                "unknown profile '\(name.escapedForTerminal)', expected one of \(origin): "
                    + names.joined(separator: ", "))
        }
        return profile
    }
}
