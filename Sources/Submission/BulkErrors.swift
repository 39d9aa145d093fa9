import JSON

/// The error summary of a bulk operation, in the form of now and in that of before.
package enum BulkErrors {
    /// The rows, counted from 0, and what is wrong with each.
    package static func read(_ body: [UInt8]) -> [(row: Int, message: String)] {
        guard let json = try? JSONValue(parsing: body) else { return [] }
        if let texts = json["errors"]?.arrayValue {
            // `[17]: message`, counted from 0.
            return texts.compactMap { $0.stringValue }.compactMap { text in
                guard text.hasPrefix("["), let end = text.firstIndex(of: "]"),
                    let row = Int(text[text.index(after: text.startIndex)..<end]), row >= 0
                else { return nil }
                let message = text[text.index(after: end)...].drop { $0 == ":" || $0 == " " }
                return (row, String(message))
            }
        }
        // A text that ends in `(1-based)]: {"message":[1,2]}.`
        guard let text = json.stringValue ?? json["error"]?.stringValue ?? json["message"]?.stringValue,
            let marker = text.firstRange(of: "(1-based)]: "), let end = text.lastIndex(of: "}"),
            end > marker.upperBound,
            let object = try? JSONValue(parsing: Array(text[marker.upperBound...end].utf8))
        else { return [] }
        return (object.objectValue?.members ?? []).flatMap { member in
            (member.value.arrayValue ?? []).compactMap { row in
                guard let number = row.integerValue, let place = Int(exactly: number), place > 0 else {
                    return nil
                }
                return (place - 1, member.name)
            }
        }
    }
}
