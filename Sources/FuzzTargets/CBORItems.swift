import CBOR

enum CBORItems {
    /// Strict input has one encoding, the pull reader takes it too, and the general decoder sees the same item.
    static func checkStrict(_ bytes: [UInt8]) -> String? {
        var reader = CBORReader(bytes)
        var skipped = false
        do {
            try reader.skipItem()
            try reader.expectEnd()
            skipped = true
        } catch {}
        guard let item = try? CBORDecoder(.strict).decode(bytes) else {
            return skipped ? "the reader accepts what the strict decoder refuses" : nil
        }
        guard skipped else { return "the strict decoder accepts what the reader refuses" }
        guard item.encode() == bytes else { return "strict input is written in another way than it was read" }
        guard let general = try? CBORDecoder(.general).decode(bytes) else {
            return "the general decoder refuses strict input"
        }
        guard general.encode() == bytes else { return "the general decoder reads another item" }
        return nil
    }

    /// What is written for an item reads as the same item, and its notation can be made.
    static func checkGeneral(_ bytes: [UInt8]) -> String? {
        guard let item = try? CBORDecoder(.general).decode(bytes) else { return nil }
        let encoding = item.encode()
        guard encoding.count <= bytes.count else { return "the encoding grew" }
        guard let again = try? CBORDecoder(.general).decode(encoding) else {
            return "the encoding is not read"
        }
        guard again.encode() == encoding else { return "the encoding reads as another item" }
        guard item.diagnosticNotation == again.diagnosticNotation else { return "the notation differs" }
        return nil
    }
}
