public import Diagnostics

/// The key usage a device puts into its CSR: nine characters 0 or 1, the bits of RFC 5280 section 4.2.1.3
/// from digitalSignature to decipherOnly.
public struct CSRKeyUsage: Hashable, Sendable, CustomStringConvertible {
    /// digitalSignature, keyEncipherment and keyAgreement: what the nRF Cloud utilities ask for.
    public static let standard = CSRKeyUsage(checked: "101010000")

    /// The nine characters.
    public let description: String

    /// The usage from its nine characters; throws `command` otherwise.
    public init(text: String) throws(ToolError) {
        let isBinary = text.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
        guard text.utf8.count == 9, isBinary else {
            let found = Shown.text(text)
            throw ToolError(.command, "expected a key usage of nine characters 0 or 1, found \(found)")
        }
        self.init(checked: text)
    }

    private init(checked text: String) {
        description = text
    }
}

/// Text from outside, short and harmless enough for a message.
enum Shown {
    static func text(_ text: String) -> String {
        let length = text.unicodeScalars.count
        return length > 64 ? "\(length) characters" : "'\(text.escapedForTerminal)'"
    }
}
