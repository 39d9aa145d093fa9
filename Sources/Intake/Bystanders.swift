public import CSV
public import DeviceIdentity

/// What stands in a row or an object beside the cells that are read of it and yet has the shape of an input, or names a
/// device: nothing of that is passed over.
public struct Bystanders: Sendable {
    /// Words that have the shape of a token.
    public private(set) var tokens: [ArraySlice<UInt8>] = []
    /// Devices other than the known one, each the whole of a cell: also of one within a cell, as a quotation mark that is
    /// closed too late makes them of the rows that it swallows.
    public private(set) var devices: [DeviceUUID] = []
    /// Certification requests in PEM.
    public private(set) var requests = 0

    /// How every attestation token begins.
    private static let tokenStart = Array("2dn3hQFQ".utf8)
    private static let begin = Array("-----BEGIN".utf8)
    private static let requestLabels = [" CERTIFICATE REQUEST-----", " NEW CERTIFICATE REQUEST-----"]
        .map { Array($0.utf8) }
    private static let separators = Array(",;\t\r\n\"'".utf8)

    public init() {}

    /// - Parameters:
    ///   - read: the columns that are read as inputs.
    ///   - others: the columns whose UUIDs are of something else than devices.
    ///   - known: the device that the row is known to be about.
    public init(
        of record: CSVRecord, beside read: [Int], others: Set<Int> = [], known: DeviceUUID? = nil
    ) {
        let taken = read.compactMap { record.range(of: $0) }.sorted { $0.lowerBound < $1.lowerBound }
        var start = 0
        for range in taken + [record.raw.count..<record.raw.count] {
            if start < range.lowerBound {
                scan(record.raw[start..<range.lowerBound], known) { offset in
                    others.contains { record.range(of: $0)?.contains(offset) == true }
                }
            }
            start = max(start, range.upperBound)
        }
    }

    /// Adds what stands in a text, such as the value of a member.
    ///
    /// - Parameter isOther: whether a UUID in it is of something else than a device.
    public mutating func add(_ text: ArraySlice<UInt8>, known: DeviceUUID? = nil, isOther: Bool = false) {
        scan(text, known) { _ in isOther }
    }

    public var isEmpty: Bool { tokens.isEmpty && devices.isEmpty && requests == 0 }

    /// One pass over the words: every row of a long file takes it.
    private mutating func scan(
        _ text: ArraySlice<UInt8>, _ known: DeviceUUID?, isOther: (Int) -> Bool
    ) {
        var start = text.startIndex
        for index in text.indices where !LineShape.isTokenCharacter(text[index]) {
            if index - start >= Self.begin.count { look(text, start..<index, known, isOther) }
            start = index + 1
        }
        if text.endIndex - start >= Self.begin.count { look(text, start..<text.endIndex, known, isOther) }
    }

    private mutating func look(
        _ text: ArraySlice<UInt8>, _ place: Range<Int>, _ known: DeviceUUID?, _ isOther: (Int) -> Bool
    ) {
        let word = text[place]
        if word.count == 36, let device = DeviceUUID(text: word) {
            if device != known, Self.isCell(text, place), !isOther(place.lowerBound) {
                devices.append(device)
            }
        } else if Self.isToken(word) {
            tokens.append(word)
        } else if word.suffix(Self.begin.count).elementsEqual(Self.begin),
            Self.requestLabels.contains(where: { text[place.upperBound...].starts(with: $0) })
        {
            requests += 1
        }
    }

    /// Whether a word has a cell for itself.
    private static func isCell(_ text: ArraySlice<UInt8>, _ place: Range<Int>) -> Bool {
        func ends(_ byte: UInt8?) -> Bool { byte.map(separators.contains) ?? true }
        return ends(text[..<place.lowerBound].last { $0 != 0x20 })
            && ends(text[place.upperBound...].first { $0 != 0x20 })
    }

    /// Stricter than for a line of its own: cells hold names of files, addresses and JWTs as well, which have dots.
    private static func isToken(_ word: ArraySlice<UInt8>) -> Bool {
        if word.starts(with: tokenStart) { return true }
        guard LineShape.isToken(word), let first = word.first else { return false }
        return first != UInt8(ascii: "/") && first != UInt8(ascii: ".")
            && word.count { $0 == UInt8(ascii: ".") } == 1
    }
}
