/// The help of a command as a terminal shows it: what it does in a paragraph, its examples, its options. The manual page,
/// which is made from the same definition, has the rest.
struct HelpPage {
    private static let usage = "\n\nUSAGE: "
    private static let examples = "EXAMPLES"

    private let text: String

    /// - Parameter text: the parser's, with the whole of the discussion.
    init(_ text: String) { self.text = text }

    var brief: String {
        guard let split = text.firstRange(of: Self.usage) else { return text }
        let paragraphs = Self.paragraphs(of: text[..<split.lowerBound])
        let options =
            "\n\n" + Self.ordered(Self.paragraphs(of: text[split.lowerBound...])).joined(separator: "\n\n")
            + "\n"
        let beginning = paragraphs.prefix { $0.hasPrefix("OVERVIEW:") || $0 == paragraphs.dropFirst().first }
        let rest = paragraphs.dropFirst(beginning.count)
        let examples = rest.drop { !$0.hasPrefix(Self.examples) }
        // A short list that introduces the options is no more than they are.
        guard rest.count > examples.count, let page = Self.page(options) else {
            return paragraphs.joined(separator: "\n\n") + options
        }
        return (beginning + ["man \(page) says more."] + examples).joined(separator: "\n\n") + options
    }

    /// The headings of options in the order of how often they are wanted; the parser puts a verb's own options last.
    private static let headings = [
        "USAGE:", "ARGUMENTS:", "OPTIONS:", "INPUT OPTIONS:", "OUTPUT OPTIONS:", "KEY OPTIONS:",
        "SERVICE OPTIONS:",
        "PASSPHRASE OPTIONS:", "FURTHER OPTIONS:",
    ]

    private static func ordered(_ sections: [String]) -> [String] {
        func place(_ section: String) -> Int {
            headings.firstIndex { section.hasPrefix($0) } ?? headings.count
        }
        return sections.enumerated().sorted {
            (place($0.element), $0.offset) < (place($1.element), $1.offset)
        }
        .map(\.element)
    }

    private static func paragraphs(of text: Substring) -> [String] {
        var paragraphs: [[Substring]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { paragraphs.append([]) } else { paragraphs[paragraphs.count - 1].append(line) }
        }
        return paragraphs.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
    }

    /// `assay-ca-issue`, by the line that begins with `USAGE:`.
    private static func page(_ options: String) -> String? {
        let words = options.dropFirst(usage.count).prefix { $0 != "\n" }.split(separator: " ")
            .prefix { $0.first?.isLetter == true }
        return words.isEmpty ? nil : words.joined(separator: "-")
    }
}
