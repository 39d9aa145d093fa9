import DeviceIdentity

/// The parameters of an AT command line: fields between commas, texts between quotation marks.
struct ATParameters {
    struct Field: Equatable {
        let text: String
        let isQuoted: Bool
    }

    let fields: [Field]

    /// - Throws: `badParameters` for a quotation mark that is not closed or stands inside a field.
    init(_ text: String) throws(ModemError) {
        let quote = UInt8(ascii: "\"")
        var isOpen = false
        let pieces = text.utf8.split(omittingEmptySubsequences: false) { byte in
            if byte == quote { isOpen.toggle() }
            return byte == UInt8(ascii: ",") && !isOpen
        }
        guard !isOpen else { throw .badParameters }
        var fields: [Field] = []
        for piece in pieces {
            let isQuoted = piece.first == quote
            guard !isQuoted || (piece.count >= 2 && piece.last == quote) else { throw .badParameters }
            let inside = isQuoted ? piece.dropFirst().dropLast() : piece
            guard !inside.contains(quote) else { throw .badParameters }
            fields.append(Field(text: String(decoding: inside, as: UTF8.self), isQuoted: isQuoted))
        }
        self.fields = fields
    }

    var count: Int { fields.count }

    /// The number in a field; `nil` for a field that is not there or empty.
    func number(_ place: Int) throws(ModemError) -> UInt32? {
        guard fields.indices.contains(place), !fields[place].text.isEmpty else { return nil }
        let field = fields[place]
        let isDecimal = field.text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        guard !field.isQuoted, isDecimal, let value = UInt32(field.text) else { throw .badParameters }
        return value
    }

    /// The text in a field; `nil` for a field that is not there or empty without quotation marks.
    func text(_ place: Int) throws(ModemError) -> String? {
        guard fields.indices.contains(place) else { return nil }
        let field = fields[place]
        if field.isQuoted { return field.text }
        guard field.text.isEmpty else { throw .badParameters }
        return nil
    }
}
