import CJansson

extension JSONValue {
    /// Reads one JSON text by RFC 8259: strict UTF-8, no duplicate names, nothing behind the value.
    ///
    /// Refused on purpose although parsers differ: a byte order mark, lone surrogates, NaN and Infinity.
    /// Numbers are never rounded: what is not a 64-bit integer keeps its text (``JSONNumber``).
    public init(parsing text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: text[...], limits: limits)
    }

    /// Reads one JSON text in the middle of a buffer; positions in errors count from its start.
    public init(parsing text: ArraySlice<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        self = try text.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try JSONTree.read(buffer, limits: limits, shapes: nil)
        }
    }
}

/// Reads many JSON texts of few shapes, by the same rules and with the same results as ``JSONValue/init(parsing:limits:)``.
///
/// jansson reads the outline of a text (``JSONPrescan``), and the texts that one kind of device writes mostly have
/// the same one. What jansson made of the last outlines is remembered, so that it need not read them again.
/// One per worker; not to be shared between threads.
public final class JSONReader {
    fileprivate struct Shape {
        let outline: [UInt8]
        /// A value with this outline.
        let example: JSONValue
    }

    /// Longer texts are not remembered, in bytes: memory does not depend on the input.
    fileprivate static let longestText = 4_096
    private static let shapeCount = 4

    private var shapes: [Shape] = []
    private var oldest = 0

    /// A reader that remembers nothing yet.
    public init() {}

    /// Reads one JSON text.
    public func read(_ text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try text.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try JSONTree.read(buffer, limits: limits, shapes: self)
        }
    }

    /// A value with exactly this outline, if one was read lately.
    fileprivate func example(of outline: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        for index in shapes.indices where shapes[index].outline.count == outline.count {
            let isSame = shapes[index].outline.withUnsafeBufferPointer { known in
                guard let known = known.baseAddress, let outline = outline.baseAddress else { return true }
                return memcmp(known, outline, shapes[index].outline.count) == 0
            }
            if isSame { return shapes[index].example }
        }
        return nil
    }

    fileprivate func remember(_ outline: UnsafeBufferPointer<UInt8>, _ value: JSONValue) {
        let shape = Shape(outline: Array(outline), example: value)
        if shapes.count < Self.shapeCount {
            shapes.append(shape)
        } else {
            shapes[oldest] = shape
            oldest = (oldest + 1) % Self.shapeCount
        }
    }
}

/// jansson behind the pre-scan. No `json_t *` outlives `read`: the tree is copied and freed.
private struct JSONTree {
    private let source: UnsafeBufferPointer<UInt8>
    private let scan: JSONPrescan
    private let mask: JSONMask?
    private let isOutline: Bool
    private var numberCount = 0
    private var textCount = 0

    static func read(
        _ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits, shapes: JSONReader?
    ) throws(JSONError) -> JSONValue {
        if text.starts(with: [0xef, 0xbb, 0xbf]) {
            throw JSONPrescan.error(.syntax, "expected JSON, found a byte order mark", text, at: 0)
        }
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count) {
            (outline) throws(JSONError) in
            let scan = try JSONPrescan(text, limits: limits, outline: outline)
            if scan.nulEscapes.isEmpty {
                var tree = JSONTree(source: text, scan: scan, mask: nil, isOutline: true)
                let written = UnsafeBufferPointer(rebasing: outline[..<scan.outlineCount])
                if let value = try tree.readOutline(written, shapes) { return value }
            }
            return try readWhole(text, scan)
        }
    }

    /// The value, or `nil` if jansson refuses the outline.
    private mutating func readOutline(
        _ outline: UnsafeBufferPointer<UInt8>, _ shapes: JSONReader?
    ) throws(JSONError) -> JSONValue? {
        if let example = shapes?.example(of: outline) { return try fill(example) }
        var error = json_error_t()
        guard let root = Self.load(outline, &error) else { return nil }
        defer { json_decref(root) }
        let value = try copy(root)
        if source.count <= JSONReader.longestText { shapes?.remember(outline, value) }
        return value
    }

    /// Reads the text itself: where it cannot be outlined, and to say where it is wrong.
    private static func readWhole(
        _ text: UnsafeBufferPointer<UInt8>, _ scan: JSONPrescan
    ) throws(JSONError) -> JSONValue {
        guard scan.keepsNumbers || !scan.nulEscapes.isEmpty else {
            var tree = JSONTree(source: text, scan: scan, mask: nil, isOutline: false)
            return try tree.parse(text)
        }
        let mask = try JSONMask(text, scan)
        var tree = JSONTree(source: text, scan: scan, mask: mask, isOutline: false)
        return try mask.bytes.withUnsafeBufferPointer { (masked) throws(JSONError) in
            try tree.parse(masked)
        }
    }

    private init(
        source: UnsafeBufferPointer<UInt8>, scan: JSONPrescan, mask: JSONMask?, isOutline: Bool
    ) {
        self.source = source
        self.scan = scan
        self.mask = mask
        self.isOutline = isOutline
    }

    private mutating func parse(_ text: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSONValue {
        guard !text.isEmpty else {
            throw JSONPrescan.error(.incomplete, "expected a JSON value, found nothing", source, at: 0)
        }
        var error = json_error_t()
        guard let root = Self.load(text, &error) else { throw describe(error) }
        defer { json_decref(root) }
        return try copy(root)
    }

    private static func load(
        _ text: UnsafeBufferPointer<UInt8>, _ error: inout json_error_t
    ) -> UnsafeMutablePointer<json_t>? {
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
        return text.withMemoryRebound(to: CChar.self) {
            json_loadb($0.baseAddress, $0.count, flags, &error)
        }
    }

    // MARK: Filling in

    /// The value of a text with the outline of `example`: its own numbers and texts in the places of the other's.
    private mutating func fill(_ example: JSONValue) throws(JSONError) -> JSONValue {
        switch example {
        case .null, .bool: return example
        case .integer, .number: return try number(0)
        case .string(let text): return .string(try plainText() ?? text)
        case .array(let elements):
            var filled: [JSONValue] = []
            filled.reserveCapacity(elements.count)
            for element in elements { filled.append(try fill(element)) }
            return .array(filled)
        case .object(let object):
            var filled: [JSONObject.Member] = []
            filled.reserveCapacity(object.members.count)
            for member in object.members {
                filled.append(JSONObject.Member(member.name, try fill(member.value)))
            }
            return .object(JSONObject(distinct: filled))
        }
    }

    /// The next string of the text, if the outline leaves it out.
    private mutating func plainText() throws(JSONError) -> String? {
        guard textCount < scan.texts.count else { throw contradiction() }
        defer { textCount += 1 }
        return scan.texts[textCount].map {
            String(decoding: UnsafeBufferPointer(rebasing: source[$0]), as: UTF8.self)
        }
    }

    // MARK: Copying

    private mutating func copy(_ node: UnsafeMutablePointer<json_t>) throws(JSONError) -> JSONValue {
        switch assay_json_type(node) {
        case JSON_NULL: return .null
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_INTEGER: return try number(json_integer_value(node))
        case JSON_STRING:
            return .string(try text(node))
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

    /// The next number of the text; jansson has 0 in the place of such as are not in what it read.
    private mutating func number(_ value: Int64) throws(JSONError) -> JSONValue {
        guard numberCount < scan.numbers.count else { throw contradiction() }
        let number = scan.numbers[numberCount]
        numberCount += 1
        guard value == (isOutline || number.isKept ? 0 : number.integer) else { throw contradiction() }
        if let integer = number.integer { return .integer(integer) }
        guard number.isKept else { throw contradiction() }
        let text = UnsafeBufferPointer(rebasing: source[number.range])
        return .number(JSONNumber(checked: String(decoding: text, as: UTF8.self)))
    }

    private mutating func text(_ node: UnsafeMutablePointer<json_t>) throws(JSONError) -> String {
        if isOutline, let text = try plainText() {
            guard json_string_length(node) == 0 else { throw contradiction() }
            return text
        }
        return string(json_string_value(node), json_string_length(node))
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
            ("':' expected", "expected ':' behind a member name"),
            ("'}' expected", "expected ',' or '}' behind a member"),
            ("']' expected", "expected ',' or ']' behind an element"),
            ("control character", "expected no control character in a string, found one unescaped"),
            ("unexpected newline", "expected the end of a string, found the end of the line"),
            ("invalid escape", "expected a JSON escape behind '\\', found another character"),
            ("invalid Unicode", "expected a Unicode escape with surrogates in pairs, found another"),
            ("invalid token", "expected a JSON value, found something else"),
            ("unexpected token", "expected a JSON value, found something else"),
        ]
        return messages.first { text.hasPrefix($0.0) }?.1 ?? "expected JSON by RFC 8259, found something else"
    }
}
