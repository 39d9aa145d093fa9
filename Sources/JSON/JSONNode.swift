public import Diagnostics

/// A value together with its place, for reading a document of a known shape.
///
/// Every getter throws a ``ToolError`` whose message names the path, what was expected and what was found.
public struct JSONNode: Sendable {
    public let value: JSONValue
    public let path: JSONPath
    /// The code of the errors that the getters throw.
    private let code: ErrorCode
    /// The text that the whole document was read from.
    private let text: [UInt8]?

    /// A document or a part of one.
    ///
    /// - Parameters:
    ///   - code: what a wrong shape means to the caller.
    ///   - text: what the whole document was read from; with it, errors have the line as context.
    public init(
        _ value: JSONValue, path: JSONPath = .root, code: ErrorCode = .json, text: [UInt8]? = nil
    ) {
        self.value = value
        self.path = path
        self.code = code
        self.text = text
    }

    /// A document of the project's own, which says itself what it is.
    ///
    /// - Parameters:
    ///   - schema: what its member `schema` has to be: `assay.checkpoint/1`.
    ///   - members: the others that it may have.
    /// - Throws: ``ToolError`` with code `json`.
    public init(document bytes: [UInt8], schema: String, members: [String]) throws(ToolError) {
        do throws(JSONError) {
            self.init(try JSONValue(parsing: bytes))
        } catch {
            throw error.toolError
        }
        try allowOnly(["schema"] + members)
        let name = try member("schema")
        guard try name.string() == schema else { throw name.error("expected \(schema)") }
    }

    private func child(_ value: JSONValue, _ path: JSONPath) -> JSONNode {
        JSONNode(value, path: path, code: code, text: text)
    }

    /// An error about this value: `path: message`.
    public func error(_ message: String) -> ToolError { error(message, at: path) }

    private func error(_ message: String, at path: JSONPath) -> ToolError {
        let line = text.flatMap { JSONLocator.line(of: path, in: $0) }
        return ToolError(code, "\(path): \(message)", context: line.map { [.init("line", "\($0)")] } ?? [])
    }

    // MARK: Members and elements

    /// A member that has to be there.
    public func member(_ name: String) throws(ToolError) -> JSONNode {
        guard let member = try optionalMember(name) else {
            throw error("expected a member '\(name)', found none")
        }
        return member
    }

    /// A member that may be left out; `null` counts as a value.
    public func optionalMember(_ name: String) throws(ToolError) -> JSONNode? {
        try object()[name].map { child($0, path.appending(name)) }
    }

    /// All members in the order of the document.
    public func members() throws(ToolError) -> [(name: String, node: JSONNode)] {
        try object().members.map {
            (name: $0.name, node: child($0.value, path.appending($0.name)))
        }
    }

    /// All elements of an array.
    public func elements() throws(ToolError) -> [JSONNode] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return elements.enumerated().map { index, element in
            child(element, path.appending(index))
        }
    }

    /// Refuses members other than these.
    public func allowOnly(_ names: [String]) throws(ToolError) {
        for member in try object().members where !names.contains(where: member.isNamed) {
            let known = names.map { "'\($0)'" }.joined(separator: ", ")
            throw error("unknown member, expected \(known)", at: path.appending(member.name))
        }
    }

    // MARK: Values

    /// The members, of an object only.
    public func object() throws(ToolError) -> JSONObject {
        guard case .object(let object) = value else { throw mismatch("an object") }
        return object
    }

    /// The text, of a string only.
    public func string() throws(ToolError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    /// The truth value, of `true` and `false` only.
    public func bool() throws(ToolError) -> Bool {
        guard case .bool(let value) = value else { throw mismatch("true or false") }
        return value
    }

    /// A 64-bit integer written without fraction and exponent.
    public func integer() throws(ToolError) -> Int64 {
        guard case .integer(let value) = value else { throw mismatch("an integer") }
        return value
    }

    /// An integer within bounds.
    public func integer(in range: ClosedRange<Int64>) throws(ToolError) -> Int64 {
        guard case .integer(let value) = value, range.contains(value) else {
            throw mismatch("an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private func mismatch(_ expected: String) -> ToolError {
        switch value {
        case .integer(let value): error("expected \(expected), found \(value)")
        case .number(let number) where number.text.utf8.count <= 32:
            error("expected \(expected), found \(number.text)")
        // Texts are not shown: they may be secrets.
        default: error("expected \(expected), found \(value.kind)")
        }
    }
}
