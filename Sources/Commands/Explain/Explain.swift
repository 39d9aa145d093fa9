import ArgumentParser
import Diagnostics
import InputOutput
import JSON

/// `assay explain`
struct Explain: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Describe a reason code: what it means, usual causes, what to do.",
        discussion: "Without a code it lists all of them with the exit status of an error of that kind.")

    @Argument(help: .init("A reason code, as in a result's failures or in an error.", valueName: "code"))
    var code: String?

    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let codes: [ErrorCode]
        if let code {
            guard let known = ErrorCode(rawValue: code) else {
                throw ToolError(
                    .usage, "unknown reason code '\(code.escapedForTerminal)'",
                    hint: "assay explain lists them all")
            }
            codes = [known]
        } else {
            codes = ErrorCode.allCases
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

    private func line(_ code: ErrorCode) -> [UInt8] {
        let padding = String(repeating: " ", count: max(22 - code.rawValue.utf8.count, 1))
        return Array("\(code.rawValue)\(padding)\(code.explanation.meaning)\n".utf8)
    }

    private func page(_ code: ErrorCode) -> [UInt8] {
        let explanation = code.explanation
        var text = "\(code.rawValue): \(explanation.meaning)\n\nUsual causes:\n"
        for cause in explanation.causes { text += "  - \(cause)\n" }
        text +=
            "\nWhat to do: \(explanation.remedy)\n\nExit status as an error: \(code.exitStatus.rawValue)\n"
        return Array(text.utf8)
    }

    private func json(_ code: ErrorCode) -> [UInt8] {
        let explanation = code.explanation
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.explanation/1")
        writer.key("code")
        writer.string(code.rawValue)
        writer.key("meaning")
        writer.string(explanation.meaning)
        writer.key("causes")
        writer.beginArray()
        for cause in explanation.causes { writer.string(cause) }
        writer.endArray()
        writer.key("remedy")
        writer.string(explanation.remedy)
        writer.key("exitStatus")
        writer.integer(Int64(code.exitStatus.rawValue))
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
