import DeviceIdentity
import Intake

/// How tokens stand in a file.
enum TokenFormat: Sendable, Equatable {
    /// One token on each line; a line that holds none is malformed.
    case lines
    case csv
    /// Tokens and answers of a modem among other lines, which are passed over and counted.
    case modemLog

    static let fields: Set<FieldName> = [.token, .keygen]

    /// Whether what has come of a live source shows its format.
    static func isDecided(_ head: [UInt8]) -> Bool { LineCensus.isDecided(head, needing: fields) }

    /// The format that the beginning of a file shows. It decides about lines that hold no token only: one that has the
    /// shape of a token is an input in every format.
    static func detect(_ head: [UInt8]) -> TokenFormat {
        let census = LineCensus(head, needing: fields)
        if census.hasHeader || census.rows > 0 { return .csv }
        if census.answers > 0 { return .modemLog }
        if census.tokens > 0 { return .lines }
        if census.isModemLog { return .modemLog }
        return census.beginsWithComma ? .csv : .lines
    }
}
