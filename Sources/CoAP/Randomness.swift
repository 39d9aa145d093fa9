/// Numbers that follow from octets of the caller's: message IDs, tokens, the spread of repetitions.
///
/// None of them is a secret: under DTLS nobody but the two ends sees them. SplitMix64 (Steele, Lea and Flood, 2014).
struct Randomness: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The time to the first repetition.
    mutating func acknowledgementTimeout() -> UInt64 {
        let base = Transmission.acknowledgementTimeout
        return base + next() % (base / 2 + 1)
    }
}
