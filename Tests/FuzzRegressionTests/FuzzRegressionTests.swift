import Foundation
import FuzzTargets
import Testing

private let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("fixtures")

private func files(_ folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { !$0.hasDirectoryPath }.sorted { $0.path < $1.path }
}

@Test func everyFolderOfFindingsIsATarget() throws {
    let folders = try FileManager.default.contentsOfDirectory(
        at: folder.appendingPathComponent("fuzz"), includingPropertiesForKeys: nil
    ).filter(\.hasDirectoryPath).map(\.lastPathComponent)
    #expect(Set(folders).subtracting(FuzzTarget.allCases.map(\.rawValue)) == [])
    #expect(!folders.isEmpty)
}

@Test(arguments: FuzzTarget.allCases)
func findingsStayMended(target: FuzzTarget) throws {
    let findings = folder.appendingPathComponent("fuzz/\(target.rawValue)")
    guard FileManager.default.fileExists(atPath: findings.path) else { return }
    for file in try files(findings) {
        #expect(target.check([UInt8](try Data(contentsOf: file))) == nil, "\(file.lastPathComponent)")
    }
}

/// Sound messages keep the rules too, and so do their beginnings.
@Test func deviceMessagesKeepTheRules() throws {
    var count = 0
    for file in try files(folder.appendingPathComponent("batches")) where file.pathExtension == "hex" {
        let digits = try String(contentsOf: file, encoding: .utf8).filter(\.isHexDigit)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { offset in
            UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
        }
        #expect(bytes.count * 2 == digits.count)
        for length in 0...bytes.count {
            #expect(FuzzTarget.deviceMessage.check(Array(bytes.prefix(length))) == nil)
        }
        count += 1
    }
    #expect(count >= 3)
}

/// Genuine inputs keep the rules too, and so do their beginnings.
@Test func genuineTokensKeepTheRules() throws {
    var count = 0
    for file in try files(folder.appendingPathComponent("tokens")) {
        let bytes = [UInt8](try Data(contentsOf: file)).filter { $0 > 0x20 }
        for length in 0...bytes.count {
            #expect(FuzzTarget.token.check(Array(bytes.prefix(length))) == nil)
        }
        count += 1
    }
    #expect(count >= 4)
}
