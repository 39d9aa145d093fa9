/// One row that should claim one device, as it was written: nothing in it is checked yet.
public struct ClaimRow: Sendable {
    /// The text of one field, white space around it removed.
    public struct Cell: Sendable, Equatable {
        public let bytes: ArraySlice<UInt8>
        /// The 1-based number of the field; nil where there are no columns.
        public let column: Int?

        public init(_ bytes: ArraySlice<UInt8>, column: Int? = nil) {
            self.bytes = bytes.trimmed
            self.column = column
        }

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// The 1-based line on which the row begins.
    public let line: Int
    /// The row as written, with its line end.
    public let raw: ArraySlice<UInt8>
    public var token: Cell?
    public var imei: Cell?
    public var uuid: Cell?
    public var time: Cell?
    /// All tags of the row, separated by commas.
    public var tags: Cell?
    /// What is wrong with the row as a whole; its fields are then not looked at.
    public var finding: ClaimFinding?

    /// The cell of a field.
    subscript(field: ClaimField) -> Cell? {
        get {
            switch field {
            case .imei: imei
            case .uuid: uuid
            case .token: token
            case .time: time
            case .tags: tags
            }
        }
        set {
            switch field {
            case .imei: imei = newValue
            case .uuid: uuid = newValue
            case .token: token = newValue
            case .time: time = newValue
            case .tags: tags = newValue
            }
        }
    }

    public init(line: Int, raw: ArraySlice<UInt8>, token: Cell? = nil, finding: ClaimFinding? = nil) {
        self.line = line
        self.raw = raw
        self.token = token
        self.finding = finding
    }
}

extension ArraySlice<UInt8> {
    /// Without spaces, tabs and line ends around it.
    var trimmed: ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }
        var slice = drop(while: isBlank)
        while let last = slice.last, isBlank(last) { slice.removeLast() }
        return slice
    }

    /// Two parts in the alphabet of tokens.
    var looksLikeToken: Bool {
        contains(UInt8(ascii: "."))
            && allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "=")
            }
    }

    /// For messages: the text when it is short. A longer one may be a token that stands in the wrong column.
    var excerpt: String {
        count <= 60 ? "'\(String(decoding: self, as: UTF8.self))'" : "a text of \(count) bytes"
    }
}
