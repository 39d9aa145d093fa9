/// Where a value is in a document: `commands[2].request.secTag`; the document itself is `$`.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    /// The whole document.
    public static let root = JSONPath(text: "")

    private let text: String

    private init(text: String) {
        self.text = text
    }

    /// The path of a member of this object.
    public func appending(_ name: String) -> JSONPath {
        if Self.isPlain(name) {
            return JSONPath(text: text.isEmpty ? name : text + "." + name)
        }
        // Names from outside may hold anything, also what would read like another path.
        var quoted = JSONWriter(reservingCapacity: 64)
        quoted.string(name)
        return JSONPath(text: text + "[" + String(decoding: quoted.bytes, as: UTF8.self) + "]")
    }

    /// The path of an element of this array, 0-based.
    public func appending(_ index: Int) -> JSONPath {
        JSONPath(text: text + "[\(index)]")
    }

    public var description: String { text.isEmpty ? "$" : text }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    Byte.zero...UInt8(ascii: "9"), UInt8(ascii: "_"), Byte.minus, UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
