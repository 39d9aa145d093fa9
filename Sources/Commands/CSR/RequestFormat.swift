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
    /// Tokens, PEM blocks and objects; a line that holds none is malformed.
    case list
    /// The same; what holds none is malformed JSON.
    case objects

    static let fields: Set<FieldName> = [.csr, .token, .keygen]
    private static let forms: Set<LineCensus.Form> = [.objects, .blocks]

    /// Whether what has come of a live source shows its format.
    static func isDecided(_ head: [UInt8]) -> Bool {
        LineCensus.isDecided(head, needing: fields, reading: forms)
    }

    /// The format that the beginning of a text shows. It decides about lines that hold no request only: one that has the
    /// shape of an input is an input in every format.
    static func detect(_ head: [UInt8]) -> RequestFormat {
        let census = LineCensus(head, needing: fields, reading: forms)
        if census.hasHeader { return .csv }
        if census.pemBlocks > 0 { return .text }
        // An object holds a block within one of its strings.
        if census.objects > 0 { return .objects }
        if census.brokenBlocks > 0 { return .text }
        if census.rows > 0 { return .csv }
        if census.answers > 0 { return .text }
        if census.tokens > 0 { return .list }
        if census.isModemLog { return .text }
        return census.beginsWithComma ? .csv : .list
    }

    /// Whether PEM blocks may stand among the lines.
    var takesBlocks: Bool { self == .text || self == .list || self == .objects }
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
