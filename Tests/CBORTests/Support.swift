import CBOR

/// The bytes of a hexadecimal text; spaces between them are allowed.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// A small seeded generator, so that every run tests the same inputs.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
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
