import CBOR
import Diagnostics

/// Reads one ``DeviceMessage`` by the CDDL of the device library, with nothing left over.
struct DeviceMessageReader {
    /// Records of one message: far more than 20 commands with their helper steps become, and few enough for memory.
    private static let recordLimit = 1_000
    /// CME codes that one AT command may ignore.
    private static let ignoredErrorLimit = 6
    /// Settings of one command in older versions of the device library; newer ones take 10.
    private static let settingLimit = 100

    private let bytes: [UInt8]
    private var reader: CBORReader

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        reader = CBORReader(bytes)
    }

    mutating func message() throws(ToolError) -> DeviceMessage {
        let count = try arrayHeader()
        guard count > 0 else { throw Self.error("expected at least one command or response, found none", 0) }
        guard count <= Self.recordLimit else {
            throw Self.error(
                "expected at most \(Self.recordLimit) commands or responses, found \(count)", 0)
        }
        var commands: [DeviceCommand] = []
        var responses: [DeviceResponse] = []
        for _ in 0..<count {
            let start = reader.offset
            let length = try arrayHeader()
            guard length >= 2 else {
                throw Self.error(
                    "expected a command or response of at least 2 elements, found \(length)", start)
            }
            let id = try correlationID()
            let type = try recordType()
            guard type.length == length else {
                throw Self.error(
                    "expected \(type.length) elements in \(type.name), found \(length)", start)
            }
            if type.isCommand {
                guard responses.isEmpty else {
                    throw Self.error("expected responses alone, found \(type.name)", start)
                }
                commands.append(DeviceCommand(correlationID: id, action: try action(type)))
            } else {
                guard commands.isEmpty else {
                    throw Self.error("expected commands alone, found \(type.name)", start)
                }
                responses.append(DeviceResponse(correlationID: id, result: try result(type)))
            }
        }
        do { try reader.expectEnd() } catch { throw Self.error(error) }
        return commands.isEmpty ? .responses(responses) : .commands(commands)
    }

    // MARK: Parts of a record

    private mutating func correlationID() throws(ToolError) -> String {
        let start = reader.offset
        let id = try text()
        let length = id.utf8.count
        guard 1...CorrelationSeries.lengthLimit ~= length else {
            throw Self.error(
                "expected a correlation id of 1 to \(CorrelationSeries.lengthLimit) bytes, found \(length)",
                start)
        }
        return id
    }

    private mutating func recordType() throws(ToolError) -> RecordType {
        let start = reader.offset
        let number = try unsigned()
        guard let type = RecordType(rawValue: number) else {
            throw Self.error(
                "expected the type of a command (0 to 2) or response (99 to 102), found \(number)", start)
        }
        return type
    }

    private mutating func action(_ type: RecordType) throws(ToolError) -> DeviceCommand.Action {
        switch type {
        case .at: .at(ATCommand(name: try text(), parameters: try text(), ignoredErrors: try ignoredErrors()))
        case .config: .config(try settings())
        default: .finished
        }
    }

    private mutating func result(_ type: RecordType) throws(ToolError) -> DeviceResponse.Result {
        switch type {
        case .errorResponse: .error(cme: try code(), message: try text())
        case .okResponse: .ok(message: try text())
        case .configResponse: .config
        default: .finished
        }
    }

    private mutating func ignoredErrors() throws(ToolError) -> [UInt32] {
        let start = reader.offset
        let count = try arrayHeader()
        guard count <= Self.ignoredErrorLimit else {
            throw Self.error(
                "expected at most \(Self.ignoredErrorLimit) errors to ignore, found \(count)", start)
        }
        var codes: [UInt32] = []
        for _ in 0..<count { codes.append(try code()) }
        return codes
    }

    private mutating func settings() throws(ToolError) -> [ConfigurationSetting] {
        let start = reader.offset
        let count: Int
        do { count = try reader.readMapHeader() } catch { throw Self.error(error) }
        guard count <= Self.settingLimit else {
            throw Self.error("expected at most \(Self.settingLimit) settings, found \(count)", start)
        }
        var keys: Set<[UInt8]> = []
        var settings: [ConfigurationSetting] = []
        for _ in 0..<count {
            let place = reader.offset
            let key = try text()
            guard keys.insert(Array(key.utf8)).inserted else {
                throw Self.error(CBORError(offset: place, reason: .duplicateKey))
            }
            settings.append(ConfigurationSetting(key: key, value: try text()))
        }
        return settings
    }

    // MARK: Items

    private mutating func arrayHeader() throws(ToolError) -> Int {
        do { return try reader.readArrayHeader() } catch { throw Self.error(error) }
    }

    private mutating func unsigned() throws(ToolError) -> UInt64 {
        do { return try reader.readUnsigned() } catch { throw Self.error(error) }
    }

    private mutating func text() throws(ToolError) -> String {
        do { return String(decoding: bytes[try reader.readTextString()], as: UTF8.self) } catch {
            throw Self.error(error)
        }
    }

    private mutating func code() throws(ToolError) -> UInt32 {
        let start = reader.offset
        let number = try unsigned()
        guard let code = UInt32(exactly: number) else {
            throw Self.error("expected an error code of 32 bits, found \(number)", start)
        }
        return code
    }

    private static func error(_ message: String, _ offset: Int) -> ToolError {
        ToolError(.cbor, "\(message) at byte \(offset)")
    }

    private static func error(_ error: CBORError) -> ToolError { ToolError(.cbor, error.message) }
}
