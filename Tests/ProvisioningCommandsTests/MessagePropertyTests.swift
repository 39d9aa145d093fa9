import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import ProvisioningCommands
import TestSupport
import Testing

/// Messages of every form, with lengths on both sides of each width of a CBOR head.
private struct RandomMessages {
    var random: SplitMix64

    mutating func text() -> String {
        let length = [0, 1, 5, 23, 24, 255, 256, 2048].randomElement(using: &random) ?? 0
        let alphabet: [Character] = ["a", "Z", "0", " ", "\"", "\\", ",", "\n", "é", "€", "😀", "\u{212a}"]
        var text = ""
        while text.utf8.count < length { text.append(alphabet.randomElement(using: &random) ?? "x") }
        return text
    }

    mutating func id() -> String {
        let suffix = [".1", ".1.s", ".ffffff.s", ".14"].randomElement(using: &random) ?? ""
        return "9685ef84-8cac-4257-b5cc-94bc416a1c1d" + suffix
    }

    mutating func code() -> UInt32 {
        [0, 23, 24, 255, 256, 513, 65_535, 65_536, .max].randomElement(using: &random) ?? 0
    }

    mutating func command() -> DeviceCommand {
        let action: DeviceCommand.Action
        switch Int.random(in: 0...3, using: &random) {
        case 0, 1:
            let codes = (0..<Int.random(in: 0...6, using: &random)).map { _ in code() }
            action = .at(ATCommand(name: text(), parameters: text(), ignoredErrors: codes))
        case 2:
            let count = [0, 1, 10, 24, 100].randomElement(using: &random) ?? 0
            action = .config((0..<count).map { ConfigurationSetting(key: "k\($0)", value: text()) })
        default: action = .finished
        }
        return DeviceCommand(correlationID: id(), action: action)
    }

    mutating func response() -> DeviceResponse {
        let result: DeviceResponse.Result
        switch Int.random(in: 0...3, using: &random) {
        case 0: result = .error(cme: code(), message: text())
        case 1: result = .ok(message: text())
        case 2: result = .config
        default: result = .finished
        }
        return DeviceResponse(correlationID: id(), result: result)
    }

    mutating func message() -> DeviceMessage {
        let count = [1, 2, 23, 24].randomElement(using: &random) ?? 1
        return Bool.random(using: &random)
            ? .commands((0..<count).map { _ in command() }) : .responses((0..<count).map { _ in response() })
    }
}

@Suite struct MessagePropertyTests {
    @Test func whatIsWrittenReadsAsTheSame() throws {
        var messages = RandomMessages(random: SplitMix64(seed: 5))
        for _ in 0..<500 {
            let message = messages.message()
            let again = try DeviceMessage(cbor: message.cbor)
            #expect(again == message)
            #expect(arrays(again) == arrays(message))
            #expect(again.cbor == message.cbor)
            guard case .commands(let commands) = again else { continue }
            #expect(ReceivedCommand.fold(commands).flatMap(\.records) == commands)
        }
    }

    /// Whatever happens to a byte, the message is refused or is another message, never read in two ways.
    @Test func damagedMessagesAreRefusedOrRead() throws {
        var messages = RandomMessages(random: SplitMix64(seed: 6))
        var read = 0
        var refused = 0
        for _ in 0..<4_000 {
            var bytes = messages.message().cbor
            for _ in 0..<Int.random(in: 1...3, using: &messages.random) {
                let place = Int.random(in: bytes.indices, using: &messages.random)
                bytes[place] = UInt8.random(in: 0...255, using: &messages.random)
            }
            do {
                let message = try DeviceMessage(cbor: bytes)
                read += 1
                #expect(message.cbor == bytes)
            } catch {
                refused += 1
                #expect(error.code == .cbor)
            }
        }
        #expect(read > 400 && refused > 400)
    }

    /// The Python package cbor2 writes the same bytes for the same arrays, and reads ours as the same arrays.
    @Test func cbor2Agrees() throws {
        let script = """
            import cbor2, json, sys
            for line in sys.stdin:
                ours, arrays = line.split(" ", 1)
                data = bytes.fromhex(ours)
                value = json.loads(arrays)
                assert cbor2.loads(data) == value, arrays
                assert cbor2.dumps(value) == data, arrays
                print("same")
            """
        var messages = RandomMessages(random: SplitMix64(seed: 7))
        var input: [UInt8] = []
        for _ in 0..<300 {
            let message = messages.message()
            input += Array((Hex.encode(message.cbor) + " ").utf8) + arrays(message).compact() + [0x0a]
        }
        let folder = FileManager.default.temporaryDirectory
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": folder.path]
        let outcome = try ChildProcess(
            [Peers.python(), "-c", script], in: folder, environment: environment, input: Data(input)
        ).run()
        #expect(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        let answers = String(decoding: outcome.standardOutput, as: UTF8.self).split(separator: "\n")
        #expect(answers == Array(repeating: "same", count: 300))
    }
}
