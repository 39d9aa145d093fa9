import CBOR

/// The bytes of a hexadecimal text; spaces between them are allowed.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// The error that the body throws, or nil.
func cborError(_ body: () throws(CBORError) -> Void) -> CBORError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// What the reader's `skipItem` and `expectEnd` have against the input.
func skipError(_ input: [UInt8]) -> CBORError? {
    var reader = CBORReader(input)
    return cborError { () throws(CBORError) in
        try reader.skipItem()
        try reader.expectEnd()
    }
}

/// What a decoder has against the input.
func decodeError(_ input: [UInt8], _ options: CBORDecoder.Options) -> CBORError? {
    cborError { () throws(CBORError) in _ = try CBORDecoder(options).decode(input) }
}
