import Foundation
import Synchronization
import TestFleet
import TestSupport
import Testing

/// `assay modem` at modems whose words are written down.
@Suite("Transcripts of modems", .serialized) struct TranscriptTests {
    /// Says what follows in the transcript once it has heard what stands there, and nothing else.
    private final class Player: Sendable {
        private struct State {
            var steps: [(wanted: String, said: String)]
            var heard = ""
        }

        private let state: Mutex<State>
        private let hasShell: Bool

        init(_ name: String) throws {
            let text = try String(
                contentsOf: TestPaths.fixtures.appendingPathComponent("transcripts/\(name)"), encoding: .utf8)
            var steps: [(wanted: String, said: String)] = []
            for line in text.split(separator: "\n") {
                if line.hasPrefix("> ") { steps.append((String(line.dropFirst(2)), "")) }
                if line.hasPrefix("<"), !steps.isEmpty {
                    steps[steps.count - 1].said += line.dropFirst(2).replacing("^[", with: "\u{1b}") + "\r\n"
                }
            }
            hasShell = steps.first?.wanted.hasPrefix("at ") == true
            state = Mutex(State(steps: steps))
        }

        func answer(_ octets: [UInt8]) -> [ModemRig.Piece] {
            state.withLock { state in
                state.heard += String(decoding: octets, as: UTF8.self)
                var said = ""
                while let end = state.heard.firstRange(of: "\r\n") {
                    let line = String(state.heard[..<end.lowerBound])
                    state.heard.removeSubrange(..<end.upperBound)
                    if let step = state.steps.first, step.wanted == line {
                        state.steps.removeFirst()
                        said += step.said
                    } else {
                        said += hasShell ? "\(line.prefix { $0 != " " }): command not found\r\n" : "ERROR\r\n"
                    }
                }
                return said.isEmpty ? [] : [.text(said)]
            }
        }

        /// What of it was not heard.
        var rest: [String] { state.withLock { $0.steps.map(\.wanted) } }
    }

    private func run(_ arguments: [String], _ player: Player, _ folder: WorkFolder) throws -> Program.Outcome
    {
        let rig = try ModemRig { player.answer($0) }
        defer { rig.end() }
        return try Program(TestPaths.binary, ["modem"] + arguments + ["--port", rig.path], in: folder.url)
            .wait()
    }

    /// The row is that of the device, and its token verifies under the device's key.
    @Test func tokenOfAnOldFirmware() throws {
        let folder = try WorkFolder()
        let player = try Player("nrf9160-tokens.txt")
        let outcome = try run(["tokens"], player, folder)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output == "50363154-3931-44f0-8022-121b6401627d 355025930000003 appended\n")
        #expect(player.rest == [])
        let verified = try Program(
            TestPaths.binary,
            [
                "token", "verify", "--keys", TestPaths.fixtures.appendingPathComponent("keys.csv").path,
                "attestation_tokens.csv",
            ], in: folder.url
        ).wait()
        #expect(verified.status == 0, "\(verified)")
    }

    @Test func keyOfAFirmwareWithAShell() throws {
        let folder = try WorkFolder()
        let player = try Player("nrf91x1-keygen.txt")
        let outcome = try run(
            ["keygen", "--sec-tag", "52", "--subject", "CN=nrf-355025930000000", "-o", "k"], player, folder)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(player.rest == [])
        let sample = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent("tokens/keygen-csr-nrf91x1.txt"),
            encoding: .utf8)
        #expect(try String(contentsOf: folder.url.appendingPathComponent("k"), encoding: .utf8) == sample)
        #expect(try Program(TestPaths.binary, ["csr", "verify", "k"], in: folder.url).wait().status == 0)
    }
}
