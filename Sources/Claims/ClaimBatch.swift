public import CSV

/// The body of one bulk claim: one device a line, every field in quotation marks, LF, no header.
public struct ClaimBatch: Sendable {
    /// What the service takes in one request.
    public static let rowLimit = 1_000

    /// The number of this body, from 1.
    public private(set) var number = 1
    public private(set) var rowCount = 0
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var isFull: Bool { rowCount >= Self.rowLimit }

    /// Adds a line (``line(token:tags:into:)``); answers its 1-based number.
    public mutating func append(line: some Sequence<UInt8>) -> Int {
        bytes.append(contentsOf: line)
        rowCount += 1
        return rowCount
    }

    /// Begins the next body.
    public mutating func advance() {
        number += 1
        rowCount = 0
        bytes.removeAll(keepingCapacity: true)
    }

    /// Writes the line of one device: the token, and all its tags in one field where it has any.
    public static func line(token: ArraySlice<UInt8>, tags: ClaimTags?, into writer: inout CSVWriter) {
        writer.field(token, quoted: true)
        if let tags { writer.field(tags.text, quoted: true) }
        writer.endRecord()
    }
}
