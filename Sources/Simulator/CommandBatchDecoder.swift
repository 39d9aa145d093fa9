import CBOR
import ProvisioningCommands

/// Decodes the commands of a fetch as the device library does, which takes more than this project writes: non-minimal
/// numbers, arrays and maps of indefinite length, an empty correlation id, octets after the end.
struct CommandBatchDecoder {
    enum Failure: Error, Equatable {
        /// More commands than the client was built for; it has an event of its own.
        case tooMany(Int)
        /// What was expected and found.
        case malformed(String)
    }

    private static let ignoredErrorLimit = 6

    let profile: ClientProfile

    func decode(_ bytes: [UInt8]) throws(Failure) -> [DeviceCommand] {
        let item: CBORItem
        do { item = try Self.firstItem(bytes) } catch { throw .malformed(error.message) }
        guard let elements = item.elements else { throw .malformed("expected an array of commands") }
        guard !elements.isEmpty else { throw .malformed("expected at least one command, found none") }
        guard elements.count <= profile.recordLimit else { throw .tooMany(elements.count) }
        var commands: [DeviceCommand] = []
        for element in elements { commands.append(try command(element)) }
        return commands
    }

    /// The first item; what stands after it is not looked at.
    private static func firstItem(_ bytes: [UInt8]) throws(CBORError) -> CBORItem {
        let decoder = CBORDecoder(.init(maximumDepth: 8, maximumItems: 10_000, isStrict: false))
        do throws(CBORError) { return try decoder.decode(bytes) } catch {
            guard case .trailingBytes = error.reason else { throw error }
            return try decoder.decode(Array(bytes.prefix(error.offset)))
        }
    }

    private func command(_ item: CBORItem) throws(Failure) -> DeviceCommand {
        guard let elements = item.elements, elements.count >= 2, case .textString(let id) = elements[0],
            case .unsigned(let type) = elements[1]
        else { throw .malformed("expected a command, [text, type, …]") }
        switch (type, elements.count) {
        case (0, 5): return DeviceCommand(correlationID: id, action: .at(try at(elements)))
        case (1, 3): return DeviceCommand(correlationID: id, action: .config(try settings(elements[2])))
        case (2, 2): return DeviceCommand(correlationID: id, action: .finished)
        default:
            throw .malformed("expected a command of a known type, found type \(type) of \(elements.count)")
        }
    }

    private func at(_ elements: [CBORItem]) throws(Failure) -> ATCommand {
        guard case .textString(let name) = elements[2], case .textString(let parameters) = elements[3],
            let ignored = elements[4].elements
        else { throw .malformed("expected an AT command of two texts and an array") }
        guard ignored.count <= Self.ignoredErrorLimit else {
            throw .malformed("expected at most 6 errors to ignore, found \(ignored.count)")
        }
        var codes: [UInt32] = []
        for item in ignored {
            guard case .unsigned(let number) = item, let code = UInt32(exactly: number) else {
                throw .malformed("expected errors to ignore of 32 bits")
            }
            codes.append(code)
        }
        return ATCommand(name: name, parameters: parameters, ignoredErrors: codes)
    }

    private func settings(_ item: CBORItem) throws(Failure) -> [ConfigurationSetting] {
        guard let pairs = item.pairs else { throw .malformed("expected a map of settings") }
        guard pairs.count <= profile.settingLimit else {
            throw .malformed("expected at most \(profile.settingLimit) settings, found \(pairs.count)")
        }
        var settings: [ConfigurationSetting] = []
        for pair in pairs {
            guard case .textString(let key) = pair.key, case .textString(let value) = pair.value else {
                throw .malformed("expected settings of text")
            }
            settings.append(ConfigurationSetting(key: key, value: value))
        }
        return settings
    }
}

extension CBORItem {
    fileprivate var elements: [CBORItem]? {
        switch self {
        case .array(let elements), .indefiniteArray(let elements): elements
        default: nil
        }
    }

    fileprivate var pairs: [CBORItem.Pair]? {
        switch self {
        case .map(let pairs), .indefiniteMap(let pairs): pairs
        default: nil
        }
    }
}
