package import JSON

extension JSONValue {
    /// The same with every text in it, names of members too, put through `change`.
    package func mapped(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let elements): .array(elements.map { $0.mapped(change) })
        case .object(let object):
            .object(
                JSONObject(object.members.map { (name: change($0.name), value: $0.value.mapped(change)) }))
        case .null, .bool, .integer, .number: self
        }
    }
}
