import CommandLineSupport
import Diagnostics
package import JSON
import ProvisioningAPI

/// What an answer says in words that may be told and kept: no credential is in them, whatever the service echoes.
package enum AnswerText {
    private static let longest = 300
    private static let longestID = 200
    static let limits = JSONLimits(depth: 32, values: 200_000)

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
        try? JSONValue(parsing: answer.body, limits: limits)
    }

    /// A text of the service without credentials, and cut.
    package static func cut(_ text: String) -> String {
        let text = Withholding.withheld(text)
        return text.unicodeScalars.count <= longest
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest))) + "…"
    }

    /// What a service shows of something, without the credentials that it may have put anywhere in it.
    package static func shown(_ json: JSONValue) -> JSONValue { json.mapped(Withholding.withheld) }

    /// The id that a service gave to something; `nil` for what is none: it is kept, printed and put into paths.
    package static func id(_ json: JSONValue?) -> String? {
        guard let text = json?.stringValue, 1...longestID ~= text.utf8.count,
            text.unicodeScalars.allSatisfy({
                !$0.properties.isWhitespace && $0.value >= 0x20 && $0.value != 0x7f
            }), !CredentialShape.isIn(text)
        else { return nil }
        return text
    }
}
