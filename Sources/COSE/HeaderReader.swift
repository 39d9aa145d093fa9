import CBOR

/// Reads the two header maps of a COSE message (RFC 9052 §3).
struct HeaderReader {
    private let bytes: [UInt8]
    private(set) var algorithm: Int64?
    private(set) var hasTextAlgorithm = false
    private(set) var keyID: Range<Int>?
    private var labels: [Label] = []

    private enum Label: Equatable {
        case number(Int64)
        case text(ArraySlice<UInt8>)
    }

    /// Header maps in this field have one or two entries; a map beyond this is refused.
    private static let entryLimit = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The protected bstr holds an encoded map, or is empty for an empty one.
    mutating func readProtected(_ range: Range<Int>) throws(COSEError) {
        if range.isEmpty { return }
        var reader = CBORReader(bytes, range: range)
        try readMap(&reader, isProtected: true)
        try cose { () throws(CBORError) in try reader.expectEnd() }
    }

    mutating func readUnprotected(_ reader: inout CBORReader) throws(COSEError) {
        try readMap(&reader, isProtected: false)
    }

    private mutating func readMap(_ reader: inout CBORReader, isProtected: Bool) throws(COSEError) {
        let start = reader.offset
        let count = try cose { () throws(CBORError) in try reader.readMapHeader() }
        guard count <= Self.entryLimit else {
            throw .structure(offset: start, "expected at most \(Self.entryLimit) headers, found \(count)")
        }
        for _ in 0..<count {
            let offset = reader.offset
            let label = try readLabel(&reader)
            guard !labels.contains(label) else {
                throw .structure(offset: offset, "header label given twice")
            }
            labels.append(label)
            switch label {
            case .number(1): try readAlgorithm(&reader, isProtected: isProtected)
            case .number(2):
                // Whoever lists critical headers wants them understood; Assay understands none beyond these.
                throw .structure(offset: offset, "critical headers (label 2) are not supported")
            case .number(4): keyID = try cose { () throws(CBORError) in try reader.readByteString() }
            default: try cose { () throws(CBORError) in try reader.skipItem() }
            }
        }
    }

    private func readLabel(_ reader: inout CBORReader) throws(COSEError) -> Label {
        if reader.peekMajorType() == 3 {
            return .text(bytes[try cose { () throws(CBORError) in try reader.readTextString() }])
        }
        return .number(try cose { () throws(CBORError) in try reader.readInteger() })
    }

    private mutating func readAlgorithm(_ reader: inout CBORReader, isProtected: Bool) throws(COSEError) {
        if reader.peekMajorType() == 3 {
            try cose { () throws(CBORError) in _ = try reader.readTextString() }
            if isProtected { hasTextAlgorithm = true }
            return
        }
        let value = try cose { () throws(CBORError) in try reader.readInteger() }
        if isProtected { algorithm = value }
    }
}
