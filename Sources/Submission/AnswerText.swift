package import JSON
import ProvisioningAPI

/// What an answer says in words.
package enum AnswerText {
    private static let longest = 300

    /// The first of `message`, `detail` and `title`, else the text itself, cut to a length that can be read.
    package static func message(_ answer: ServiceAnswer) -> String {
        if let json = json(answer) {
            for name in [MemberName.message, MemberName.detail, MemberName.title] {
                if let text = json[name]?.stringValue, !text.isEmpty { return cut(text) }
            }
        }
        let text = String(decoding: answer.body.prefix(longest * 4), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "without a text" : cut(words)
    }

    /// The body as JSON; `nil` for anything else.
    package static func json(_ answer: ServiceAnswer) -> JSONValue? {
        try? JSONValue(parsing: answer.body, limits: JSONLimits(depth: 32, values: 200_000))
    }

    package static func cut(_ text: String) -> String {
        text.unicodeScalars.count <= longest
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest))) + "…"
    }
}
