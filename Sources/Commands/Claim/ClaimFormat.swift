import ArgumentParser
import CSV
import Claims
import Diagnostics

/// How claim rows stand in a file.
enum ClaimFormat: Sendable, Equatable {
    case lines, csv, modemLog, jsonLines

    /// The format that the beginning of a file shows, its byte order mark removed.
    static func detect(_ head: ArraySlice<UInt8>) -> ClaimFormat {
        let lines = head.split(separator: 0x0a).filter { !$0.allSatisfy(\.isBlank) }
        let first = lines.first ?? []
        if first.first(where: { !$0.isBlank }) == UInt8(ascii: "{") { return .jsonLines }
        let marker = Array("%ATTESTTOKEN:".utf8)
        if lines.contains(where: { $0.end(of: marker) != nil }) { return .modemLog }
        // One spoilt line does not decide for the others.
        let delimited = lines.count { $0.contains { ",;\t\"".utf8.contains($0) } }
        if delimited * 2 >= max(lines.count, 1) { return .csv }
        if case .record(let record)? = CSVReader.events(in: Array(first)).first,
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
