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

    /// The format that the beginning of a file shows. It decides about lines that hold no token only: one that has the
    /// shape of a token is an input in every format.
    static func detect(_ head: [UInt8]) -> TokenFormat {
        let census = LineCensus(head, needing: fields)
        if census.hasHeader || census.rows > census.tokens + census.answers { return .csv }
        if census.answers > 0, census.answers >= census.tokens { return .modemLog }
        if census.tokens > 0 { return .lines }
        if census.isModemLog { return .modemLog }
        return census.beginsWithComma ? .csv : .lines
    }
}
