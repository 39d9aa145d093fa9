import CSV
import JSON

enum Texts {
    /// What is written for a value, compact or indented, reads as the same value.
    static func checkJSON(_ bytes: [UInt8]) -> String? {
        guard let value = try? JSONValue(parsing: bytes) else { return nil }
        guard let compact = try? JSONValue(parsing: value.compact()) else {
            return "the compact text is not read"
        }
        guard compact == value else { return "the compact text is another value" }
        guard let indented = try? JSONValue(parsing: value.indented()) else {
            return "the indented text is not read"
        }
        guard indented == value else { return "the indented text is another value" }
        return nil
    }

    /// Records do not depend on how the text is cut, and fields survive writing and reading.
    static func checkCSV(_ bytes: [UInt8]) -> String? {
        let events = CSVReader.events(in: bytes)
        let step = Int(bytes.first ?? 0) % 7 + 1
        var reader = CSVReader()
        var cut: [CSVReader.Event] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + step, bytes.count)
            reader.append(bytes[start..<end])
            start = end
            while let event = reader.next() { cut.append(event) }
        }
        reader.finish()
        while let event = reader.next() { cut.append(event) }
        guard cut == events else { return "records depend on how the text is cut" }
        var writer = CSVWriter()
        var expected: [[[UInt8]]] = []
        for case .record(let record) in events {
            expected.append(record.fields.map { Array($0.bytes) })
            for field in record.fields { writer.field(field.bytes) }
            writer.endRecord()
        }
        let written = CSVReader.events(in: writer.bytes).map { event -> [[UInt8]]? in
            guard case .record(let record) = event else { return nil }
            return record.fields.map { Array($0.bytes) }
        }
        guard written == expected else { return "the written records read differently" }
        return nil
    }
}
