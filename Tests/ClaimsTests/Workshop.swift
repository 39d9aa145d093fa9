import Foundation
import TestSupport

/// A folder of its own, removed at the end.
final class Workshop {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "assay-claims-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path).sorted()
    }

    func run(_ arguments: String..., program: String = TestPaths.binary.path) throws -> ProcessOutcome {
        try ChildProcess(
            [program] + arguments, in: folder,
            environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], limit: 120
        ).run()
    }
}

struct ClaimResult: Decodable, Equatable {
    let row: Int
    let status: String
    let message: String
    let deviceUuid: String?
}

func results(_ outcome: ProcessOutcome) throws -> [ClaimResult] {
    try outcome.standardOutput.split(separator: 0x0a).map {
        try JSONDecoder().decode(ClaimResult.self, from: $0)
    }
}

func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}
