import ArgumentParser
import CommandLineSupport
import Diagnostics
import InputOutput
import JSON
import PKIX

/// `assay explain`
struct Explain: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Describe a reason code: what it means, usual causes, what to do.",
        discussion: """
            The codes are those of errors and of the failures of results, those of the findings of assay cert lint and \
            the warnings of assay cert verify, and the numbers of +CME ERROR that modems answer. Without a code it lists \
            all of them.

            EXAMPLES

              assay explain signature
              assay explain 518
              assay explain +CME ERROR: 518
            """)

    @Argument(
        help: .init(
            "Reason codes, as in a result's failures or in an error, codes of findings, or the number of a +CME ERROR.",
            valueName: "code"), completion: .list(ErrorCode.allCases.map(\.rawValue)))
    var code: [String] = []

    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let codes = try chosen()
        var bytes: [UInt8] = []
        for (number, entry) in codes.enumerated() {
            if output.json {
                bytes += json(entry)
            } else if code.isEmpty {
                bytes += line(entry)
            } else {
                if number > 0 { bytes.append(UInt8(ascii: "\n")) }
                bytes += page(entry)
            }
        }
        try StandardStream.output().write(bytes)
        return .done
    }

    private func chosen() throws(ToolError) -> [Entry] {
        guard !code.isEmpty else { return Entry.all }
        // A modem's answer has blanks, and few put it in quotes.
        let whole = code.joined(separator: " ")
        if Entry.modemNumber(whole) != nil { return [try Self.entry(whole)] }
        return try code.map { code throws(ToolError) in try Self.entry(code) }
    }

    private static func entry(_ text: String) throws(ToolError) -> Entry {
        let all = Entry.all
        if let known = all.first(where: { $0.code == text.lowercased() }) { return known }
        if let number = Entry.modemNumber(text) {
            if let explanation = CMEError.explanation(number) { return .modem(number, explanation) }
            throw ToolError(
                .usage, "unknown number \(number) of +CME ERROR",
                hint:
                    "the AT command reference of the modem's firmware may have it; assay explain lists those known here"
            )
        }
        let near = Resemblance.nearest(text, among: all.map(\.code))
        throw ToolError(
            .usage, "unknown reason code '\(text.escapedForTerminal)'",
            hint: "\(near.map { "did you mean \($0)? " } ?? "")assay explain lists them all")
    }

    private func line(_ entry: Entry) -> [UInt8] {
        let padding = String(repeating: " ", count: max(22 - entry.code.utf8.count, 1))
        return Array("\(entry.code)\(padding)\(entry.explanation.meaning)\n".utf8)
    }

    private func page(_ entry: Entry) -> [UInt8] {
        let explanation = entry.explanation
        var text = "\(entry.code): \(explanation.meaning)\n\nUsual causes:\n"
        for cause in explanation.causes { text += "  - \(cause)\n" }
        text += "\nWhat to do: \(explanation.remedy)\n"
        if let status = entry.exitStatus, let name = entry.statusName {
            text += "\n\(name): \(status.rawValue)\n"
        }
        return Array(text.utf8)
    }

    private func json(_ entry: Entry) -> [UInt8] {
        let explanation = entry.explanation
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.explanation/1")
        writer.member("code", entry.code)
        writer.member("meaning", explanation.meaning)
        writer.key("causes")
        writer.beginArray()
        for cause in explanation.causes { writer.string(cause) }
        writer.endArray()
        writer.member("remedy", explanation.remedy)
        if let status = entry.exitStatus {
            writer.member("exitStatus", Int64(status.rawValue))
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}

extension Explain {
    /// One code with what there is to say of it.
    enum Entry {
        case reason(ErrorCode)
        case rule(LintRule)
        /// A number of a modem's `+CME ERROR`, one that is known.
        case modem(UInt32, Explanation)

        /// All codes that the program prints.
        static var all: [Entry] {
            ErrorCode.allCases.map(Entry.reason) + LintRule.explained.map(Entry.rule)
                + CMEError.known.compactMap { number in
                    CMEError.explanation(number).map { .modem(number, $0) }
                }
        }

        /// The number in `518`, `cme-518`, `CME ERROR 518` and `+CME ERROR: 518`; nil for other texts.
        static func modemNumber(_ text: String) -> UInt32? {
            var rest = text.lowercased()[...]
            for word in ["cme", "error", ""] {
                rest = rest.drop { " +:-".contains($0) }
                if rest.hasPrefix(word) { rest.removeFirst(word.count) }
            }
            while rest.last == " " { rest.removeLast() }
            return rest.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? UInt32(rest) : nil
        }

        var code: String {
            switch self {
            case .reason(let code): code.rawValue
            case .rule(let rule): rule.code
            case .modem(let number, _): "cme-\(number)"
            }
        }

        var explanation: Explanation {
            switch self {
            case .reason(let code): code.explanation
            case .rule(let rule): rule.explanation
            case .modem(_, let explanation): explanation
            }
        }

        /// Of an error with the code; of `cert lint` for a certificate with this finding and no other, of `cert verify
        /// --strict` for a list; none for what a modem says.
        var exitStatus: ExitStatus? {
            switch self {
            case .reason(let code): code.exitStatus
            case .rule(let rule): rule.severity == .error ? .rejected : .done
            case .modem: nil
            }
        }

        var statusName: String? {
            switch self {
            case .reason: "Exit status as an error"
            case .rule(let rule):
                LintRule.revocationLists.contains(rule)
                    ? "Exit status of assay cert verify --strict" : "Exit status of assay cert lint"
            case .modem: nil
            }
        }
    }
}
