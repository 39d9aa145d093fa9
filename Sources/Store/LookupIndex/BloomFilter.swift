/// Tells that a look-up key is not among many, without a look at the table.
///
/// It says yes of all keys that were put in, and of about one in thirty or fewer that were not.
struct BloomFilter {
    /// Octets of the smallest; one for each key that it is made for.
    private static let smallest = 1_024
    private static let probes = 3

    /// How many keys were put in.
    private(set) var count: Int
    /// A power of two of them, but in what somebody tampered with.
    private(set) var octets: [UInt8]

    /// An empty filter for at least `capacity` keys.
    init(capacity: Int) {
        var size = Self.smallest
        while size < capacity, size < 1 << 30 { size *= 2 }
        count = 0
        octets = [UInt8](repeating: 0, count: size)
    }

    /// One that was kept; `nil` if it cannot be one.
    init?(count: Int64, octets: [UInt8]) {
        guard let count = Int(exactly: count), count >= 0, octets.count >= Self.smallest,
            octets.count & (octets.count - 1) == 0
        else { return nil }
        self.count = count
        self.octets = octets
    }

    /// Whether another one would have to be made: it says yes too often beyond that.
    var isFull: Bool { count >= octets.count }

    mutating func insert(_ key: LookupKey) {
        count += 1
        var word = Self.spread(key)
        for _ in 0..<Self.probes {
            let bit = Int(truncatingIfNeeded: word) & (octets.count * 8 - 1)
            octets[bit >> 3] |= 1 << UInt8(bit & 7)
            word = word >> 21 | word << 43
        }
    }

    /// Whether the key may have been put in; `false` is certain.
    func mayContain(_ key: LookupKey) -> Bool {
        var word = Self.spread(key)
        for _ in 0..<Self.probes {
            let bit = Int(truncatingIfNeeded: word) & (octets.count * 8 - 1)
            if octets[bit >> 3] & (1 << UInt8(bit & 7)) == 0 { return false }
            word = word >> 21 | word << 43
        }
        return true
    }

    /// Independent bits for the probes: keys of one filter have their first bits in common.
    private static func spread(_ key: LookupKey) -> UInt64 {
        var word = UInt64(bitPattern: key.bits) &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 29)) &* 0xBF58_476D_1CE4_E5B9
        return word ^ (word >> 32)
    }
}
