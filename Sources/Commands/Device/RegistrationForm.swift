import CSV
import DeviceIdentity
import InputOutput
import Intake

/// How an input of devices is written; the first line that shows it decides, as for every input.
enum RegistrationForm {
    /// CSV.
    case rows
    /// JSON Lines.
    case objects
    /// The log of a modem that told its identity.
    case log

    /// The form that the beginning of an input shows; `nil` while nothing shows it.
    static func detect(_ head: some Collection<UInt8>) -> RegistrationForm? {
        for line in head.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let text = Array(line)[...].trimmed
            if text.isEmpty { continue }
            if text.first == UInt8(ascii: "{") { return .objects }
            if CSVDelimiter(declaredBy: line) != nil { return .rows }
            if IdentityTranscript.isPart(text) { return .log }
            // What else a modem or a terminal says before its identity has commas too, but names no column.
            if LineCensus.isRow(text) || isHeader(text) { return .rows }
        }
        return nil
    }

    private static func isHeader(_ text: ArraySlice<UInt8>) -> Bool {
        text.split { ",;\t|".utf8.contains($0) }.contains { title in
            FieldName(title: title.trimmed.unquoted) == .uuid
        }
    }

    /// Whether the whole lines of a live source show the form.
    static func isDecided(_ bytes: [UInt8]) -> Bool {
        if bytes.count >= SourceReader.headSize { return true }
        guard let end = bytes.lastIndex(where: { $0 == 0x0a || $0 == 0x0d }) else { return false }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return detect(bytes[..<end].starts(with: mark) ? bytes[mark.count..<end] : bytes[..<end]) != nil
    }
}
