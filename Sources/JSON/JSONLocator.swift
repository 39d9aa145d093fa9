/// Finds where a value stands in a text that was read: errors about a document of a known shape name the line.
///
/// The text is JSON already, so that nothing is judged here; a path that is not in it is not found.
struct JSONLocator {
    private let text: [UInt8]
    private let target: JSONPath
    private var position = 0
    private var line = 1

    private init(_ text: [UInt8], _ target: JSONPath) {
        self.text = text
        self.target = target
    }

    /// The line, counted from 1, on which the member or element at `path` begins; a member begins with its name.
    static func line(of path: JSONPath, in text: [UInt8]) -> Int? {
        var locator = JSONLocator(text, path)
        locator.skipSpace()
        if path == .root { return locator.line }
        return locator.find(.root)
    }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    /// Walks the value at the current position, whose path is `path`; the depth of the text was bounded by the reader.
    private mutating func find(_ path: JSONPath) -> Int? {
        switch next {
        case Byte.openBrace: return findMember(path)
        case Byte.openBracket: return findElement(path)
        case Byte.quote: _ = string()
        default:
            while let byte = next, !Self.endsScalar(byte) { position += 1 }
        }
        return nil
    }

    private mutating func findMember(_ path: JSONPath) -> Int? {
        position += 1
        while true {
            skipSpace()
            guard next == Byte.quote else { break }
            let start = line
            guard let name = string() else { return nil }
            let member = path.appending(name)
            if member == target { return start }
            skipSpace()
            position += 1
            skipSpace()
            if let found = find(member) { return found }
            skipSpace()
            guard next == Byte.comma else { break }
            position += 1
        }
        position += 1
        return nil
    }

    private mutating func findElement(_ path: JSONPath) -> Int? {
        position += 1
        var index = 0
        while true {
            skipSpace()
            guard let byte = next, byte != Byte.closeBracket else { break }
            let element = path.appending(index)
            if element == target { return line }
            if let found = find(element) { return found }
            index += 1
            skipSpace()
            guard next == Byte.comma else { break }
            position += 1
        }
        position += 1
        return nil
    }

    /// Passes over the string that begins here and decodes it.
    private mutating func string() -> String? {
        let start = position
        position += 1
        while let byte = next, byte != Byte.quote { position += byte == Byte.backslash ? 2 : 1 }
        position = min(position + 1, text.count)
        return (try? JSONValue(parsing: text[start..<position]))?.stringValue
    }

    private mutating func skipSpace() {
        while let byte = next, [Byte.space, 0x09, Byte.lineFeed, 0x0d].contains(byte) {
            if byte == Byte.lineFeed { line += 1 }
            position += 1
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        [Byte.comma, Byte.closeBrace, Byte.closeBracket, Byte.space, 0x09, Byte.lineFeed, 0x0d].contains(byte)
    }
}
