import Diagnostics
import JSON

extension ClaimRow {
    /// The row in one line of JSON Lines: an object with `token` (or `attestationToken`), and perhaps `imei`, `uuid`
    /// (or `deviceUuid`, `deviceId`), `time` (or `timestamp`) and `tags`, a text with commas or an array of texts.
    public init(line: Int, json: ArraySlice<UInt8>) {
        self.init(line: line, raw: json)
        do throws(ClaimFinding) {
            let value = try Self.object(json)
            token = try Self.cell(value, .token, "token", "attestationToken")
            imei = try Self.cell(value, .imei, "imei")
            uuid = try Self.cell(value, .uuid, "uuid", "deviceUuid", "deviceId")
            time = try Self.cell(value, .time, "time", "timestamp")
            tags = try Self.tags(value["tags"])
        } catch {
            finding = error
        }
    }

    private static func object(_ json: ArraySlice<UInt8>) throws(ClaimFinding) -> JSONValue {
        let hint = "write one JSON object a line, with the member token"
        let value: JSONValue
        do {
            value = try JSONValue(parsing: json.trimmed)
        } catch {
            throw ClaimFinding(.json, "\(error.message), character \(error.column)", hint: hint)
        }
        guard value.objectValue != nil else {
            throw ClaimFinding(.json, "expected an object, found \(value.kind)", hint: hint)
        }
        return value
    }

    private static func cell(
        _ object: JSONValue, _ field: ClaimField, _ names: String...
    ) throws(ClaimFinding) -> Cell? {
        for name in names {
            guard let value = object[name] else { continue }
            if case .null = value { return nil }
            guard let text = value.stringValue else {
                throw ClaimFinding(
                    .json, "expected a text as \(name), found \(value.kind)", field: field,
                    hint: "put the value in quotation marks")
            }
            return Cell(Array(text.utf8)[...])
        }
        return nil
    }

    private static func tags(_ value: JSONValue?) throws(ClaimFinding) -> Cell? {
        guard let value else { return nil }
        if case .null = value { return nil }
        if let text = value.stringValue { return Cell(Array(text.utf8)[...]) }
        let texts = value.arrayValue?.map(\.stringValue)
        guard let texts, !texts.contains(nil) else {
            throw ClaimFinding(
                .json, "expected a text or an array of texts as tags, found \(value.kind)", field: .tags,
                hint: "write the tags as [\"one\",\"two\"]")
        }
        let tags = texts.compactMap { $0 }
        guard !tags.contains(where: { $0.utf8.contains(UInt8(ascii: ",")) }) else {
            throw ClaimFinding(
                .json, "expected tags without commas, found one in the array", field: .tags,
                hint: "a comma separates tags; rename the tag")
        }
        return Cell(Array(tags.joined(separator: ",").utf8)[...])
    }
}
