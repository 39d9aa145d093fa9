/// Decodes exactly one data item from a whole array, within limits, into a ``CBORItem``.
///
/// Never allocates by a declared length and never recurses deeper than its limit.
public struct CBORDecoder: Sendable {
    /// What a decoder accepts.
    public struct Options: Equatable, Sendable {
        /// The most arrays, maps, tags and indefinite-length strings inside one another.
        public var maximumDepth: Int
        /// The most data items, counting containers, keys, values and chunks.
        public var maximumItems: Int
        /// Whether indefinite lengths and longer forms than needed are refused, and map keys whose bytes
        /// are the same.
        public var isStrict: Bool

        /// Options with the given limits.
        public init(maximumDepth: Int, maximumItems: Int, isStrict: Bool) {
            self.maximumDepth = maximumDepth
            self.maximumItems = maximumItems
            self.isStrict = isStrict
        }

        /// All that is well-formed with valid UTF-8 (RFC 8949 §5.3.1), duplicate map keys included: 128
        /// deep, 1,000,000 items.
        public static let general = Options(maximumDepth: 128, maximumItems: 1_000_000, isStrict: false)

        /// What ``CBORReader`` accepts: definite lengths, shortest forms, no map key twice, 16 deep.
        public static let strict = Options(
            maximumDepth: CBORReader.maximumDepth, maximumItems: 1_000_000, isStrict: true)
    }

    /// What this decoder accepts.
    public let options: Options

    /// A decoder with the given options.
    public init(_ options: Options = .general) {
        self.options = options
    }

    /// Decodes one item that spans all the bytes.
    public func decode(_ bytes: [UInt8]) throws(CBORError) -> CBORItem {
        var parser = ItemParser(bytes: bytes, options: options)
        let item = try parser.item(depth: 0)
        guard parser.position == bytes.count else {
            throw CBORError(
                offset: parser.position, reason: .trailingBytes(bytes.count - parser.position))
        }
        return item
    }
}

/// One run of a decoder.
private struct ItemParser {
    let bytes: [UInt8]
    let options: CBORDecoder.Options
    var position = 0
    private var itemsRead = 0

    init(bytes: [UInt8], options: CBORDecoder.Options) {
        self.bytes = bytes
        self.options = options
    }

    mutating func item(depth: Int) throws(CBORError) -> CBORItem {
        let start = position
        let head = try countedHead()
        switch head.majorType {
        case 0: return .unsigned(head.argument)
        case 1: return .negative(head.argument)
        case 2 where !head.isIndefinite: return .byteString(try byteString(head, start))
        case 3 where !head.isIndefinite: return .textString(try textString(head, start))
        case 7: return try simpleOrFloat(head, start)
        default: break
        }
        guard depth < options.maximumDepth else {
            throw CBORError(offset: start, reason: .tooDeep(limit: options.maximumDepth))
        }
        switch head.majorType {
        case 2: return .byteStringChunks(try byteStringChunks())
        case 3: return .textStringChunks(try textStringChunks())
        case 4:
            let elements = try elements(head, start, depth: depth + 1)
            return head.isIndefinite ? .indefiniteArray(elements) : .array(elements)
        case 5:
            let pairs = try pairs(head, start, depth: depth + 1)
            return head.isIndefinite ? .indefiniteMap(pairs) : .map(pairs)
        default: return .tagged(head.argument, try item(depth: depth + 1))
        }
    }

    private mutating func countedHead() throws(CBORError) -> CBORHead {
        let head = try CBORHead.read(bytes, at: position, end: bytes.count, strict: options.isStrict)
        guard itemsRead < options.maximumItems else {
            throw CBORError(offset: position, reason: .tooManyItems(limit: options.maximumItems))
        }
        itemsRead += 1
        position = head.next
        return head
    }

    /// Consumes a "break" if it is next.
    private mutating func readBreak() -> Bool {
        guard position < bytes.count, bytes[position] == 0xff else { return false }
        position += 1
        return true
    }

    // MARK: Strings

    private mutating func content(_ head: CBORHead, _ start: Int) throws(CBORError) -> Range<Int> {
        let available = bytes.count - head.next
        guard let length = Int(exactly: head.argument), length <= available else {
            throw CBORError(
                offset: start, reason: .truncated(needed: head.argument, available: available))
        }
        position = head.next + length
        return head.next..<position
    }

    private mutating func byteString(_ head: CBORHead, _ start: Int) throws(CBORError) -> [UInt8] {
        Array(bytes[try content(head, start)])
    }

    private mutating func textString(_ head: CBORHead, _ start: Int) throws(CBORError) -> String {
        let range = try content(head, start)
        if let invalid = UTF8Validation.firstInvalidOffset(bytes, range) {
            throw CBORError(offset: invalid, reason: .invalidUTF8)
        }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    private mutating func byteStringChunks() throws(CBORError) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        while !readBreak() {
            let start = position
            chunks.append(try byteString(try chunkHead(of: 2), start))
        }
        return chunks
    }

    private mutating func textStringChunks() throws(CBORError) -> [String] {
        var chunks: [String] = []
        while !readBreak() {
            let start = position
            chunks.append(try textString(try chunkHead(of: 3), start))
        }
        return chunks
    }

    private mutating func chunkHead(of majorType: UInt8) throws(CBORError) -> CBORHead {
        let start = position
        let head = try countedHead()
        guard head.majorType == majorType, !head.isIndefinite else {
            throw CBORError(offset: start, reason: .invalidChunk(found: bytes[start]))
        }
        return head
    }

    // MARK: Arrays and maps

    /// The declared count, checked against the bytes left.
    private func count(
        _ head: CBORHead, _ start: Int, bytesPerElement: Int
    ) throws(CBORError) -> Int {
        let available = bytes.count - head.next
        guard let count = Int(exactly: head.argument), count <= available / bytesPerElement else {
            throw CBORError(
                offset: start, reason: .countExceedsInput(count: head.argument, available: available))
        }
        return count
    }

    private mutating func elements(
        _ head: CBORHead, _ start: Int, depth: Int
    ) throws(CBORError) -> [CBORItem] {
        var elements: [CBORItem] = []
        if head.isIndefinite {
            while !readBreak() { elements.append(try item(depth: depth)) }
        } else {
            for _ in 0..<(try count(head, start, bytesPerElement: 1)) {
                elements.append(try item(depth: depth))
            }
        }
        return elements
    }

    private mutating func pairs(
        _ head: CBORHead, _ start: Int, depth: Int
    ) throws(CBORError) -> [CBORItem.Pair] {
        var pairs: [CBORItem.Pair] = []
        if head.isIndefinite {
            while !readBreak() {
                let key = try item(depth: depth)
                pairs.append(CBORItem.Pair(key, try item(depth: depth)))
            }
            return pairs
        }
        var keys: Set<ArraySlice<UInt8>> = []
        let count = try count(head, start, bytesPerElement: 2)
        for _ in 0..<count {
            let keyStart = position
            let key = try item(depth: depth)
            if options.isStrict && count > 1 && !keys.insert(bytes[keyStart..<position]).inserted {
                throw CBORError(offset: keyStart, reason: .duplicateKey)
            }
            pairs.append(CBORItem.Pair(key, try item(depth: depth)))
        }
        return pairs
    }

    // MARK: Major type 7

    private func simpleOrFloat(_ head: CBORHead, _ start: Int) throws(CBORError) -> CBORItem {
        switch head.information {
        case 20: return .boolean(false)
        case 21: return .boolean(true)
        case 22: return .null
        case 23: return .undefined
        case 25: return .float(.half(bitPattern: UInt16(truncatingIfNeeded: head.argument)))
        case 26: return .float(.single(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
        case 27: return .float(.double(bitPattern: head.argument))
        default:
            guard !head.isBreak else { throw CBORError(offset: start, reason: .unexpectedBreak) }
            let number = UInt8(truncatingIfNeeded: head.argument)
            guard let value = CBORSimpleValue(number) else {
                throw CBORError(offset: start, reason: .reservedSimpleValue(number))
            }
            return .simple(value)
        }
    }
}
