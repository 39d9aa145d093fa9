/// The kinds of documents that labels are written as.
public enum LabelFormat: String, Sendable, CaseIterable {
    /// One label, for printers that draw.
    case svg
    /// One label, as a picture.
    case png
    /// Sheets of A4 with labels in cells.
    case pdf

    /// The format that the end of a file's name says; nil for others.
    public init?(fileName: String) {
        guard let dot = fileName.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        self.init(rawValue: fileName[fileName.index(after: dot)...].lowercased())
    }
}
