import CJansson

extension JSONValue {
    /// Reads one JSON text by RFC 8259: strict UTF-8, no duplicate names, nothing after the value.
    ///
    /// Refused on purpose although parsers differ: a byte order mark, lone surrogates, NaN and Infinity.
    /// Numbers are never rounded: what is not a 64-bit integer keeps its text (``JSONNumber``).
    public init(parsing text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: text[...], limits: limits)
    }

    /// Reads one JSON text in the middle of a buffer; positions in errors count from its start.
    public init(parsing text: ArraySlice<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        self = try text.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try JSONReader.read(buffer, limits: limits)
        }
    }
}

/// jansson after the pre-scan. No `json_t *` outlives `read`: the tree is copied and freed.
private struct JSONReader {
    private let source: UnsafeBufferPointer<UInt8>
    private let scan: JSONPrescan
    private let mask: JSONMask?
    private var numberCount = 0
    private var keptCount = 0

    static func read(
        _ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits
    ) throws(JSONError) -> JSONValue {
        if text.starts(with: [0xef, 0xbb, 0xbf]) {
            throw JSONPrescan.error(.syntax, "expected JSON, found a byte order mark", text, at: 0)
        }
        let scan = try JSONPrescan(text, limits: limits)
        guard !scan.keptNumbers.isEmpty || !scan.nulEscapes.isEmpty else {
            var reader = JSONReader(source: text, scan: scan, mask: nil)
            return try reader.parse(text)
        }
        let mask = try JSONMask(text, scan)
        var reader = JSONReader(source: text, scan: scan, mask: mask)
        return try mask.bytes.withUnsafeBufferPointer { (masked) throws(JSONError) in
            try reader.parse(masked)
        }
    }

    private init(source: UnsafeBufferPointer<UInt8>, scan: JSONPrescan, mask: JSONMask?) {
        self.source = source
        self.scan = scan
        self.mask = mask
    }

    private mutating func parse(_ text: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSONValue {
        guard let base = text.baseAddress, !text.isEmpty else {
            throw JSONPrescan.error(.incomplete, "expected a JSON value, found nothing", source, at: 0)
        }
        var error = json_error_t()
        let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY
        let loaded = base.withMemoryRebound(to: CChar.self, capacity: text.count) {
            json_loadb($0, text.count, Int(flags), &error)
        }
        guard let root = loaded else { throw describe(error) }
        defer { json_decref(root) }
        return try copy(root)
    }

    // MARK: Copying

    private mutating func copy(_ node: UnsafeMutablePointer<json_t>) throws(JSONError) -> JSONValue {
        switch assay_json_type(node) {
        case JSON_NULL: return .null
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_INTEGER: return try number(json_integer_value(node))
        case JSON_STRING:
            return .string(string(json_string_value(node), json_string_length(node)))
        case JSON_ARRAY:
            var elements: [JSONValue] = []
            elements.reserveCapacity(json_array_size(node))
            for index in 0..<json_array_size(node) {
                guard let element = json_array_get(node, index) else { throw contradiction() }
                elements.append(try copy(element))
            }
            return .array(elements)
        case JSON_OBJECT: return .object(try object(node))
        default:
            // Reals are masked, so jansson never sees one.
            throw contradiction()
        }
    }

    /// jansson iterates in insertion order, which is document order because duplicates are refused.
    private mutating func object(_ node: UnsafeMutablePointer<json_t>) throws(JSONError) -> JSONObject {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(json_object_size(node))
        var iterator = json_object_iter(node)
        while let current = iterator {
            guard let value = json_object_iter_value(current) else { throw contradiction() }
            let name = string(json_object_iter_key(current), json_object_iter_key_len(current))
            members.append(JSONObject.Member(name, try copy(value)))
            iterator = json_object_iter_next(node, current)
        }
        return JSONObject(distinct: members)
    }

    private mutating func number(_ value: Int64) throws(JSONError) -> JSONValue {
        defer { numberCount += 1 }
        guard keptCount < scan.keptNumbers.count, scan.keptNumbers[keptCount].ordinal == numberCount else {
            return .integer(value)
        }
        guard value == 0 else { throw contradiction() }
        let range = scan.keptNumbers[keptCount].range
        keptCount += 1
        return .number(JSONNumber(checked: String(decoding: source[range], as: UTF8.self)))
    }

    private func string(_ text: UnsafePointer<CChar>?, _ length: Int) -> String {
        guard let text else { return "" }
        let buffer = UnsafeRawBufferPointer(start: text, count: length)
        let decoded = String(decoding: buffer, as: UTF8.self)
        return mask?.unmask(decoded) ?? decoded
    }

    // MARK: Errors

    private func contradiction() -> JSONError {
        JSONPrescan.error(.internalFault, "the two passes over a JSON text disagree", source, at: 0)
    }

    /// jansson's error in our words, without the piece of input that its own text quotes.
    private func describe(_ error: json_error_t) -> JSONError {
        var error = error
        let code = json_error_code(UInt32(assay_json_error_code(&error)))
        let (reason, message): (JSONError.Reason, String) =
            switch code {
            case json_error_duplicate_key: (.duplicateName, "expected distinct member names, found one twice")
            case json_error_invalid_utf8: (.invalidUTF8, "expected UTF-8, found other bytes")
            case json_error_premature_end_of_input:
                (.incomplete, "expected the rest of a JSON value, found the end")
            case json_error_end_of_input_expected:
                (.trailingData, "expected the end after the JSON value, found more")
            case json_error_out_of_memory: (.internalFault, "not enough memory for a JSON text")
            case json_error_stack_overflow: (.tooDeep, "expected less nesting")
            default: (.syntax, Self.syntaxMessage(error))
            }
        return JSONError(
            reason: reason, message: message, line: max(1, Int(error.line)),
            column: max(1, Int(error.column)), byteOffset: max(0, Int(error.position)))
    }

    private static func syntaxMessage(_ error: json_error_t) -> String {
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let messages = [
            ("string or '}' expected", "expected a member name or '}'"),
            ("':' expected", "expected ':' after a member name"),
            ("'}' expected", "expected ',' or '}' after a member"),
            ("']' expected", "expected ',' or ']' after an element"),
            ("control character", "expected no control character in a string, found one unescaped"),
            ("unexpected newline", "expected the end of a string, found the end of the line"),
            ("invalid escape", "expected a JSON escape after '\\', found another character"),
            ("invalid Unicode", "expected a Unicode escape with surrogates in pairs, found another"),
            ("invalid token", "expected a JSON value, found something else"),
            ("unexpected token", "expected a JSON value, found something else"),
        ]
        return messages.first { text.hasPrefix($0.0) }?.1 ?? "expected JSON by RFC 8259, found something else"
    }
}
