import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import ProvisioningCommands
import TestSupport
import Testing

private let tag = SecTag.nrfCloud

func hex(_ text: String) -> [UInt8] { Hex.decode(text.filter { $0 != " " }) ?? [] }

/// A genuine message of the device library's tests.
struct MessageSample: CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let expected: JSONValue

    var testDescription: String { name }

    static let all: [MessageSample] = {
        guard let folder = Vectors.folder?.deletingLastPathComponent(),
            let data = try? Data(contentsOf: folder.appendingPathComponent("nordic-samples.json")),
            let samples = try? JSONValue(parsing: [UInt8](data))["samples"]?.arrayValue
        else { return [] }
        return samples.compactMap { sample in
            guard let name = sample["name"]?.stringValue, name.hasPrefix("provisioning-"),
                let text = sample["input_hex"]?.stringValue, let bytes = Hex.decode(text),
                let expected = sample["expected"]
            else { return nil }
            return MessageSample(name: name, bytes: bytes, expected: expected)
        }
    }()
}

/// A message as the arrays that the vectors show.
func arrays(_ message: DeviceMessage) -> JSONValue {
    switch message {
    case .commands(let commands):
        .array(
            commands.map { command in
                let id = JSONValue.string(command.correlationID)
                switch command.action {
                case .at(let at):
                    return .array([
                        id, .integer(0), .string(at.name), .string(at.parameters),
                        .array(at.ignoredErrors.map { .integer(Int64($0)) }),
                    ])
                case .config(let settings):
                    let pairs = settings.map { (name: $0.key, value: JSONValue.string($0.value)) }
                    return .array([id, .integer(1), .object(JSONObject(pairs))])
                case .finished: return .array([id, .integer(2)])
                }
            })
    case .responses(let responses):
        .array(
            responses.map { response in
                let id = JSONValue.string(response.correlationID)
                switch response.result {
                case .error(let code, let text):
                    return .array([id, .integer(99), .integer(Int64(code)), .string(text)])
                case .ok(let text): return .array([id, .integer(100), .string(text)])
                case .config: return .array([id, .integer(101)])
                case .finished: return .array([id, .integer(102)])
                }
            })
    }
}

@Suite struct DeviceMessageTests {
    @Test(
        .needsVectors,
        arguments: MessageSample.all)
    func genuineMessagesAreReadAndWrittenByteForByte(sample: MessageSample) throws {
        let message = try DeviceMessage(cbor: sample.bytes)
        #expect(arrays(message) == sample.expected)
        #expect(message.cbor == sample.bytes)
        for length in 0..<sample.bytes.count {
            #expect(throws: ToolError.self) { try DeviceMessage(cbor: Array(sample.bytes.prefix(length))) }
        }
    }

    @Test(.needsVectors)
    func allGenuineMessagesAreThere() { #expect(MessageSample.all.count == 10) }

    /// Requests whose device commands a vector shows.
    @Test(
        .needsVectors,
        arguments: [
            (
                "provisioning-commands-finished", CommandRequest.finished,
                "9685ef84-8cac-4257-b5cc-94bc416a1c1d", UInt32(0xd)
            ),
            (
                "provisioning-commands-cmng-delete-then-keygen", .clientPrivateKeyGeneration(tag),
                "89ed369b-0fed-4194-a703-aabb7fe8130b", 0xe
            ),
            (
                "provisioning-commands-config-interval",
                .config([ConfigurationSetting(key: "provisioning/interval-sec", value: "99")]),
                "e5256918-aba9-4d12-8b87-f2c07affec5d", 0x14
            ),
        ])
    func requestsBecomeTheGenuineMessages(
        name: String, request: CommandRequest, uuid: String, first: UInt32
    ) throws {
        let sample = try #require(MessageSample.all.first { $0.name == name })
        let body = ProvisioningCommand(request).json
        let series = CorrelationSeries(uuid: try DeviceUUID(text: uuid), first: first)
        let encoding = try BatchEncoding.encode(body, series: series).get()
        #expect(encoding.cbor == sample.bytes)
        #expect(encoding.correlationIDs == ["\(uuid).\(String(first, radix: 16))"])
        let folded = ReceivedCommand.fold(encoding.records)
        #expect(folded.map(\.request) == [request])
        #expect(folded.map(\.correlationID) == encoding.correlationIDs)
    }

    /// What is wrong, and the byte where it is.
    @Test(arguments: [
        ("", "expected a CBOR data item, found the end of the input at byte 0"),
        ("80", "expected at least one command or response, found none at byte 0"),
        ("a0", "expected an array, found a map at byte 0"),
        ("d9d9f7 81 82 6161 02", "expected an array, found a tag at byte 0"),
        (
            "81",
            "expected no more elements than the input can hold, found 1 declared with 0 bytes left at byte 0"
        ),
        ("9b ffffffffffffffff 82 6161 02", "found 18446744073709551615 declared with 4 bytes left at byte 0"),
        ("9f 82 6161 02 ff", "expected a definite length, found an indefinite one at byte 0"),
        ("81 9f 6161 02 ff", "expected a definite length, found an indefinite one at byte 1"),
        ("98 01 82 6161 02", "expected the shortest CBOR encoding of a number, found a longer one at byte 0"),
        ("9c", "expected CBOR additional information 0 to 27, found reserved value 28 at byte 0"),
        ("81 81 6161", "expected a command or response of at least 2 elements, found 1 at byte 1"),
        ("81 6161", "expected an array, found a text string at byte 1"),
        ("81 82 02 02", "expected a text string, found an unsigned integer at byte 2"),
        ("81 82 4161 02", "expected a text string, found a byte string at byte 2"),
        ("81 82 61ff 02", "expected UTF-8 in a text string, found an ill-formed sequence at byte 3"),
        ("81 82 60 02", "expected a correlation id of 1 to 45 bytes, found 0 at byte 2"),
        (
            "81 82 62c3a9 1802",
            "expected the shortest CBOR encoding of a number, found a longer one at byte 5"
        ),
        ("81 82 7f6161ff 02", "expected a definite length, found an indefinite one at byte 2"),
        ("81 82 6161 03", "(0 to 2) or response (99 to 102), found 3 at byte 4"),
        ("81 82 6161 1862", "(0 to 2) or response (99 to 102), found 98 at byte 4"),
        ("81 82 6161 1867", "(0 to 2) or response (99 to 102), found 103 at byte 4"),
        ("81 82 6161 20", "expected an unsigned integer, found a negative integer at byte 4"),
        ("81 82 6161 6130", "expected an unsigned integer, found a text string at byte 4"),
        ("81 83 6161 02 f6", "expected 2 elements in a 'finished', found 3 at byte 1"),
        ("81 82 6161 00", "expected 5 elements in an AT command, found 2 at byte 1"),
        ("81 86 6161 00 6162 6163 80 40", "expected 5 elements in an AT command, found 6 at byte 1"),
        (
            "81 85 6161 00 6162 6163 87 00000000000000",
            "expected at most 6 errors to ignore, found 7 at byte 9"
        ),
        (
            "81 85 6161 00 6162 6163 81 20",
            "expected an unsigned integer, found a negative integer at byte 10"
        ),
        ("81 85 6161 00 6162 6163 a0", "expected an array, found a map at byte 9"),
        ("81 83 6161 01 80", "expected a map, found an array at byte 5"),
        ("81 83 6161 01 a1 00 6162", "expected a text string, found an unsigned integer at byte 6"),
        ("81 83 6161 01 a1 6162 01", "expected a text string, found an unsigned integer at byte 8"),
        (
            "81 83 6161 01 a2 6162 60 6162 60",
            "expected different keys in a map, found the same one twice at byte 9"
        ),
        (
            "81 84 6161 1863 1b0000000100000000 60",
            "expected an error code of 32 bits, found 4294967296 at byte 6"
        ),
        ("81 84 6161 1863 20 60", "expected an unsigned integer, found a negative integer at byte 6"),
        ("81 83 6161 1864 f6", "expected a text string, found null at byte 6"),
        ("82 82 6161 02 82 6162 1866", "expected commands alone, found a 'finished' response at byte 5"),
        ("82 82 6161 1866 82 6162 02", "expected responses alone, found a 'finished' at byte 6"),
        ("81 82 6161 02 00", "expected the end of the CBOR data, found 1 more bytes at byte 5"),
    ])
    func badMessagesAreRefusedByOffset(text: String, message: String) throws {
        let bytes = hex(text)
        #expect(bytes.isEmpty == text.isEmpty)
        do {
            let message = try DeviceMessage(cbor: bytes)
            Issue.record("read as \(message)")
        } catch {
            #expect(error.code == .cbor && error.exitStatus == .malformed)
            #expect(error.message.hasSuffix(message), "\(error.message)")
        }
    }

    @Test func limitsOfTheDeviceLibraryAreKept() throws {
        let finished = { (length: Int) in
            DeviceMessage.commands([
                DeviceCommand(correlationID: String(repeating: "c", count: length), action: .finished)
            ])
        }
        #expect(try DeviceMessage(cbor: finished(45).cbor) == finished(45))
        #expect(throws: ToolError.self) { try DeviceMessage(cbor: finished(46).cbor) }
        let config = { (count: Int) in
            let settings = (0..<count).map { ConfigurationSetting(key: "k\($0)", value: "") }
            return DeviceMessage.commands([DeviceCommand(correlationID: "c", action: .config(settings))])
        }
        #expect(try DeviceMessage(cbor: config(100).cbor) == config(100))
        #expect(throws: ToolError.self) { try DeviceMessage(cbor: config(101).cbor) }
        let many = { (count: Int) in
            let command = DeviceCommand(correlationID: "c", action: .finished)
            return DeviceMessage.commands(Array(repeating: command, count: count))
        }
        #expect(try DeviceMessage(cbor: many(1_000).cbor) == many(1_000))
        #expect(throws: ToolError.self) { try DeviceMessage(cbor: many(1_001).cbor) }
        let error = DeviceMessage.responses([
            DeviceResponse(correlationID: "c", result: .error(cme: 0xffff_fff4, message: "no room"))
        ])
        #expect(try DeviceMessage(cbor: error.cbor) == error)
    }
}
