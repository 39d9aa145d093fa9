import Attestation
import DeviceIdentity
import Diagnostics
import Intake

/// Finds devices in the log of a modem that tells its identity: `%DEVICEUUID: …` and, after it, `%CLOUDACCESSKEY: …`
/// with the device's public key in base64.
///
/// Nothing in a log says whose a key is but the order of its lines. So a UUID without a key, and a key without a UUID,
/// are results of their own; and after a key that no UUID announced, nobody can know which of the two is the next
/// device's: all that follows in that log is refused.
struct IdentityTranscript: Sendable {
    private static let uuidMarker = Array("%DEVICEUUID:".utf8)
    private static let keyMarker = Array("%CLOUDACCESSKEY:".utf8)

    /// A device of the log, or why something in it is none.
    struct Finding: Sendable {
        let line: Int
        let device: Result<(uuid: ArraySlice<UInt8>, key: ArraySlice<UInt8>), RowError>
    }

    /// The UUID that waits for its key.
    private var uuid: (text: ArraySlice<UInt8>, line: Int)?
    private var isOutOfOrder = false

    /// Whether a line tells a part of an identity.
    static func isPart(_ line: ArraySlice<UInt8>) -> Bool {
        ModemLog.value(of: uuidMarker, in: line) != nil || ModemLog.value(of: keyMarker, in: line) != nil
    }

    /// What a line completes; nil for a line that tells nothing.
    mutating func take(_ line: ArraySlice<UInt8>, number: Int) -> [Finding]? {
        let uuids = Self.values(of: Self.uuidMarker, in: line)
        let keys = Self.values(of: Self.keyMarker, in: line)
        switch (uuids.count, keys.count) {
        case (0, 0): return other(line, number)
        case (1, 0): return take(uuid: uuids[0], number)
        case (0, 1): return take(key: keys[0], number)
        // Both on one line belong together, whatever the order.
        case (1, 1): return finish() + [Finding(line: number, device: .success((uuids[0], keys[0])))]
        default:
            return finish() + [
                Self.refusal(number, .mixedInput, "expected one device on a line of the log, found several")
            ]
        }
    }

    /// A line that nobody has read may have held anything.
    mutating func skip(_ number: Int) -> [Finding] {
        finish() + [Finding(line: number, device: .failure(RegistrationChunk.tooLong(.csv)))]
    }

    private mutating func other(_ line: ArraySlice<UInt8>, _ number: Int) -> [Finding]? {
        let text = line.trimmed
        let isInput =
            switch LineShape(line) {
            case .blank, .noise: text.first == UInt8(ascii: "{") || LineCensus.isRow(text)
            default: true
            }
        if isInput {
            return finish() + [
                Self.refusal(
                    number, .mixedInput,
                    "expected a modem's identity, found a row, an object, a token or a PEM block in its log")
            ]
        }
        // Behind a refusal, a new question or a start the next key may be another device's.
        guard uuid != nil, Self.ends.contains(where: { text.end(of: $0) != nil }) else { return nil }
        return finish()
    }

    private static let ends = ["error", "at%deviceuuid", "boot"].map { Array($0.utf8) }

    private static func values(of marker: [UInt8], in line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        var rest = line
        while let value = ModemLog.value(of: marker, in: rest) {
            values.append(value)
            rest = rest[value.endIndex...]
        }
        return values
    }

    /// The UUID at the end of the log to which no key came.
    mutating func finish() -> [Finding] {
        defer { uuid = nil }
        guard let uuid else { return [] }
        return [
            Self.refusal(uuid.line, .csv, "expected the key of the device (%CLOUDACCESSKEY) after its UUID")
        ]
    }

    private mutating func take(uuid text: ArraySlice<UInt8>, _ number: Int) -> [Finding] {
        let before = finish()
        if isOutOfOrder { return before + [Self.disorder(number)] }
        uuid = (text, number)
        return before
    }

    private mutating func take(key: ArraySlice<UInt8>, _ number: Int) -> [Finding] {
        if isOutOfOrder { return [Self.disorder(number)] }
        guard let (text, line) = uuid else {
            isOutOfOrder = true
            return [
                Self.refusal(
                    number, .csv, "expected the UUID of the device (%DEVICEUUID) before its key")
            ]
        }
        uuid = nil
        return [Finding(line: line, device: .success((text, key)))]
    }

    private static func disorder(_ number: Int) -> Finding {
        refusal(
            number, .csv, "expected each key after its UUID, found a key without one further up in the log")
    }

    private static func refusal(_ line: Int, _ code: ErrorCode, _ message: String) -> Finding {
        Finding(line: line, device: .failure(RowError(code, message)))
    }
}
