public import DeviceIdentity

/// Which devices were seen and where first: some 36 bytes a device, a million in less than 50 MiB.
///
/// Entries lie in blocks that never move, so that growing copies only the table of numbers. The hash is seeded anew in
/// each process; identities made to collide gain nothing.
public struct DeviceIndex: Sendable {
    /// Where a device was seen first.
    public struct Occurrence: Sendable, Equatable {
        /// The number of the source, from 0.
        public let source: Int
        /// The 1-based line of the row.
        public let line: Int
        /// The first 4 bytes of the SHA-256 of the token.
        public let fingerprint: UInt32

        public init(source: Int, line: Int, fingerprint: UInt32) {
            self.source = source
            self.line = line
            self.fingerprint = fingerprint
        }
    }

    private struct Entry {
        let high: UInt64
        let low: UInt64
        /// Source in the upper 24 bits, line in the lower 40.
        let place: UInt64
        let fingerprint: UInt32
    }

    private static let blockSize = 16_384
    private static let largestSource = 1 << 24 - 1
    private static let largestLine = 1 << 40 - 1

    private var blocks: [[Entry]] = []
    /// One more than the number of an entry; 0 is free. A power of two long.
    private var table: [UInt32]
    public private(set) var count = 0

    public init() { table = Array(repeating: 0, count: 1024) }

    /// Notes a device; where it was seen before, that place is the answer and stays.
    public mutating func insert(_ device: DeviceUUID, _ occurrence: Occurrence) -> Occurrence? {
        if count * 4 >= table.count * 3 { grow() }
        var slot = Self.hash(device.high, device.low) & (table.count - 1)
        while table[slot] != 0 {
            let entry = entry(Int(table[slot]) - 1)
            if entry.high == device.high, entry.low == device.low {
                return Occurrence(
                    source: Int(entry.place >> 40), line: Int(entry.place & UInt64(Self.largestLine)),
                    fingerprint: entry.fingerprint)
            }
            slot = (slot + 1) & (table.count - 1)
        }
        if count % Self.blockSize == 0 {
            blocks.append([])
            blocks[blocks.count - 1].reserveCapacity(Self.blockSize)
        }
        let source = UInt64(min(max(occurrence.source, 0), Self.largestSource))
        let line = UInt64(min(max(occurrence.line, 0), Self.largestLine))
        blocks[blocks.count - 1].append(
            Entry(
                high: device.high, low: device.low, place: source << 40 | line,
                fingerprint: occurrence.fingerprint))
        count += 1
        table[slot] = UInt32(truncatingIfNeeded: count)
        return nil
    }

    private func entry(_ number: Int) -> Entry { blocks[number / Self.blockSize][number % Self.blockSize] }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: table.count * 2)
        for number in 0..<count {
            let entry = entry(number)
            var slot = Self.hash(entry.high, entry.low) & (larger.count - 1)
            while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = UInt32(truncatingIfNeeded: number + 1)
        }
        table = larger
    }

    private static func hash(_ high: UInt64, _ low: UInt64) -> Int {
        var hasher = Hasher()
        hasher.combine(high)
        hasher.combine(low)
        return hasher.finalize()
    }
}
