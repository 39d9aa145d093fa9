public import CSV
public import DeviceIdentity
public import Diagnostics

/// Which columns of a CSV hold what.
public struct ColumnPlaces: Sendable, Equatable {
    private var places: [FieldName: Int]
    /// How many columns the header has.
    public let count: Int

    /// The columns whose titles say that a UUID in them is of something else than a device.
    public private(set) var others: Set<Int> = []

    /// The titles that name nothing that is known.
    public private(set) var unknown: [String] = []

    public subscript(field: FieldName) -> Int? { places[field] }

    /// Columns of a file without a header.
    public init(_ places: [FieldName: Int], count: Int) {
        self.places = places
        self.count = count
    }

    /// The columns that a header names; nil when the record is a row.
    ///
    /// - Parameters:
    ///   - needed: the fields of which a header names at least one.
    ///   - alike: fields that mean the same to the command: at most one of them may be there.
    /// - Throws: ``ToolError`` with `csv` when two columns mean the same, for which of them counts nobody can know, and
    ///   when the record is a header that names nothing that is needed.
    public init?(
        header record: CSVRecord, needing needed: Set<FieldName>, alike: Set<FieldName> = [],
        isFirst: Bool = true
    ) throws(ToolError) {
        guard record.raw.count <= Self.longestTitle * record.count + 8 else { return nil }
        let titles = record.fields.map(\.bytes)
        guard titles.allSatisfy({ $0.count <= Self.longestTitle }) else { return nil }
        var places: [FieldName: Int] = [:]
        var twice: (Int, Int)?
        for (index, title) in titles.enumerated() {
            guard let field = FieldName(title: title) else { continue }
            let kin = alike.contains(field) ? alike : [field]
            if let other = kin.compactMap({ places[$0] }).min() { twice = twice ?? (other, index) }
            places[field] = index
        }
        guard !places.keys.filter({ needed.contains($0) }).isEmpty else {
            if isFirst, Self.isHeader(titles) { throw Self.nothingNeeded(record, titles, needed) }
            return nil
        }
        if let twice {
            let names = [twice.0, twice.1].map { "'\(String(decoding: titles[$0], as: UTF8.self))'" }
            throw ToolError(
                .csv,
                "expected one column for each thing, found two for the same: \(names[0]) and \(names[1])",
                hint: "remove or rename one of the two columns")
        }
        self.init(places, count: record.count)
        unknown = titles.filter { !$0.trimmed.isEmpty && FieldName(title: $0) == nil }
            .map { String(decoding: $0.trimmed, as: UTF8.self) }
        others = Set(titles.indices.filter { FieldName.namesSomethingElse(titles[$0]) })
    }

    /// No title is longer; UUIDs and tokens are, so that rows need no look at their words.
    private static let longestTitle = 32

    /// Words alone: no row of ours is without digits or a long text.
    private static func isHeader(_ titles: [ArraySlice<UInt8>]) -> Bool {
        titles.count > 1
            && titles.allSatisfy { title in
                let text = title.drop { $0.isBlank || $0 >= 0x80 }
                guard let first = text.first else { return false }
                return (0x41...0x5a ~= first || 0x61...0x7a ~= first) && DeviceUUID(text: title) == nil
            }
    }

    private static func nothingNeeded(
        _ record: CSVRecord, _ titles: [ArraySlice<UInt8>], _ needed: Set<FieldName>
    ) -> ToolError {
        let names = FieldName.allCases.filter(needed.contains).map(\.rawValue).joined(separator: " or ")
        let found = titles.prefix(6).map { "'\(String(decoding: $0, as: UTF8.self))'" }.joined(
            separator: ", ")
        return ToolError(
            .csv, "expected a header that names \(names), found \(found)",
            hint: "name the column; without a header the columns are imei,uuid,token,time")
    }
}
