import CSV
import Diagnostics
import InputOutput

/// The records of a CSV source, read in blocks as they are asked for.
final class CSVFile {
    /// What comes next, with the bytes of what is malformed.
    enum Item: Sendable {
        case record(CSVRecord)
        case malformed(CSVError, raw: [UInt8])
        /// More bytes of the record that was malformed last: it is too long to be had in one piece.
        case rest([UInt8])
    }

    private static let blockSize = 65_536

    private let source: ByteSource
    private var reader: CSVReader
    private var atEnd = false
    private var held: Item?

    /// - Parameter head: what was read of the source already.
    init(_ source: ByteSource, head: [UInt8] = [], keepsMalformed: Bool = false) {
        self.source = source
        reader = CSVReader(keepsMalformed: keepsMalformed)
        reader.append(head[...])
    }

    /// The next record or error; `nil` at the end.
    func next() throws(ToolError) -> CSVReader.Event? {
        while true {
            if let event = reader.next() { return event }
            if atEnd { return nil }
            try readMore()
        }
    }

    /// The same with the bytes of malformed records, for a file made with `keepsMalformed`.
    func nextItem() throws(ToolError) -> Item? {
        if let item = held {
            held = nil
            return item
        }
        while true {
            let event = reader.next()
            let bytes = reader.takeMalformed()
            switch event {
            case .malformed(let error)?: return .malformed(error, raw: bytes)
            case .record(let record)?:
                if bytes.isEmpty { return .record(record) }
                held = .record(record)
                return .rest(bytes)
            case nil:
                if !bytes.isEmpty { return .rest(bytes) }
                if atEnd { return nil }
                try readMore()
            }
        }
    }

    private func readMore() throws(ToolError) {
        var bytes: [UInt8] = []
        if try source.read(into: &bytes, limit: Self.blockSize) == 0 {
            reader.finish()
            atEnd = true
        } else {
            reader.append(bytes[...])
        }
    }
}
