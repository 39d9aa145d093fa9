import Diagnostics

/// The devices that a text names, by UUID or IMEI, however they are written in it: with other separators or none, with
/// digits of other scripts, in braces, inside a longer text.
///
/// A name that only looks like another device's is as good as that name to whoever reads it. What is found here decides
/// who may have the name; what is written decides whether it may be written so.
public struct NamedDevices: Sendable, Equatable {
    /// A UUID in a text.
    public struct NamedUUID: Sendable, Equatable {
        public let uuid: DeviceUUID
        /// Whether it is written 8-4-4-4-12 with hyphens, in either case, and stands for nothing but itself.
        public let isCanonical: Bool

        /// A UUID that was found.
        public init(uuid: DeviceUUID, isCanonical: Bool) {
            self.uuid = uuid
            self.isCanonical = isCanonical
        }
    }

    public private(set) var uuids: [NamedUUID] = []
    public private(set) var imeis: [NamedIMEI] = []
    /// All other 32 digits in a row: part of a longer number, such as a digest, or UUIDs that another digit touches. They
    /// are a device's UUID only if a registry has it, and then the name is not that device's own way to write it.
    public private(set) var possibleUUIDs = Candidates<DeviceUUID>()
    /// The same of 14 digits in a row, the first of an IMEI.
    public private(set) var possibleSerials = Candidates<Int64>()
    /// Whether something is written as UUIDs are, with letters of other scripts where digits belong that are not read as any.
    public private(set) var hasUnreadableUUID = false

    /// Whether there is more in it than is found: no name of a device, or of anything, is so long a number.
    public var isOverfull: Bool {
        possibleUUIDs.isOverfull || possibleSerials.isOverfull || imeis.count > Self.limit
    }

    /// How many IMEIs a text may hold.
    private static let limit = 1_000

    /// Nothing.
    public init() {}

    /// Adds what another text names.
    public mutating func add(_ others: NamedDevices) {
        for other in others.uuids where !uuids.contains(other) { uuids.append(other) }
        for other in others.imeis where !imeis.contains(other) { imeis.append(other) }
        possibleUUIDs.add(others.possibleUUIDs)
        possibleSerials.add(others.possibleSerials)
        hasUnreadableUUID = hasUnreadableUUID || others.hasUnreadableUUID
    }

    /// What a text names.
    public init(in text: some Sequence<Unicode.Scalar>) {
        var symbols: [UInt8] = []
        var exact: [UInt8] = []
        symbols.reserveCapacity(64)
        exact.reserveCapacity(64)
        var isWhole = true
        for scalar in text {
            // A digit with a mark on it is still the digit, and so is one beside what cannot be seen.
            if scalar.value >= 0x80, Self.isMark(scalar) || scalar.isInvisible {
                if scalar.isInvisible || exact.isEmpty { isWhole = false } else { exact[exact.count - 1] = 0 }
                continue
            }
            GlyphReading.read(scalar, into: &symbols)
            while exact.count < symbols.count { exact.append(scalar.value < 0x80 ? symbols[exact.count] : 0) }
        }
        find(symbols, exact, isWhole)
    }

    /// The same in ASCII.
    public init(ascii octets: ArraySlice<UInt8>) {
        // Nearly all names: each certificate comes through here.
        if octets.count == 36, let uuid = DeviceUUID(text: octets) {
            uuids = [NamedUUID(uuid: uuid, isCanonical: true)]
            return
        }
        guard Self.mayName(octets.span) else { return }
        let symbols = octets.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
        find(symbols, symbols, true)
    }

    /// Whether ASCII has as many digits, or letters that may be taken for digits, as the shortest number that counts.
    public static func mayName(_ octets: borrowing Span<UInt8>) -> Bool {
        guard octets.count >= 14 else { return false }
        let table = digitLike.span
        var count = 0
        for index in octets.indices {
            count += Int(table[Int(octets[index])])
        }
        return count >= 14
    }

    /// 1 for hexadecimal digits and letters that may be taken for one.
    private static let digitLike: [UInt8] = (0..<256).map { value in
        let octet = UInt8(truncatingIfNeeded: value)
        let symbol = 0x41...0x5A ~= octet ? octet | 0x20 : octet
        return hex(symbol) != nil || confusable(symbol) != nil ? 1 : 0
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        case .spacingMark: !GlyphReading.isLookAlike(scalar)
        default: GlyphFold.isPartOfSyllable(scalar)
        }
    }

    // MARK: Finding

    private mutating func find(_ symbols: [UInt8], _ exact: [UInt8], _ isWhole: Bool) {
        // The shortest that counts are 14 digits.
        guard symbols.count >= 14 else { return }
        var digits = 0
        var letters = 0
        var strokes = 0
        var unreadable = 0
        for symbol in symbols {
            if Self.hex(symbol) != nil { digits += 1 }
            if symbol == Self.stroke { strokes += 1 } else if Self.confusable(symbol) != nil { letters += 1 }
            if symbol == GlyphReading.unreadable { unreadable += 1 }
        }
        guard digits + letters + strokes >= 14 else { return }
        if digits >= 14 { find(symbols, exact, isWhole: isWhole) }
        if unreadable > 0 { findUnreadable(symbols, exact) }
        // O for 0 and l for 1, with strokes as the separators that they may be, then as 1.
        for isStroke in [false, true] where (isStroke ? strokes : letters) > 0 {
            let read = symbols.map { $0 == Self.stroke && !isStroke ? $0 : Self.confusable($0) ?? $0 }
            find(read, exact, isWhole: false)
            if unreadable > 0 { findUnreadable(read, exact) }
        }
    }

    private mutating func find(_ symbols: [UInt8], _ exact: [UInt8], isWhole: Bool) {
        var covered: [Bool] = []
        let runs = DigitRun.all(in: symbols) { Self.hex($0) }
        for run in runs where run.values.count >= 32 {
            // What is written as a UUID first: parts of two in a row are none.
            let usual = run.usualUUIDs()
            for place in usual + run.windows(of: 32).filter({ !usual.contains($0) }) {
                let range = run.range(place, 32)
                if !usual.contains(place), !covered.isEmpty, range.contains(where: { covered[$0] }) {
                    continue
                }
                guard let uuid = Self.uuid(run.values[place..<place + 32]) else { continue }
                if !uuids.contains(where: { $0.uuid == uuid }) {
                    let isCanonical =
                        isWhole && Self.isCanonical(exact, range, uuid) && !Self.isDisguised(symbols, range)
                    uuids.append(NamedUUID(uuid: uuid, isCanonical: isCanonical))
                }
                if covered.isEmpty { covered = [Bool](repeating: false, count: symbols.count) }
                for index in range { covered[index] = true }
            }
            findPossible(run)
        }
        for run in DigitRun.all(in: symbols, { 0x30...0x39 ~= $0 ? $0 - 0x30 : nil }) {
            for length in 14...16 {
                for place in run.windows(of: length) where imeis.count <= Self.limit {
                    let range = run.range(place, length)
                    if !covered.isEmpty, range.allSatisfy({ covered[$0] }) { continue }
                    let found = NamedIMEI(
                        run.values[place..<place + length],
                        isCalledSo: Self.isCalledIMEI(symbols, range), groups: run.groups(place, length),
                        isWithinDigest: runs.contains { $0.hasPiece(around: range, of: 33) })
                    if let known = imeis.firstIndex(where: { $0.serial == found.serial }) {
                        if found.isCertain { imeis[known] = found }
                    } else {
                        imeis.append(found)
                    }
                }
            }
            findPossible(run, covered)
        }
    }

    /// 32 digits at any place of more.
    private mutating func findPossible(_ run: DigitRun) {
        guard run.values.count > 32 else { return }
        for place in 0...run.values.count - 32 {
            guard let uuid = Self.uuid(run.values[place..<place + 32]) else { continue }
            if uuids.contains(where: { $0.uuid == uuid }) { continue }
            guard possibleUUIDs.insert(uuid) else { return }
        }
    }

    /// 14 digits at any place of more, which are no IMEI for certain.
    private mutating func findPossible(_ run: DigitRun, _ covered: [Bool]) {
        let count = run.values.count
        guard count > 14 else { return }
        let first = run.values.prefix(14).reduce(0) { $0 * 10 + Int64($1) }
        if count == 15, imeis.contains(where: { $0.isCertain && $0.serial == first }) { return }
        for place in 0...count - 14 {
            if !covered.isEmpty, run.range(place, 14).allSatisfy({ covered[$0] }) { continue }
            let serial = run.values[place..<place + 14].reduce(0) { $0 * 10 + Int64($1) }
            if imeis.contains(where: { $0.serial == serial }) { continue }
            guard possibleSerials.insert(serial) else { return }
        }
    }

    /// Whether 32 characters stand as those of a UUID do, nearly all of them digits, and the others of a script that is not
    /// read.
    private mutating func findUnreadable(_ symbols: [UInt8], _ exact: [UInt8]) {
        let unread: UInt8 = 0x10
        for run in DigitRun.all(in: symbols, { $0 == GlyphReading.unreadable ? unread : Self.hex($0) }) {
            for place in run.usualUUIDs() {
                let count = run.values[place..<place + 32].count { $0 == unread }
                let plain = exact[run.range(place, 32)].count { Self.hex($0) != nil }
                // Words of a language have some letters that look like these, and no digits.
                if 1...8 ~= count, plain >= 4 { hasUnreadableUUID = true }
            }
        }
    }

    /// The 16 octets of 32 digits.
    private static func uuid(_ digits: ArraySlice<UInt8>) -> DeviceUUID? {
        var octets: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            if let first = high {
                octets.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return DeviceUUID(bytes: octets[...])
    }

    private static func isCanonical(_ exact: [UInt8], _ range: Range<Int>, _ uuid: DeviceUUID) -> Bool {
        range.count == 36 && exact[range].elementsEqual(uuid.textBytes)
    }

    /// Whether a text is a UUID and nothing else to a reader, but not to a comparison: in braces, after `urn:uuid:`,
    /// between spaces.
    private static func isDisguised(_ symbols: [UInt8], _ range: Range<Int>) -> Bool {
        if range.count == symbols.count { return false }
        let rest = (symbols[..<range.lowerBound] + symbols[range.upperBound...]).filter { !isSeparator($0) }
        return rest.isEmpty || rest == Array("urnuuid".utf8) || rest == Array("uuid".utf8)
    }

    /// Whether a number is called an IMEI by what stands before it.
    private static func isCalledIMEI(_ symbols: [UInt8], _ range: Range<Int>) -> Bool {
        var end = range.lowerBound
        while end > 0, isSeparator(symbols[end - 1]) { end -= 1 }
        let before = symbols[..<end]
        return before.suffix(3).elementsEqual("nrf".utf8) || before.suffix(4).elementsEqual("imei".utf8)
    }

    static func isSeparator(_ symbol: UInt8) -> Bool {
        switch symbol {
        case 0x30...0x39, 0x61...0x7A, 0x7F: false
        default: true
        }
    }

    private static func hex(_ symbol: UInt8) -> UInt8? {
        switch symbol {
        case 0x30...0x39: symbol - 0x30
        case 0x61...0x66: symbol - 0x61 + 10
        default: nil
        }
    }

    /// What may be a 1, and may be a separator.
    private static let stroke = UInt8(ascii: "|")

    /// The digit for which a letter may be taken.
    private static func confusable(_ symbol: UInt8) -> UInt8? {
        switch symbol {
        case UInt8(ascii: "o"): 0x30
        case UInt8(ascii: "l"), UInt8(ascii: "i"), stroke: 0x31
        default: nil
        }
    }
}
