import OpenSSL

/// A strict pull reader for DER (X.690 chapters 8 and 10) over an array that it does not copy.
///
/// Positions are offsets into the whole input, so that ranges taken from a nested reader address the same
/// array. Every length is compared with what is left before it is used; nothing here can overflow or trap.
public struct DERReader: Sendable {
    /// One element: its tag and where it lies in the input.
    public struct Element: Sendable, Equatable {
        /// The identifier octet.
        public let tag: DERTag
        /// Offset of the identifier octet.
        public let start: Int
        /// The contents octets.
        public let content: Range<Int>
        /// Identifier, length and contents octets.
        public var whole: Range<Int> { start..<content.upperBound }
    }

    /// The whole input, shared with every nested reader.
    public let bytes: [UInt8]
    /// Offset of the next element.
    public private(set) var position: Int
    /// Offset after the last octet that this reader may read.
    public private(set) var end: Int

    /// A reader over all of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// A reader over `range` of `bytes`; a range outside the input is cut down to it.
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        let inside = range.clamped(to: 0..<bytes.count)
        position = inside.lowerBound
        end = inside.upperBound
    }

    /// Whether everything has been read.
    public var isAtEnd: Bool { position == end }

    /// The next element's tag without reading it, or nil at the end.
    public var nextTag: DERTag? { position < end ? DERTag(bytes[position]) : nil }

    /// Reads the next element whatever its tag is.
    public mutating func next() throws(DERError) -> Element {
        // Nearly all elements are short and sound; the others are read with every question asked.
        let start = position
        guard end - start >= 2 else { return try nextInFull() }
        let identifier = bytes[start]
        let length = bytes[start + 1]
        let content = start + 2
        let outerEnd = content + Int(length)
        guard identifier != 0, identifier & 0x1F != 0x1F, length < 0x80, outerEnd <= end else {
            return try nextInFull()
        }
        position = outerEnd
        return Element(tag: DERTag(identifier), start: start, content: content..<outerEnd)
    }

    private mutating func nextInFull() throws(DERError) -> Element {
        let start = position
        guard end - start >= 2 else { throw DERError(start, "expected an element, found the end") }
        let identifier = bytes[start]
        guard identifier & 0x1F != 0x1F else {
            throw DERError(start, "expected a tag number below 31, found the high-tag-number form")
        }
        guard identifier != 0 else { throw DERError(start, "expected a tag, found end-of-contents octets") }
        var offset = start + 2
        var length = Int(bytes[start + 1])
        if length >= 0x80 {
            let count = length & 0x7F
            guard count > 0 else {
                throw DERError(start, "expected a definite length, found an indefinite one")
            }
            guard count <= 4 else {
                throw DERError(start, "expected a length of at most 4 octets, found \(count)")
            }
            guard end - offset >= count else { throw DERError(start, "length cut short") }
            length = 0
            for _ in 0..<count {
                length = length << 8 | Int(bytes[offset])
                offset += 1
            }
            // The shortest form only: no leading zero, and no long form where the short one fits.
            guard length >= 0x80, count == 1 || length >> (8 * (count - 1)) != 0 else {
                throw DERError(start, "expected the shortest length form")
            }
        }
        guard length <= end - offset else {
            throw DERError(start, "expected \(length) octets of contents, found \(end - offset)")
        }
        position = offset + length
        return Element(tag: DERTag(identifier), start: start, content: offset..<position)
    }

    /// Reads the next element, which must have this tag; `what` names it in the error.
    public mutating func read(_ tag: DERTag, _ what: StaticString) throws(DERError) -> Element {
        guard let found = nextTag else { throw DERError(position, "expected \(what), found the end") }
        guard found == tag else {
            throw DERError(position, "expected \(what), found tag \(hexadecimal([found.octet]))")
        }
        return try next()
    }

    /// Reads the next element if it has this tag.
    public mutating func readIfPresent(_ tag: DERTag) throws(DERError) -> Element? {
        guard nextTag == tag else { return nil }
        return try next()
    }

    /// Reads an element of this constructed type and gives a reader for its contents.
    public mutating func enter(_ tag: DERTag, _ what: StaticString) throws(DERError) -> DERReader {
        DERReader(bytes, in: try read(tag, what).content)
    }

    /// Lets `body` read `range` of this input and nothing else, and goes on after it. Unlike a nested reader it shares
    /// no array: for what is read by the hundred thousand.
    ///
    /// - Parameter what: names what should end with the range; `body` has to read all of it.
    @inline(__always)
    mutating func within<Value>(
        _ range: Range<Int>, _ what: StaticString,
        _ body: (inout DERReader) throws(DERError) -> Value
    ) throws(DERError) -> Value {
        let outerEnd = end
        let inside = range.clamped(to: 0..<bytes.count)
        position = inside.lowerBound
        end = inside.upperBound
        let value = try body(&self)
        try finish(what)
        end = outerEnd
        return value
    }

    /// The same for the next element, which must be of this constructed type.
    @inline(__always)
    mutating func within<Value>(
        _ tag: DERTag, _ what: StaticString, _ body: (inout DERReader) throws(DERError) -> Value
    ) throws(DERError) -> Value {
        try within(try read(tag, what).content, what, body)
    }

    /// Goes into the next element, which must be of this constructed type: until ``leave(_:_:)`` this reader reads its
    /// contents and nothing else. Unlike a nested reader it shares no array.
    ///
    /// - Returns: what ``leave(_:_:)`` wants.
    public mutating func descend(_ tag: DERTag, _ what: StaticString) throws(DERError) -> Int {
        let outerEnd = end
        let content = try read(tag, what).content
        position = content.lowerBound
        end = content.upperBound
        return outerEnd
    }

    /// Goes on after an element whose contents have all been read.
    ///
    /// - Parameter outerEnd: from ``descend(_:_:)``; a number outside the input is cut down to it.
    public mutating func leave(_ outerEnd: Int, _ what: StaticString) throws(DERError) {
        try finish(what)
        end = min(max(outerEnd, position), bytes.count)
    }

    /// A reader for the contents of an element of this input.
    public func contents(of element: Element) -> DERReader { DERReader(bytes, in: element.content) }

    /// Asserts that nothing is left; `what` names the structure that should have ended.
    public func finish(_ what: StaticString) throws(DERError) {
        guard isAtEnd else {
            throw DERError(position, "expected the end of \(what), found \(end - position) octets")
        }
    }

    /// Whether the octets in `range` are `expected`.
    public func matches(_ range: Range<Int>, _ expected: [UInt8]) -> Bool {
        Octets.equal(bytes, in: range, expected)
    }

    /// A copy of the octets in `range`, cut down to the input.
    public func copy(_ range: Range<Int>) -> [UInt8] { [UInt8](bytes[range.clamped(to: 0..<bytes.count)]) }

    /// Reads everything that is left as elements within elements, at most `depth` levels deep.
    public mutating func checkWellFormed(depth: Int) throws(DERError) {
        while !isAtEnd {
            let element = try next()
            guard element.tag.isConstructed else { continue }
            guard depth > 0 else { throw DERError(element.start, "structure is nested too deeply") }
            var inner = contents(of: element)
            try inner.checkWellFormed(depth: depth - 1)
        }
    }
}

/// Lower-case hexadecimal, two digits an octet.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
