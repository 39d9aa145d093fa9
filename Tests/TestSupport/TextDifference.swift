/// A readable account of how two texts differ.
public enum TextDifference {
    /// The lines around the first difference, expected with `-`, found with `+`.
    public static func describe(expected: String, found: String) -> String {
        let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let new = found.split(separator: "\n", omittingEmptySubsequences: false)
        let same = zip(old, new).prefix { $0 == $1 }.count
        let rest = zip(old.dropFirst(same).reversed(), new.dropFirst(same).reversed())
        let tail = rest.prefix { $0 == $1 }.count
        var lines = ["at line \(same + 1):"]
        lines += old.prefix(same).suffix(2).map { "  \($0)" }
        lines += old.dropFirst(same).dropLast(tail).prefix(20).map { "- \($0)" }
        lines += new.dropFirst(same).dropLast(tail).prefix(20).map { "+ \($0)" }
        return lines.joined(separator: "\n")
    }
}
