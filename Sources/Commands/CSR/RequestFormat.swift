import ArgumentParser
import Attestation
import DeviceIdentity
import Intake
import PKIX

/// How requests stand in a file.
enum RequestFormat: Sendable, Equatable {
    /// One request in DER.
    case der
    /// PEM blocks, tokens and the answers of a modem among other lines, which are passed over and counted.
    case text
    case jsonLines
    case csv
    /// One `%KEYGEN` token a line; a line that holds none is malformed.
    case lines

    static let fields: Set<FieldName> = [.csr, .token, .keygen]

    /// The format that the beginning of a text shows. It decides about lines that hold no request only: one that has the
    /// shape of an input is an input in every format.
    static func detect(_ head: [UInt8]) -> RequestFormat {
        let census = LineCensus(head, needing: fields)
        if census.hasHeader { return .csv }
        if census.pemBlocks > 0 || DisclosedKey.mayBegin(in: head) { return .text }
        if census.objects > 0, census.objects >= census.tokens + census.answers { return .jsonLines }
        if census.rows > census.tokens + census.answers { return .csv }
        if census.answers > 0, census.answers >= census.tokens { return .text }
        if census.tokens > 0 { return .lines }
        if census.isModemLog { return .text }
        return census.beginsWithComma ? .csv : .lines
    }
}

/// The values of `--format`.
enum RequestFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, pem, der, lines, csv, at, jsonl

    var format: RequestFormat? {
        switch self {
        case .auto: nil
        case .pem, .at: .text
        case .der: .der
        case .lines: .lines
        case .csv: .csv
        case .jsonl: .jsonLines
        }
    }
}

/// `%KEYGEN` answers in text.
enum KeygenText {
    private static let marker = Array("%KEYGEN:".utf8)

    /// The token in a modem's line; `nil` for all other lines, other answers of a modem among them.
    static func answer(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let place = line.range(of: marker) else { return nil }
        return ModemLog.token(in: line[place.lowerBound...])
    }
}
