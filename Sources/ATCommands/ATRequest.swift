// Module ATCommands: what a bench says to a modem and what it makes of the answers, as values without a line between
// them (AT command reference of the nRF91 Series; 3GPP TS 27.007 for what begins with +).

public import DeviceIdentity
public import Diagnostics

/// One AT command, and what its answer has to hold.
public struct ATRequest: Sendable, Equatable {
    /// The lines of information that stand before `OK`.
    public enum Information: Sendable, Equatable {
        case none
        /// One that begins so.
        case one(prefix: String)
        /// One that begins so, or holds the value alone.
        case value(prefix: String)
        /// Any number, each beginning so.
        case list(prefix: String)
        /// One that begins with nothing in particular, such as a version.
        case bare
    }

    /// The whole command: `AT%CMNG=1,7`. May hold a secret.
    public let text: String
    /// The command without what follows `=`, for messages.
    public let name: String
    public let information: Information

    init(_ name: String, _ rest: String = "", _ information: Information = .none) {
        self.name = name
        text = name + rest
        self.information = information
    }

    // MARK: The state of the modem

    /// Asks whether somebody is there.
    public static let attention = ATRequest("AT")
    /// Numbers in place of a bare `ERROR`.
    public static let reportErrors = ATRequest("AT+CMEE", "=1")
    public static let functionMode = ATRequest("AT+CFUN", "?", .one(prefix: "+CFUN:"))

    /// - Parameter mode: 0 off, 1 on line, 4 off line (3GPP TS 27.007 section 8.2).
    public static func setFunctionMode(_ mode: UInt32) -> ATRequest { ATRequest("AT+CFUN", "=\(mode)") }

    public static let imei = ATRequest("AT+CGSN", "=1", .one(prefix: "+CGSN:"))
    public static let firmware = ATRequest("AT+CGMR", "", .bare)
    /// Firmware before 1.3 does not know it.
    public static let deviceUUID = ATRequest("AT%DEVICEUUID", "", .value(prefix: "%DEVICEUUID:"))

    // MARK: Tokens and keys

    /// - Parameter nonce: 16 bytes; the modem takes its own without them.
    public static func attestationToken(nonce: [UInt8]? = nil) -> ATRequest {
        ATRequest(
            "AT%ATTESTTOKEN", nonce.map { "=\"\(Hex.encode($0))\"" } ?? "", .one(prefix: "%ATTESTTOKEN:"))
    }

    /// A new client key under `tag`, and its request or its public key.
    ///
    /// - Parameters:
    ///   - attributes: of the request's subject: `CN=sensor-7,O=Example`; the device's UUID without them.
    ///   - usage: nine characters 0 or 1, the bits of RFC 5280 section 4.2.1.3 from the first.
    /// - Throws: ``ToolError`` with code `usage` for text that cannot stand in a command.
    public static func generateKey(
        under tag: SecTag, isPublicKeyAlone: Bool = false, attributes: String? = nil, usage: String? = nil
    ) throws(ToolError) -> ATRequest {
        for text in [attributes, usage].compactMap({ $0 }) { try demandSpeakable(text) }
        var rest = "=\(tag),2,\(isPublicKeyAlone ? 1 : 0)"
        if let attributes { rest += ",\"\(attributes)\"" }
        // An empty text would be attributes without a name.
        if let usage { rest += (attributes == nil ? "," : "") + ",\"\(usage)\"" }
        return ATRequest("AT%KEYGEN", rest, .one(prefix: "%KEYGEN:"))
    }

    // MARK: Credentials

    /// The credentials of all tags, or of one.
    public static func listCredentials(under tag: SecTag? = nil) -> ATRequest {
        ATRequest("AT%CMNG", "=1" + (tag.map { ",\($0)" } ?? ""), .list(prefix: "%CMNG:"))
    }

    /// - Parameter content: PEM with LF line ends, hexadecimal digits of a pre-shared key, or its identity.
    /// - Throws: ``ToolError`` with code `usage` for text that cannot stand in a command.
    public static func writeCredential(
        _ kind: CredentialKind, under tag: SecTag, _ content: String
    ) throws(ToolError) -> ATRequest {
        try demandSpeakable(content, allowsLineFeeds: true)
        return ATRequest("AT%CMNG", "=0,\(tag),\(kind.rawValue),\"\(content)\"")
    }

    public static func deleteCredential(_ kind: CredentialKind, under tag: SecTag) -> ATRequest {
        ATRequest("AT%CMNG", "=3,\(tag),\(kind.rawValue)")
    }

    /// In a command nothing can be escaped: a quotation mark ends the text, an apostrophe the argument of a shell.
    private static func demandSpeakable(_ text: String, allowsLineFeeds: Bool = false) throws(ToolError) {
        let isSpeakable = text.utf8.allSatisfy { octet in
            octet == UInt8(ascii: "\n")
                ? allowsLineFeeds
                : 0x20...0x7e ~= octet
                    && ![UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\")].contains(octet)
        }
        guard isSpeakable else {
            throw ToolError(
                .usage,
                "expected printable ASCII without quotation marks, apostrophes and backslashes for an AT command, "
                    + "found something else")
        }
    }
}
