extension JSONWriter {
    /// A value that was read or built as a tree, in compact form.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let number): raw(number.text.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements {
                self.value(element)
            }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }
}

extension JSONValue {
    /// Compact UTF-8 text on one line, without a line feed at its end.
    public func compact() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// UTF-8 text for people: two spaces for each level, without a line feed at its end.
    ///
    /// - Parameter width: arrays and objects whose compact text is no longer than this stand on one line.
    public func indented(width: Int = 0) -> [UInt8] {
        var output: [UInt8] = []
        appendIndented(to: &output, level: 0, width)
        return output
    }

    private func appendIndented(to output: inout [UInt8], level: Int, _ width: Int) {
        if width > 0 {
            let line = compact()
            if line.count <= width { return output.append(contentsOf: line) }
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            output.append(Byte.openBracket)
            for (index, element) in elements.enumerated() {
                Self.startLine(in: &output, level: level + 1, after: index > 0)
                element.appendIndented(to: &output, level: level + 1, width)
            }
            Self.startLine(in: &output, level: level, after: false)
            output.append(Byte.closeBracket)
        case .object(let object) where !object.members.isEmpty:
            output.append(Byte.openBrace)
            for (index, member) in object.members.enumerated() {
                Self.startLine(in: &output, level: level + 1, after: index > 0)
                output += JSONValue.string(member.name).compact()
                output.append(Byte.colon)
                output.append(Byte.space)
                member.value.appendIndented(to: &output, level: level + 1, width)
            }
            Self.startLine(in: &output, level: level, after: false)
            output.append(Byte.closeBrace)
        default:
            output += compact()
        }
    }

    private static func startLine(in output: inout [UInt8], level: Int, after hasSibling: Bool) {
        if hasSibling {
            output.append(Byte.comma)
        }
        output.append(Byte.lineFeed)
        output.append(contentsOf: repeatElement(Byte.space, count: 2 * level))
    }
}
