import Diagnostics
import InputOutput
import Intake
import JSON

/// One line of JSON Lines.
enum JSONLine {
    /// Throws `json` for anything but one JSON text, and for a line that the reader had to cut.
    static func parse(_ text: ArraySlice<UInt8>) throws(ToolError) -> JSONValue {
        guard text.count <= LineChunkReader.lineLimit else {
            throw ToolError(.json, "expected lines of at most \(LineChunkReader.lineLimit) bytes")
        }
        do {
            return try JSONValue(parsing: text)
        } catch {
            let place = error.line > 0 ? " (column \(error.column))" : ""
            throw ToolError(
                error.toolError.code, error.message + place,
                hint: goesOn(text) ? "one record stands on one line: jq -c . FILE rewrites it so" : nil)
        }
    }

    /// Whether it begins what is written over several lines.
    private static func goesOn(_ text: ArraySlice<UInt8>) -> Bool {
        ["{", "["].contains(String(decoding: text.trimmed, as: UTF8.self))
    }
}
