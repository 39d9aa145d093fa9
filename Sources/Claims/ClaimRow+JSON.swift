import Diagnostics
import JSON

extension ClaimRow {
    /// The row in one line of JSON Lines: an object whose members are called as the columns of a header are, `token`
    /// or `attestationToken` and so on; `tags` is a text with commas or an array of texts. Other members say nothing,
    /// and neither does null.
    public init(line: Int, json: ArraySlice<UInt8>) {
        self.init(line: line, raw: json)
        do throws(ClaimFinding) {
            for member in try Self.members(json) {
                guard let field = ClaimField(title: Array(member.name.utf8)[...]) else { continue }
                if case .null = member.value { continue }
                guard self[field] == nil else {
                    throw ClaimFinding(
                        .json, "expected one member for \(field.rawValue), found two", field: field,
                        hint: "remove one of the two members")
                }
                self[field] = try field == .tags ? Self.tags(member.value) : Self.cell(member.value, field)
            }
        } catch {
            finding = error
        }
    }

    private static func members(_ json: ArraySlice<UInt8>) throws(ClaimFinding) -> [JSONObject.Member] {
        let hint: Hint = "write one JSON object a line, with the member token"
        let value: JSONValue
        do {
            value = try JSONValue(parsing: json.trimmed)
        } catch {
            throw ClaimFinding(.json, "\(error.message), character \(error.column)", hint: hint)
        }
        guard let object = value.objectValue else {
            throw ClaimFinding(.json, "expected an object, found \(value.kind)", hint: hint)
        }
        return object.members
    }

    private static func cell(_ value: JSONValue, _ field: ClaimField) throws(ClaimFinding) -> Cell {
        guard let text = value.stringValue else {
            throw ClaimFinding(
                .json, "expected a text as \(field.rawValue), found \(value.kind)", field: field,
                hint: "put the value in quotation marks")
        }
        return Cell(Array(text.utf8)[...])
    }

    private static func tags(_ value: JSONValue) throws(ClaimFinding) -> Cell {
        if let text = value.stringValue { return Cell(Array(text.utf8)[...]) }
        let texts = value.arrayValue?.map(\.stringValue)
        guard let texts, !texts.contains(nil) else {
            throw ClaimFinding(
                .json, "expected a text or an array of texts as tags, found \(value.kind)", field: .tags,
                hint: "write the tags as [\"one\",\"two\"]")
        }
        let tags = texts.compactMap { $0 }
        guard !tags.contains("") else {
            throw ClaimFinding(
                .json, "expected tags, found an empty text in the array", field: .tags,
                hint: "remove the empty text")
        }
        guard !tags.contains(where: { $0.utf8.contains(UInt8(ascii: ",")) }) else {
            throw ClaimFinding(
                .json, "expected tags without commas, found one in the array", field: .tags,
                hint: "a comma separates tags; rename the tag")
        }
        return Cell(Array(tags.joined(separator: ",").utf8)[...])
    }
}
