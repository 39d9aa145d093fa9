/// Why text is not PEM (RFC 7468), and on which line.
public struct PEMError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Line number in the input, counted from 1.
    public let line: Int
    /// Lower case, no full stop.
    public let reason: String

    /// An error on `line` (counted from 1).
    public init(line: Int, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    /// What is said of a BEGIN line that is none.
    ///
    /// - Parameter cause: from ``PEMDamage/cause(in:)``.
    public static func damaged(_ cause: String?) -> String {
        cause.map { "BEGIN line is damaged: \($0)" } ?? "BEGIN line is damaged"
    }

    /// The reason and the line in one phrase.
    public var description: String { "\(reason) on line \(line)" }
}
