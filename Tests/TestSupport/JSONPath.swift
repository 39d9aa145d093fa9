import Foundation

/// A JSON value as the script command `json` compares it.
indirect enum ScriptJSON: Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Decimal)
    case string(String)
    case array([ScriptJSON])
    case object([String: ScriptJSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Decimal.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([ScriptJSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: ScriptJSON].self))
        }
    }

    init(parsing text: some StringProtocol) throws {
        self = try JSONDecoder().decode(ScriptJSON.self, from: Data(text.utf8))
    }

    /// What a script's word stands for: itself if it is JSON (`17`, `true`, `"17"`, `[]`), else that string.
    init(word: String) {
        self = (try? ScriptJSON(parsing: word)) ?? .string(word)
    }

    /// The member that a path leads to, or nil.
    ///
    /// `[2].failures[0].code` starts at the third line of JSON Lines (`[-1]` is the last); `.commands[0]` and
    /// `commands[0]` start at the whole text as one document.
    static func find(_ path: String, in text: String) throws -> ScriptJSON? {
        var steps = try Self.steps(of: path)
        var value: ScriptJSON
        if case .index(let line)? = steps.first, path.hasPrefix("[") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
            guard let found = Self.element(line, of: lines) else { return nil }
            value = try ScriptJSON(parsing: found)
            steps.removeFirst()
        } else {
            value = try ScriptJSON(parsing: text)
        }
        for step in steps {
            switch (step, value) {
            case (.name(let name), .object(let members)):
                guard let member = members[name] else { return nil }
                value = member
            case (.index(let index), .array(let elements)):
                guard let found = Self.element(index, of: elements) else { return nil }
                value = found
            default: return nil
            }
        }
        return value
    }

    private enum Step { case name(String), index(Int) }

    private static func element<T>(_ index: Int, of list: [T]) -> T? {
        let position = index < 0 ? list.count + index : index
        return list.indices.contains(position) ? list[position] : nil
    }

    private static func steps(of path: String) throws -> [Step] {
        var steps: [Step] = []
        var rest = path[...]
        while !rest.isEmpty {
            if rest.hasPrefix("["), let end = rest.firstIndex(of: "]"),
                let index = Int(rest[rest.index(after: rest.startIndex)..<end])
            {
                steps.append(.index(index))
                rest = rest[rest.index(after: end)...]
                continue
            }
            if rest.hasPrefix(".") { rest.removeFirst() }
            let name = rest.prefix { $0 != "." && $0 != "[" }
            if !name.isEmpty {
                steps.append(.name(String(name)))
            } else if !rest.hasPrefix("[") {
                throw ScriptLine.Fault(message: "path \"\(path)\" is not NAME, .NAME or [NUMBER] in a row")
            }
            rest = rest.dropFirst(name.count)
        }
        return steps
    }
}
