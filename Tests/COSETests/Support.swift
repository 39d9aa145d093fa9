import CBOR
import COSE
import Diagnostics
import OpenSSL

/// Octets from hexadecimal; spaces are skipped.
func octets(_ hex: String) -> [UInt8] {
    var digits = hex.filter { !$0.isWhitespace }[...]
    var bytes: [UInt8] = []
    while let byte = UInt8(digits.prefix(2), radix: 16) {
        bytes.append(byte)
        digits = digits.dropFirst(2)
    }
    return bytes
}

/// A COSE_Sign1 put together from encoded parts, sound or not.
struct Message {
    var tag: UInt64? = 18
    /// The content of the protected bstr.
    var protected = octets("a10126")
    /// The encoded unprotected map.
    var unprotected = octets("a1044121")
    var payload: [UInt8]? = Array("payload".utf8)
    var signature = [UInt8](repeating: 7, count: 64)

    var bytes: [UInt8] {
        var writer = CBORWriter()
        if let tag { writer.tag(tag) }
        writer.arrayHeader(4)
        writer.byteString(protected)
        var tail = CBORWriter()
        if let payload { tail.byteString(payload) } else { tail.null() }
        tail.byteString(signature)
        return writer.bytes + unprotected + tail.bytes
    }
}

extension COSESign1 {
    /// The error of reading `bytes`, nil if there is none.
    static func error(_ bytes: [UInt8], tag: TagRule = .required) -> String? {
        do throws(COSEError) {
            _ = try COSESign1(bytes, tag: tag)
            return nil
        } catch {
            return error.message
        }
    }
}

/// The fixed-width form of a DER ECDSA-Sig-Value; numbers that are wider stay so.
func fixedWidth(_ der: [UInt8], _ width: Int) -> [UInt8] {
    // SEQUENCE header of two or three octets, then two INTEGERs shorter than 128 octets.
    var rest = der.dropFirst(der[1] == 0x81 ? 3 : 2)
    var result: [UInt8] = []
    for _ in 0..<2 {
        let length = Int(rest[rest.startIndex + 1])
        let number = rest.dropFirst(2).prefix(length).drop { $0 == 0 }
        result += [UInt8](repeating: 0, count: max(0, width - number.count)) + number
        rest = rest.dropFirst(2 + length)
    }
    return result
}
