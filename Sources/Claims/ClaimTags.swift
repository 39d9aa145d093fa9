import Diagnostics

/// The tags of a claim: provisioning groups, sent as one field with commas between them.
///
/// The service does not say which characters it allows. Refused is what cannot stand in the one field or cannot have
/// been meant; characters beyond those known to work are accepted and named (``unusual``).
public struct ClaimTags: Sendable, Equatable {
    /// The longest text of all tags together, in bytes.
    public static let limit = 4096

    /// The text of the field, as given.
    public let text: String
    /// The tags that hold characters outside `a-zA-Z0-9_.@:#=-`.
    public let unusual: [String]

    /// - Parameter text: tags with commas between them.
    public init(_ text: String) throws(ClaimFinding) {
        guard text.utf8.count <= Self.limit else {
            throw Self.finding("expected at most \(Self.limit) bytes of tags, found more", "use fewer tags")
        }
        let tags = text.split(separator: ",", omittingEmptySubsequences: false)
        for tag in tags { try Self.check(tag) }
        self.text = text
        unusual = tags.filter { !$0.utf8.allSatisfy(Self.isUsual) }.map(String.init)
    }

    private static func check(_ tag: Substring) throws(ClaimFinding) {
        guard let first = tag.unicodeScalars.first, let last = tag.unicodeScalars.last else {
            throw finding("expected a tag between commas, found nothing", "remove the comma too many")
        }
        for scalar in tag.unicodeScalars {
            if scalar == "\"" {
                throw finding("expected a tag without quotation marks, found one", "rename the tag")
            }
            if scalar == "\n" || scalar == "\r" {
                throw finding("expected a tag on one line, found a line end in it", "remove the line end")
            }
            if scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" {
                throw finding(
                    "expected a tag of printable characters, found a control character", "rename the tag")
            }
        }
        if first.properties.isWhitespace || last.properties.isWhitespace {
            throw finding(
                "expected no white space around a tag, found some", "remove it: the service keeps it")
        }
    }

    private static func finding(_ message: String, _ hint: Hint) -> ClaimFinding {
        ClaimFinding(.csv, message, field: .tags, hint: hint)
    }

    private static func isUsual(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "_.@:#=-".utf8.contains(byte)
        }
    }
}
