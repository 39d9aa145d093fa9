import ArgumentParser
import CSV
import Claims
import DeviceIdentity
import Intake

/// How claim rows stand in a file.
enum ClaimFormat: Sendable, Equatable {
    case lines, csv, modemLog, jsonLines

    private static let fields: Set<FieldName> = [.token, .uuid, .imei]

    /// Whether what has come of a live source shows its format.
    static func isDecided(_ head: [UInt8]) -> Bool {
        LineCensus.isDecided(head, needing: fields, reading: [.objects])
    }

    /// The format that the beginning of a file shows. It decides about lines that hold no token only: one that has the
    /// shape of a token is a row in every format.
    static func detect(_ head: [UInt8]) -> ClaimFormat {
        let census = LineCensus(head, needing: fields, reading: [.objects])
        if census.hasHeader { return .csv }
        if census.objects > 0 { return .jsonLines }
        if census.answers > 0 { return .modemLog }
        if census.rows > 0 { return .csv }
        if census.tokens > 0 {
            // In a body of the service tags in quotation marks follow the token on its line.
            let first = head.split(separator: 0x0a).first {
                LineShape($0) != .noise && LineShape($0) != .blank
            }
            return first?.contains(UInt8(ascii: ",")) == true ? .csv : .lines
        }
        if census.isModemLog { return .modemLog }
        let lines = head.split(separator: 0x0a).filter { !$0.allSatisfy(\.isBlank) }
        // One spoilt line does not decide for the others.
        let delimited = lines.count { $0.contains { ",;\t\"".utf8.contains($0) } }
        if delimited * 2 >= max(lines.count, 1) { return .csv }
        if case .record(let record)? = CSVReader.events(in: Array(lines.first ?? [])).first,
            ClaimLayout(header: record) != nil
        {
            return .csv
        }
        return .lines
    }
}

/// The values of `--format`.
enum ClaimFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, lines, csv, at, jsonl

    var format: ClaimFormat? {
        switch self {
        case .auto: nil
        case .lines: .lines
        case .csv: .csv
        case .at: .modemLog
        case .jsonl: .jsonLines
        }
    }
}
