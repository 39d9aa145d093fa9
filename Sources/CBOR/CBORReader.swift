/// A pull reader over CBOR bytes in strict mode: definite lengths, shortest integers and lengths, no
/// reserved additional information (RFC 8949 §4.2.1).
///
/// Allocates nothing (``skipItem()`` does for maps of two keys and more). Never traps. A read that throws
/// leaves the reader where it was.
public struct CBORReader {
    /// The most arrays, maps and tags inside one another that ``skipItem()`` follows.
    public static let maximumDepth = 16

    private let bytes: [UInt8]
    private let end: Int
    private var position: Int

    /// Reads a whole array.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// Reads `bytes[range]`; offsets stay those of the array. A range outside the array reads as empty.
    public init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        let isValid = range.lowerBound >= 0 && range.upperBound <= bytes.count
        position = isValid ? range.lowerBound : 0
        end = isValid ? range.upperBound : 0
    }

    /// Offset in bytes of the next item, from the start of the array.
    public var offset: Int { position }

    /// Whether all bytes of the range are read.
    public var isAtEnd: Bool { position >= end }

    /// Reads the head of a tag and returns its number; the tagged item comes next.
    public mutating func readTag() throws(CBORError) -> UInt64 {
        try readArgument(of: 6, .tag)
    }

    /// Reads a tag's head if the next item is exactly that tag; says whether it did.
    ///
    /// Anything else, even malformed, stays for the next read; only a malformed tag throws.
    public mutating func readTagIfPresent(_ tag: UInt64) throws(CBORError) -> Bool {
        guard peekMajorType() == 6 else { return false }
        let head = try nextHead()
        guard head.argument == tag else { return false }
        position = head.next
        return true
    }

    /// Reads an array's head and returns its element count, never more than the bytes left.
    public mutating func readArrayHeader() throws(CBORError) -> Int {
        try readCount(of: 4, .array, bytesPerElement: 1)
    }

    /// Reads a map's head and returns its count of pairs, never more than half the bytes left.
    public mutating func readMapHeader() throws(CBORError) -> Int {
        try readCount(of: 5, .map, bytesPerElement: 2)
    }

    /// Reads an integer of major type 0.
    public mutating func readUnsigned() throws(CBORError) -> UInt64 {
        try readArgument(of: 0, .unsignedInteger)
    }

    /// Reads an integer of major type 0 or 1 that fits into 64 bits with sign.
    public mutating func readInteger() throws(CBORError) -> Int64 {
        let head = try nextHead()
        guard head.majorType <= 1 else { throw unexpectedType(.integer) }
        guard let magnitude = Int64(exactly: head.argument) else {
            throw CBORError(offset: position, reason: .integerOutOfRange)
        }
        position = head.next
        return head.majorType == 0 ? magnitude : ~magnitude
    }

    /// Reads a byte string and returns where its content lies in the array.
    public mutating func readByteString() throws(CBORError) -> Range<Int> {
        let content = try nextContent(of: 2, .byteString)
        position = content.upperBound
        return content
    }

    /// Reads a text string of well-formed UTF-8 and returns where its content lies in the array.
    public mutating func readTextString() throws(CBORError) -> Range<Int> {
        let content = try nextContent(of: 3, .textString)
        if let invalid = UTF8Validation.firstInvalidOffset(bytes, content) {
            throw CBORError(offset: invalid, reason: .invalidUTF8)
        }
        position = content.upperBound
        return content
    }

    /// Reads null (`f6`).
    public mutating func readNull() throws(CBORError) {
        let head = try nextHead()
        guard head.majorType == 7, head.information == 22 else { throw unexpectedType(.null) }
        position = head.next
    }

    /// The major type of the next item, 0 to 7, or nil at the end.
    public func peekMajorType() -> UInt8? {
        isAtEnd ? nil : bytes[position] >> 5
    }

    /// Whether the next item is null (`f6`).
    public func isNextNull() -> Bool {
        !isAtEnd && bytes[position] == 0xf6
    }

    /// Reads any one item with all it holds, at most ``maximumDepth`` deep, no map key twice.
    ///
    /// Keys are the same if their bytes are. Floats may have any width.
    public mutating func skipItem() throws(CBORError) {
        position = try endOfItem(at: position, depth: 0)
    }

    /// Throws if bytes are left.
    public func expectEnd() throws(CBORError) {
        guard isAtEnd else {
            throw CBORError(offset: position, reason: .trailingBytes(end - position))
        }
    }
}

extension CBORReader {
    @inline(__always)
    private func nextHead() throws(CBORError) -> CBORHead {
        try CBORHead.read(bytes, at: position, end: end, strict: true)
    }

    private func unexpectedType(_ expected: CBORError.Kind) -> CBORError {
        guard !isAtEnd else { return CBORError(offset: position, reason: .endOfInput) }
        return CBORError(
            offset: position, reason: .unexpectedType(expected: expected, found: bytes[position]))
    }

    @inline(__always)
    private mutating func readArgument(
        of majorType: UInt8, _ kind: CBORError.Kind
    ) throws(CBORError) -> UInt64 {
        let head = try nextHead()
        guard head.majorType == majorType else { throw unexpectedType(kind) }
        position = head.next
        return head.argument
    }

    @inline(__always)
    private mutating func readCount(
        of majorType: UInt8, _ kind: CBORError.Kind, bytesPerElement: Int
    ) throws(CBORError) -> Int {
        let head = try nextHead()
        guard head.majorType == majorType else { throw unexpectedType(kind) }
        let count = try checkedCount(head, at: position, bytesPerElement: bytesPerElement)
        position = head.next
        return count
    }

    @inline(__always)
    private func nextContent(
        of majorType: UInt8, _ kind: CBORError.Kind
    ) throws(CBORError) -> Range<Int> {
        let head = try nextHead()
        guard head.majorType == majorType else { throw unexpectedType(kind) }
        return try content(of: head, at: position)
    }

    @inline(__always)
    private func checkedCount(
        _ head: CBORHead, at offset: Int, bytesPerElement: Int
    ) throws(CBORError) -> Int {
        let available = end - head.next
        guard let count = Int(exactly: head.argument), count <= available / bytesPerElement else {
            throw CBORError(
                offset: offset, reason: .countExceedsInput(count: head.argument, available: available))
        }
        return count
    }

    @inline(__always)
    private func content(of head: CBORHead, at offset: Int) throws(CBORError) -> Range<Int> {
        let available = end - head.next
        guard let length = Int(exactly: head.argument), length <= available else {
            throw CBORError(
                offset: offset, reason: .truncated(needed: head.argument, available: available))
        }
        return head.next..<(head.next + length)
    }

    /// Checks the item at `offset` and returns the offset after it.
    private func endOfItem(at offset: Int, depth: Int) throws(CBORError) -> Int {
        let head = try CBORHead.read(bytes, at: offset, end: end, strict: true)
        if (4...6).contains(head.majorType) && depth >= Self.maximumDepth {
            throw CBORError(offset: offset, reason: .tooDeep(limit: Self.maximumDepth))
        }
        switch head.majorType {
        case 2:
            return try content(of: head, at: offset).upperBound
        case 3:
            let content = try content(of: head, at: offset)
            if let invalid = UTF8Validation.firstInvalidOffset(bytes, content) {
                throw CBORError(offset: invalid, reason: .invalidUTF8)
            }
            return content.upperBound
        case 4:
            let count = try checkedCount(head, at: offset, bytesPerElement: 1)
            var next = head.next
            for _ in 0..<count { next = try endOfItem(at: next, depth: depth + 1) }
            return next
        case 5:
            let pairs = try checkedCount(head, at: offset, bytesPerElement: 2)
            return try endOfMap(pairs: pairs, at: head.next, depth: depth + 1)
        case 6:
            return try endOfItem(at: head.next, depth: depth + 1)
        default:
            return head.next
        }
    }

    private func endOfMap(pairs: Int, at offset: Int, depth: Int) throws(CBORError) -> Int {
        var keys: Set<ArraySlice<UInt8>> = []
        var next = offset
        for _ in 0..<pairs {
            let key = next
            next = try endOfItem(at: key, depth: depth)
            if pairs > 1 && !keys.insert(bytes[key..<next]).inserted {
                throw CBORError(offset: key, reason: .duplicateKey)
            }
            next = try endOfItem(at: next, depth: depth)
        }
        return next
    }
}
