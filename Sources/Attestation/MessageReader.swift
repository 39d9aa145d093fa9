import CBOR
import DeviceIdentity
import Diagnostics

/// Reads the modem's messages: arrays after the self-described tag, every shape mismatch a ``TokenError`` that
/// names the message.
struct MessageReader {
    /// "CBOR follows" (RFC 8949 §3.4.6); every message of the modem starts with it.
    private static let selfDescribedTag: UInt64 = 55_799

    private let bytes: [UInt8]
    private let name: String
    private var reader: CBORReader

    init(_ bytes: [UInt8], range: Range<Int>, name: String) {
        self.bytes = bytes
        self.name = name
        reader = CBORReader(bytes, range: range)
    }

    /// The tag is required: Nordic's own parser refuses a message without it, and it is part of what is signed.
    mutating func expectArray(of expected: Int) throws(TokenError) {
        let start = reader.offset
        guard try read({ r throws(CBORError) in try r.readTagIfPresent(Self.selfDescribedTag) }) else {
            throw TokenError(.cbor, "\(name): expected tag 55799 at offset \(start)")
        }
        let count = try read { r throws(CBORError) in try r.readArrayHeader() }
        guard count == expected else {
            throw TokenError(.cbor, "\(name): expected an array of \(expected) elements, found \(count)")
        }
    }

    mutating func unsigned() throws(TokenError) -> UInt64 {
        try read { r throws(CBORError) in try r.readUnsigned() }
    }

    /// A byte string of exactly `count` bytes.
    mutating func byteString(count: Int, _ what: String) throws(TokenError) -> Range<Int> {
        let range = try read { r throws(CBORError) in try r.readByteString() }
        guard range.count == count else {
            throw TokenError(.cbor, "\(name): expected \(count) bytes of \(what), found \(range.count)")
        }
        return range
    }

    mutating func uuid(_ what: String) throws(TokenError) -> DeviceUUID {
        let range = try byteString(count: 16, what)
        guard let uuid = DeviceUUID(bytes: bytes[range]) else {
            throw TokenError(.cbor, "\(name): expected 16 bytes of \(what)")
        }
        return uuid
    }

    /// A byte string that holds one CBOR integer; a negative one stands for 2³² + n.
    mutating func nestedTag(_ what: String) throws(TokenError) -> UInt32 {
        let range = try read { r throws(CBORError) in try r.readByteString() }
        guard let value = NestedInteger.read(bytes, range),
            let tag = UInt32(exactly: value < 0 ? value + 1 << 32 : value)
        else { throw TokenError(.cbor, "\(name): expected a 32-bit integer in the byte string of \(what)") }
        return tag
    }

    func expectEnd() throws(TokenError) {
        do {
            try reader.expectEnd()
        } catch {
            throw TokenError(.cbor, "\(name): \(error.message)")
        }
    }

    private mutating func read<Value>(
        _ step: (inout CBORReader) throws(CBORError) -> Value
    ) throws(TokenError) -> Value {
        do {
            return try step(&reader)
        } catch {
            throw TokenError(.cbor, "\(name): \(error.message)")
        }
    }
}

/// The CBOR integer inside a byte string, as the modem writes security tags and key ids.
enum NestedInteger {
    static func read(_ bytes: [UInt8], _ range: Range<Int>) -> Int64? {
        do {
            var reader = CBORReader(bytes, range: range)
            let value = try reader.readInteger()
            try reader.expectEnd()
            return value
        } catch {
            return nil
        }
    }
}
