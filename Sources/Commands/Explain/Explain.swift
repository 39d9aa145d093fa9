import ArgumentParser
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
            The codes are those of errors and of the failures of results, and those of the findings of assay cert lint and \
            the warnings of assay cert verify. Without a code it lists all of them.
            """)

    @Argument(
        help: .init(
            "A reason code, as in a result's failures or in an error, or the code of a finding.",
            valueName: "code"))
    var code: String?

    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let codes: [Entry]
        if let code {
            guard let known = Entry.all.first(where: { $0.code == code }) else {
                throw ToolError(
                    .usage, "unknown reason code '\(code.escapedForTerminal)'",
                    hint: "assay explain lists them all")
            }
            codes = [known]
        } else {
            codes = Entry.all
        }
        var bytes: [UInt8] = []
        for entry in codes {
            if output.json {
                bytes += json(entry)
            } else {
                bytes += code == nil ? line(entry) : page(entry)
            }
        }
        try StandardStream.output().write(bytes)
        return .done
    }

    private func line(_ entry: Entry) -> [UInt8] {
        let padding = String(repeating: " ", count: max(22 - entry.code.utf8.count, 1))
        return Array("\(entry.code)\(padding)\(entry.explanation.meaning)\n".utf8)
    }

    private func page(_ entry: Entry) -> [UInt8] {
        let explanation = entry.explanation
        var text = "\(entry.code): \(explanation.meaning)\n\nUsual causes:\n"
        for cause in explanation.causes { text += "  - \(cause)\n" }
        text += "\nWhat to do: \(explanation.remedy)\n\n\(entry.statusName): \(entry.exitStatus.rawValue)\n"
        return Array(text.utf8)
    }

    private func json(_ entry: Entry) -> [UInt8] {
        let explanation = entry.explanation
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.explanation/1")
        writer.key("code")
        writer.string(entry.code)
        writer.key("meaning")
        writer.string(explanation.meaning)
        writer.key("causes")
        writer.beginArray()
        for cause in explanation.causes { writer.string(cause) }
        writer.endArray()
        writer.key("remedy")
        writer.string(explanation.remedy)
        writer.key("exitStatus")
        writer.integer(Int64(entry.exitStatus.rawValue))
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

        /// All codes that the program prints.
        static var all: [Entry] { ErrorCode.allCases.map(Entry.reason) + LintRule.explained.map(Entry.rule) }

        var code: String {
            switch self {
            case .reason(let code): code.rawValue
            case .rule(let rule): rule.code
            }
        }

        var explanation: Explanation {
            switch self {
            case .reason(let code): code.explanation
            case .rule(let rule): rule.explanation
            }
        }

        /// Of an error with the code; of `cert lint` for a certificate with this finding and no other, of `cert verify
        /// --strict` for a list.
        var exitStatus: ExitStatus {
            switch self {
            case .reason(let code): code.exitStatus
            case .rule(let rule): rule.severity == .error ? .rejected : .done
            }
        }

        var statusName: String {
            switch self {
            case .reason: "Exit status as an error"
            case .rule(let rule):
                LintRule.revocationLists.contains(rule)
                    ? "Exit status of assay cert verify --strict" : "Exit status of assay cert lint"
            }
        }
    }
}
