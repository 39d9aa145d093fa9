import Foundation
import TestSupport
import Testing

@Suite struct ScriptTests {
    static let scripts: [String] = {
        let folder = TestPaths.fixtures.appendingPathComponent("scripts")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let only = ProcessInfo.processInfo.environment["ASSAY_SCRIPT"] ?? ""
        return names.filter { $0.hasSuffix(".txtar") && $0.hasPrefix(only) }.sorted()
    }()

    @Test func thereAreScripts() {
        #expect(!Self.scripts.isEmpty)
    }

    @Test(arguments: scripts)
    func script(_ name: String) throws {
        let file = TestPaths.fixtures.appendingPathComponent("scripts/\(name)")
        switch try ScriptRunner().run(file: file) {
        case .passed: #expect(!TestPaths.isRecording, "recorded; run again without ASSAY_RECORD")
        case .passedInPart(let missing):
            for reason in missing { Skip.note("\(name), in part", reason) }
        case .skipped(let reason): try Skip.test(reason, of: name)
        case .failed(let failure): Issue.record("\(failure)")
        }
    }
}
