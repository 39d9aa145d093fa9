/// One line of a script: conditions, an optional `!` or `?`, a command and its arguments.
struct ScriptLine: Equatable {
    enum Demand: Equatable { case success, failure, either }

    struct Fault: Error, Equatable {
        let message: String
    }

    let number: Int
    let text: String
    let conditions: [String]
    let demand: Demand
    let words: [String]

    /// Splits a line into words; nil for a blank line or a comment.
    ///
    /// Words are separated by spaces. Inside single quotes everything is literal, and `''` is one quote;
    /// outside of them `$NAME` and `${NAME}` are replaced.
    init?(_ text: Substring, number: Int, variables: [String: String]) throws(Fault) {
        var words = try Self.split(text, variables: variables)
        var conditions: [String] = []
        while let word = words.first, word.hasPrefix("["), word.hasSuffix("]"), word.count > 2 {
            conditions.append(String(word.dropFirst().dropLast()))
            words.removeFirst()
        }
        var demand = Demand.success
        if let word = words.first, word == "!" || word == "?" {
            demand = word == "!" ? .failure : .either
            words.removeFirst()
        }
        if words.isEmpty {
            guard conditions.isEmpty, demand == .success else { throw Fault(message: "no command") }
            return nil
        }
        self.number = number
        self.text = text.trimmingPrefix(while: \.isWhitespace).description
        self.conditions = conditions
        self.demand = demand
        self.words = words
    }

    private static func split(_ text: Substring, variables: [String: String]) throws(Fault) -> [String] {
        var words: [String] = []
        var word: String?
        var quoted = false
        var rest = text
        while let character = rest.popFirst() {
            switch character {
            case "'" where quoted && rest.first == "'":
                rest.removeFirst()
                word = (word ?? "") + "'"
            case "'":
                quoted.toggle()
                word = word ?? ""
            case "$" where !quoted:
                word = (word ?? "") + (try variable(&rest, variables))
            case " " where !quoted, "\t" where !quoted:
                if let whole = word { words.append(whole) }
                word = nil
            case "#" where !quoted && word == nil: rest = ""
            default: word = (word ?? "") + String(character)
            }
        }
        guard !quoted else { throw Fault(message: "a quote is not closed") }
        if let whole = word { words.append(whole) }
        return words
    }

    /// Takes a variable's name off the text and returns its value; an unknown one is an error, not empty.
    static func variable(_ rest: inout Substring, _ variables: [String: String]) throws(Fault) -> String {
        let name: Substring
        if rest.first == "{", let end = rest.firstIndex(of: "}") {
            name = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(name.count)
        }
        guard let value = variables[String(name)] else {
            throw Fault(message: "unknown variable $\(name)")
        }
        return value
    }

    /// Replaces the variables in a whole text (`cmpenv`).
    static func expand(_ text: String, _ variables: [String: String]) throws(Fault) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "$" {
                result += try variable(&rest, variables)
            } else {
                result.append(character)
            }
        }
        return result
    }
}
