import CCBOR

/// Writes CBOR in the deterministic encoding (RFC 8949 §4.2.1): definite lengths, shortest heads.
///
/// The order of map keys, and that as many elements follow as a head says, is up to the caller.
public struct CBORWriter {
    /// All that was written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer with room for so many bytes.
    public init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(max(capacity, 0))
    }

    /// Writes an integer of major type 0.
    public mutating func unsigned(_ value: UInt64) {
        head { cbor_encode_uint(value, $0, $1) }
    }

    /// Writes an integer of major type 0 or 1, by its sign.
    public mutating func integer(_ value: Int64) {
        if value < 0 {
            negative(UInt64(bitPattern: ~value))
        } else {
            unsigned(UInt64(bitPattern: value))
        }
    }

    /// Writes the integer −1−`argument`, major type 1.
    public mutating func negative(_ argument: UInt64) {
        head { cbor_encode_negint(argument, $0, $1) }
    }

    /// Writes a byte string.
    public mutating func byteString(_ content: [UInt8]) {
        head { cbor_encode_bytestring_start(content.count, $0, $1) }
        bytes.append(contentsOf: content)
    }

    /// Writes a byte string.
    public mutating func byteString(_ content: ArraySlice<UInt8>) {
        head { cbor_encode_bytestring_start(content.count, $0, $1) }
        bytes.append(contentsOf: content)
    }

    /// Writes a byte string.
    public mutating func byteString(_ content: some Collection<UInt8>) {
        head { cbor_encode_bytestring_start(content.count, $0, $1) }
        bytes.append(contentsOf: content)
    }

    /// Writes a text string as UTF-8.
    public mutating func textString(_ text: String) {
        head { cbor_encode_string_start(text.utf8.count, $0, $1) }
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes the head of an array of `count` elements, which follow; a negative count writes 0.
    public mutating func arrayHeader(_ count: Int) {
        head { cbor_encode_array_start(max(count, 0), $0, $1) }
    }

    /// Writes the head of a map of `count` pairs, which follow; a negative count writes 0.
    public mutating func mapHeader(_ count: Int) {
        head { cbor_encode_map_start(max(count, 0), $0, $1) }
    }

    /// Writes a tag's number; the tagged item follows.
    public mutating func tag(_ number: UInt64) {
        head { cbor_encode_tag(number, $0, $1) }
    }

    /// Writes null.
    public mutating func null() {
        head { cbor_encode_null($0, $1) }
    }

    /// Writes false or true.
    public mutating func bool(_ value: Bool) {
        head { cbor_encode_bool(value, $0, $1) }
    }

    /// Empties the writer.
    public mutating func removeAll(keepingCapacity: Bool = false) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Appends what a libcbor encoder puts into a buffer of 16 bytes; no head is longer than 9.
    @inline(__always)
    mutating func head(_ encode: (UnsafeMutablePointer<UInt8>, Int) -> Int) {
        var buffer: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &buffer) { raw in
            guard let start = raw.baseAddress else { return }
            let length = encode(start.assumingMemoryBound(to: UInt8.self), raw.count)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[..<min(length, raw.count)]))
        }
    }

    /// Appends an initial byte and an argument of fixed width in network order.
    mutating func raw(_ initial: UInt8, _ argument: some FixedWidthInteger & UnsignedInteger) {
        bytes.append(initial)
        withUnsafeBytes(of: argument.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
