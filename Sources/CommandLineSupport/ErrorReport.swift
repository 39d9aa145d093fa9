package import Diagnostics
import JSON

/// An error as standard error shows it: one `error` line, one `at` line for each fact, one `hint` line; or the same as
/// one JSON object.
package struct ErrorReport: Sendable {
    private let program: String
    private let json: Bool

    /// - Parameter program: the name that stands before each line.
    package init(program: String, json: Bool) {
        self.program = program
        self.json = json
    }

    /// What the error holds may come from anywhere: it is escaped, and credentials are withheld.
    package func bytes(of error: ToolError) -> [UInt8] {
        let message = Withholding.safe(error.message)
        let context = error.context.map { (name: $0.name, value: Withholding.safe($0.value)) }
        let hint = error.hint.map { Withholding.safe($0.commandLine) }
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("schema", "assay.error/1")
            writer.member("code", error.code.rawValue)
            writer.member("message", message)
            writer.key("context")
            writer.beginObject()
            for fact in context {
                writer.member(fact.name, fact.value)
            }
            writer.endObject()
            writer.member("hint", ifPresent: hint)
            writer.endObject()
            writer.newline()
            return writer.bytes
        }
        var text = "\(program): error: \(message)\n"
        for fact in context {
            text +=
                fact.name == "file"
                ? "\(program): at: \(fact.value)\n" : "\(program): at: \(fact.name) \(fact.value)\n"
        }
        if let hint { text += "\(program): hint: \(hint)\n" }
        return Array(text.utf8)
    }
}
