import JSON

/// The error summary of a bulk operation, in the form of now and in that from before.
enum BulkErrors {
    /// The rows, counted from 0, and what is wrong with each; `nil` where something in it cannot be read, so that it does not
    /// say which rows are in.
    static func read(_ body: [UInt8]) -> [Int: String]? {
        guard let json = try? JSONValue(parsing: body) else { return nil }
        let rows = json["errors"].map(texts) ?? summary(json)
        guard let rows, !rows.isEmpty else { return nil }
        return Dictionary(rows) { first, _ in first }
    }

    /// `[17]: message`, counted from 0.
    private static func texts(_ json: JSONValue) -> [(Int, String)]? {
        guard let elements = json.arrayValue else { return nil }
        var rows: [(Int, String)] = []
        for element in elements {
            guard let text = element.stringValue, text.hasPrefix("["), let end = text.firstIndex(of: "]"),
                let row = Int(text[text.index(after: text.startIndex)..<end]), row >= 0
            else { return nil }
            let message = text[text.index(after: end)...].drop { $0 == ":" || $0 == " " }
            rows.append((row, String(message)))
        }
        return rows
    }

    /// A text that ends in `(1-based)]: {"message":[1,2]}.`
    private static func summary(_ json: JSONValue) -> [(Int, String)]? {
        guard let text = json.stringValue ?? json["error"]?.stringValue ?? json["message"]?.stringValue,
            let marker = text.firstRange(of: "(1-based)]: "), let end = text.lastIndex(of: "}"),
            end > marker.upperBound,
            let object = try? JSONValue(parsing: Array(text[marker.upperBound...end].utf8)).objectValue
        else { return nil }
        var rows: [(Int, String)] = []
        for member in object.members {
            guard let numbers = member.value.arrayValue else { return nil }
            for number in numbers {
                guard let number = number.integerValue, let place = Int(exactly: number), place > 0 else {
                    return nil
                }
                rows.append((place - 1, member.name))
            }
        }
        return rows
    }
}
