/// Why bytes are not the DER that was expected, and where.
public struct DERError: Error, Equatable, Sendable {
    /// Offset from the start of the whole input, in octets.
    public let offset: Int
    /// Lower case, no full stop: what was expected or what is wrong.
    public let reason: String

    /// An error at `offset` octets from the start of the input.
    public init(_ offset: Int, _ reason: String) {
        self.offset = offset
        self.reason = reason
    }
}

extension DERError: CustomStringConvertible {
    /// The reason and the offset in one phrase.
    public var description: String { "\(reason) at offset \(offset)" }
}
