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

    /// Nothing.
    public init() {}

    /// Adds what another text names.
    public mutating func add(_ others: NamedDevices) {
        for other in others.uuids where !uuids.contains(other) { uuids.append(other) }
        for other in others.imeis where !imeis.contains(other) { imeis.append(other) }
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
            if scalar.value >= 0x80, scalar.isInvisible || Self.isMark(scalar) {
                isWhole = false
                continue
            }
            let octet = GlyphFold.ascii(scalar) ?? 0x7F
            symbols.append(octet)
            exact.append(scalar.value < 0x80 ? octet : 0)
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

    private static let layouts = [[8, 4, 4, 4, 12], [32]]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        default: false
        }
    }

    // MARK: Finding

    private mutating func find(_ symbols: [UInt8], _ exact: [UInt8], _ isWhole: Bool) {
        // The shortest that counts are 14 digits.
        guard symbols.count >= 14 else { return }
        var digits = 0
        var confusables = 0
        for symbol in symbols {
            if Self.hex(symbol) != nil { digits += 1 }
            if Self.confusable(symbol) != nil { confusables += 1 }
        }
        guard digits + confusables >= 14 else { return }
        if digits >= 14 { find(symbols, exact, isWhole: isWhole) }
        guard confusables > 0 else { return }
        // O for 0 and l for 1: letters are digits only where nothing was found without that.
        let read = symbols.map { Self.confusable($0) ?? $0 }
        find(read, exact, isWhole: false)
    }

    private mutating func find(_ symbols: [UInt8], _ exact: [UInt8], isWhole: Bool) {
        var covered = [Bool](repeating: false, count: 0)
        for run in DigitRun.all(in: symbols, { Self.hex($0) }) {
            // What is written as a UUID first: parts of two in a row are none.
            let places = run.windows(of: 32)
            let usual = places.filter { Self.layouts.contains(run.groups($0, 32)) }
            for place in usual + places.filter({ !usual.contains($0) }) {
                let range = run.range(place, 32)
                if !covered.isEmpty, range.contains(where: { covered[$0] }) { continue }
                guard let uuid = Self.uuid(run.values[place..<place + 32]) else { continue }
                if !uuids.contains(where: { $0.uuid == uuid }) {
                    let isCanonical =
                        isWhole && Self.isCanonical(exact, range, uuid) && !Self.isDisguised(symbols, range)
                    uuids.append(NamedUUID(uuid: uuid, isCanonical: isCanonical))
                }
                if covered.isEmpty { covered = [Bool](repeating: false, count: symbols.count) }
                for index in range { covered[index] = true }
            }
        }
        for run in DigitRun.all(in: symbols, { 0x30...0x39 ~= $0 ? $0 - 0x30 : nil }) {
            for length in 14...16 {
                for place in run.windows(of: length) {
                    let range = run.range(place, length)
                    if !covered.isEmpty, range.allSatisfy({ covered[$0] }) { continue }
                    let found = NamedIMEI(
                        run.values[place..<place + length],
                        isCalledSo: Self.isCalledIMEI(symbols, range), groups: run.groups(place, length))
                    if let known = imeis.firstIndex(where: { $0.serial == found.serial }) {
                        if found.isCertain { imeis[known] = found }
                    } else {
                        imeis.append(found)
                    }
                }
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

    /// Whether a number is called an IMEI by what stands in front of it.
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

    /// The digit for which a letter may be taken.
    private static func confusable(_ symbol: UInt8) -> UInt8? {
        switch symbol {
        case UInt8(ascii: "o"): 0x30
        case UInt8(ascii: "l"), UInt8(ascii: "i"), UInt8(ascii: "|"): 0x31
        default: nil
        }
    }
}

/// A number in a text that is, or may be, the IMEI of a device.
public struct NamedIMEI: Sendable, Hashable {
    /// What tells devices apart: the first 14 digits. The 15th is a check digit, an IMEISV has two of a version.
    public let serial: Int64
    /// All 15 digits, where there are so many.
    public let number: Int64?
    /// Whether the text can hardly mean anything else: 15 digits with a right check digit, in one piece or in the groups
    /// in which IMEIs are printed, or a number that is called `nrf-` or `imei`. Any other number of 14 to 16 digits is an
    /// IMEI only if a registry knows it as one.
    public let isCertain: Bool

    private static let layouts = [[15], [14, 1], [2, 6, 6, 1], [6, 2, 6, 1], [8, 6, 1]]

    init(_ digits: ArraySlice<UInt8>, isCalledSo: Bool, groups: [Int]) {
        serial = digits.prefix(14).reduce(0) { $0 * 10 + Int64($1) }
        number = digits.count == 15 ? digits.reduce(0) { $0 * 10 + Int64($1) } : nil
        let isIMEI =
            Self.layouts.contains(groups) && IMEI.isValid(digits.map { $0 + 0x30 }[...])
        isCertain = isIMEI || isCalledSo && digits.count >= 15
    }
}

extension IMEI {
    /// What tells devices apart: all but the check digit.
    public var serial: Int64 { number / 10 }

    /// The 15 digits as a number.
    public var number: Int64 { description.utf8.reduce(0) { $0 * 10 + Int64($1 & 0x0F) } }
}

/// Digits with nothing but separators in between.
private struct DigitRun {
    private(set) var values: [UInt8] = []
    /// Where they stand in the text.
    private var places: [Int] = []

    static func all(in symbols: [UInt8], _ value: (UInt8) -> UInt8?) -> [DigitRun] {
        var runs: [DigitRun] = []
        var run = DigitRun()
        for (place, symbol) in symbols.enumerated() {
            if let digit = value(symbol) {
                run.values.append(digit)
                run.places.append(place)
            } else if !NamedDevices.isSeparator(symbol) {
                if run.values.count >= 14 { runs.append(run) }
                run = DigitRun()
            }
        }
        if run.values.count >= 14 { runs.append(run) }
        return runs
    }

    /// Where so many digits stand between separators or the ends of the run.
    func windows(of length: Int) -> [Int] {
        guard values.count >= length else { return [] }
        return (0...values.count - length).filter { isEdge($0) && isEdge($0 + length) }
    }

    private func isEdge(_ index: Int) -> Bool {
        index == 0 || index == values.count || places[index] != places[index - 1] + 1
    }

    /// How many digits of a window stand together each time.
    func groups(_ index: Int, _ length: Int) -> [Int] {
        var groups = [0]
        for place in index..<index + length {
            if place > index, isEdge(place) { groups.append(0) }
            groups[groups.count - 1] += 1
        }
        return groups
    }

    func range(_ index: Int, _ length: Int) -> Range<Int> { places[index]..<places[index + length - 1] + 1 }
}
