import ArgumentParser
import CSV
import Claims
import Diagnostics

/// How claim rows stand in a file.
enum ClaimFormat: Sendable, Equatable {
    case lines, csv, modemLog, jsonLines

    /// The format that the beginning of a file shows, its byte order mark removed.
    static func detect(_ head: ArraySlice<UInt8>) -> ClaimFormat {
        let lines = head.split(separator: 0x0a)
        let first = lines.first { !$0.allSatisfy(\.isBlank) } ?? []
        if first.first(where: { !$0.isBlank }) == UInt8(ascii: "{") { return .jsonLines }
        let marker = Array("%ATTESTTOKEN:".utf8)
        if lines.contains(where: { $0.end(of: marker) != nil }) { return .modemLog }
        if first.contains(where: { ",;\t\"".utf8.contains($0) }) { return .csv }
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
