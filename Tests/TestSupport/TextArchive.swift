import Foundation

/// A text archive: a comment, then files, each after a line `-- name --`.
///
/// The form of Go's txtar, so that editors and people who know it need nothing new.
public struct TextArchive: Equatable, Sendable {
    /// One file of the archive.
    public struct File: Equatable, Sendable {
        public let name: String
        public var text: String

        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// Everything above the first file: in a script, its commands.
    public var comment: String
    public var files: [File]

    public init(comment: String, files: [File]) {
        self.comment = comment
        self.files = files
    }

    /// Reads an archive; any text is one, and a last line without an end gets it.
    public init(_ text: String) {
        var comment = ""
        var files: [File] = []
        let whole = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
        for line in whole.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let name = Self.fileName(in: line) {
                files.append(File(name: name, text: ""))
            } else if files.isEmpty {
                comment += line + "\n"
            } else {
                files[files.count - 1].text += line + "\n"
            }
        }
        self.init(comment: comment, files: files)
    }

    /// The archive as text again.
    public var text: String {
        files.reduce(comment) { $0 + "-- \($1.name) --\n" + $1.text }
    }

    private static func fileName(in line: Substring) -> String? {
        guard line.hasPrefix("-- "), line.hasSuffix(" --"), line.count > 6 else { return nil }
        let name = line.dropFirst(3).dropLast(3).trimmingCharacters(in: .whitespaces)
        return name.isEmpty ? nil : name
    }
}
