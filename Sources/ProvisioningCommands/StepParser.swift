public import DeviceIdentity
public import Diagnostics

/// The commands that a list of steps makes.
public struct ComposedSteps: Sendable, Equatable {
    public let commands: [ProvisioningCommand]
    /// What was changed on the way, for the person who asked: one sentence each.
    public let notes: [String]
}

/// Makes commands from the steps of the command line, `NAME[@SECTAG][=VALUE]`:
/// `keygen`, `cloud-access-key`, `csr[=ATTRIBUTES]`, `client-certificate=PEM`,
/// `server-certificate=PEM|nrf-cloud|nrf-cloud-coap`, `client-key=PEM`, `psk=IDENTITY:FILE`,
/// `config=KEY=VALUE` (consecutive ones make one command) and `finished`.
///
/// `nrf-cloud` is Amazon Root CA 1, which MQTT and REST need; `nrf-cloud-coap` is that and nRF Cloud's CoAP
/// CA, as the nRF Cloud utilities send them. A CSR without attributes gets `CN=<device UUID>`; when no device
/// is given the member is left out, and the modem fills in the same.
public struct StepParser {
    /// What a file that a step names holds.
    public enum FileKind: Sendable {
        case pem, hexadecimalDigits
    }

    /// Reads a file that a step names.
    public typealias FileReader = (_ path: String, _ kind: FileKind) throws(ToolError) -> [UInt8]

    private let defaultTag: SecTag
    private let deviceUUID: DeviceUUID?
    private let keyUsage: CSRKeyUsage
    private let clientKeyPassword: String?
    private let readFile: FileReader

    private var commands: [ProvisioningCommand] = []
    private var settings: [ConfigurationSetting] = []
    private var notes: [String] = []

    /// A parser with the defaults of the steps; `clientKeyPassword` goes with a `client-key` that needs one.
    public init(
        defaultTag: SecTag = .nrfCloud, deviceUUID: DeviceUUID? = nil, keyUsage: CSRKeyUsage = .standard,
        clientKeyPassword: String? = nil, readFile: @escaping FileReader
    ) {
        self.defaultTag = defaultTag
        self.deviceUUID = deviceUUID
        self.keyUsage = keyUsage
        self.clientKeyPassword = clientKeyPassword
        self.readFile = readFile
    }

    /// The commands of the steps in their order; throws `usage`, `sec-tag`, `pem`, `chain` or `command`, or
    /// what reading a file throws, with the step as context.
    public func parse(_ steps: [String]) throws(ToolError) -> ComposedSteps {
        var parser = self
        for step in steps {
            do throws(ToolError) {
                try parser.add(step)
            } catch {
                // What stands after the identity may be the secret itself, given in the place of its file.
                let isSecret = step.hasPrefix("psk")
                throw error.at("step", isSecret ? "psk=IDENTITY:FILE" : Shown.text(step))
            }
        }
        try parser.flushSettings()
        return ComposedSteps(commands: parser.commands, notes: parser.notes)
    }

    // MARK: One step

    private struct Step {
        let name: String
        let tag: SecTag?
        let value: String?
    }

    private static func split(_ step: String) throws(ToolError) -> Step {
        let utf8 = step.utf8
        let nameEnd =
            utf8.firstIndex { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "=") } ?? utf8.endIndex
        let equals = utf8[nameEnd...].firstIndex(of: UInt8(ascii: "="))
        let value = equals.map { String(step[utf8.index(after: $0)...]) }
        let name = String(step[..<nameEnd])
        guard nameEnd < utf8.endIndex, utf8[nameEnd] == UInt8(ascii: "@") else {
            return Step(name: name, tag: nil, value: value)
        }
        let tagText = String(step[utf8.index(after: nameEnd)..<(equals ?? utf8.endIndex)])
        let tag = try SecTag(text: tagText)
        guard !tag.isReservedForModem else {
            let largest = SecTag.largestForApplications
            throw ToolError(.secTag, "expected a security tag from 0 to \(largest), found \(tag)")
        }
        return Step(name: name, tag: tag, value: value)
    }

    private mutating func add(_ text: String) throws(ToolError) {
        let step = try Self.split(text)
        if step.name == "config" {
            try addSetting(step)
            return
        }
        try flushSettings()
        let tag = step.tag ?? defaultTag
        switch step.name {
        case "keygen":
            try refuseValue(step)
            append(.clientPrivateKeyGeneration(tag))
        case "cloud-access-key":
            try refuseValue(step)
            append(.cloudAccessKeyGeneration(tag))
        case "csr":
            append(.certificateSigningRequest(tag, attributes: try attributes(step), keyUsage: keyUsage))
        case "client-certificate":
            append(.clientCertificate(tag, content: try clientCertificate(try value(step, "a PEM file"))))
        case "server-certificate":
            append(.serverCertificate(tag, content: try serverCertificate(try value(step, "a PEM file"))))
        case "client-key": append(try clientKey(tag, try value(step, "a PEM file")))
        case "psk": append(try preSharedKey(tag, try value(step, "IDENTITY:FILE")))
        case "finished":
            try refuseValue(step)
            try refuseTag(step)
            append(.finished)
        default:
            throw ToolError(
                .usage,
                "expected a step keygen, cloud-access-key, csr, client-certificate, server-certificate, "
                    + "client-key, psk, config or finished, found \(Shown.text(step.name))")
        }
    }

    private mutating func append(_ request: CommandRequest) {
        commands.append(ProvisioningCommand(request))
    }

    private func value(_ step: Step, _ what: String) throws(ToolError) -> String {
        guard let value = step.value, !value.isEmpty else {
            throw ToolError(.usage, "expected \(step.name)=VALUE with \(what), found no value")
        }
        return value
    }

    private func refuseValue(_ step: Step) throws(ToolError) {
        if step.value != nil {
            throw ToolError(.usage, "expected '\(step.name)' without a value, found one")
        }
    }

    private func refuseTag(_ step: Step) throws(ToolError) {
        if step.tag != nil {
            throw ToolError(.usage, "expected '\(step.name)' without a security tag, found one")
        }
    }

    // MARK: Values

    private func attributes(_ step: Step) throws(ToolError) -> String? {
        guard let attributes = step.value else {
            return deviceUUID.map { "CN=\($0)" }
        }
        guard !attributes.hasPrefix("/") else {
            throw ToolError(
                .usage,
                "expected attributes as KEY=value pairs between commas (O=Example,CN=device), found the form of "
                    + "OpenSSL's -subj")
        }
        guard !attributes.isEmpty, ATString.isSafe(attributes) else {
            throw ToolError(
                .command,
                "expected attributes like CN=… without quotation marks and control characters, found others")
        }
        return attributes
    }

    private mutating func clientCertificate(_ path: String) throws(ToolError) -> String {
        try CertificateContent.leaf(try pem(path)).normalized
    }

    private mutating func serverCertificate(_ value: String) throws(ToolError) -> String {
        if let known = PublicCertificates.named(value) { return known }
        return try CertificateContent.certificates(try pem(value)).normalized
    }

    private mutating func clientKey(_ tag: SecTag, _ path: String) throws(ToolError) -> CommandRequest {
        let text = try pem(path)
        guard let block = text.blocks.first, text.blocks.count == 1, block.label.hasSuffix("PRIVATE KEY")
        else {
            let found = text.blocks.map(\.label).prefix(4).joined(separator: ", ")
            throw ToolError(.pem, "expected one private key, found \(found)")
        }
        let isEncrypted = block.label == "ENCRYPTED PRIVATE KEY"
        if isEncrypted, clientKeyPassword == nil {
            throw ToolError(.passphrase, "expected the password of an encrypted private key, found none")
        }
        if let clientKeyPassword, isEncrypted, !ATString.isSafe(clientKeyPassword) {
            throw ToolError(.command, "expected a password without quotation marks and control characters")
        }
        return .clientPrivateKey(tag, content: block.text, password: isEncrypted ? clientKeyPassword : nil)
    }

    private func preSharedKey(_ tag: SecTag, _ value: String) throws(ToolError) -> CommandRequest {
        guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw ToolError(.usage, "expected psk=IDENTITY:FILE, found no colon")
        }
        let identity = String(value[..<colon])
        let path = String(value[value.utf8.index(after: colon)...])
        guard !identity.isEmpty, !path.isEmpty, ATString.isSafe(identity) else {
            throw ToolError(.usage, "expected psk=IDENTITY:FILE, found an unusable identity or no file")
        }
        guard path.utf8.count < 16 || !PreSharedKey.isHexadecimal(path) else {
            throw ToolError(
                .usage, "expected psk=IDENTITY:FILE, found hexadecimal digits in the place of the file",
                hint: "write the secret to a file: everybody on the machine sees a command line")
        }
        let blanks: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
        let content = try readFile(path, .hexadecimalDigits).drop { blanks.contains($0) }
        let end = content.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? content.startIndex
        let secret = String(decoding: content[..<end], as: UTF8.self)
        guard PreSharedKey.isHexadecimal(secret) else {
            throw ToolError(
                .command, "expected a file with hexadecimal digits, two for each byte, found something else"
            ).at("file", path.escapedForTerminal)
        }
        return .preSharedKey(tag, identity: identity, secret: secret)
    }

    private mutating func pem(_ path: String) throws(ToolError) -> PEMText {
        let bytes = try readFile(path, .pem)
        let shown = path.escapedForTerminal
        do throws(ToolError) {
            let text = try PEMText(bytes)
            if text.hasTextOutside {
                notes.append("\(shown): text outside the PEM blocks was left out")
            }
            if text.hasCarriageReturns {
                notes.append("\(shown): CR LF line ends became LF")
            }
            return text
        } catch {
            throw error.at("file", shown)
        }
    }

    // MARK: Settings

    private mutating func addSetting(_ step: Step) throws(ToolError) {
        try refuseTag(step)
        let text = try value(step, "KEY=VALUE")
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.utf8.startIndex else {
            throw ToolError(.usage, "expected config=KEY=VALUE, found \(Shown.text(text))")
        }
        let key = String(text[..<equals])
        if settings.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
            throw ToolError(
                .usage, "expected each key once in a configuration, found \(Shown.text(key)) twice")
        }
        settings.append(
            ConfigurationSetting(key: key, value: String(text[text.utf8.index(after: equals)...])))
    }

    private mutating func flushSettings() throws(ToolError) {
        guard !settings.isEmpty else { return }
        guard settings.count <= ConfigurationSetting.deviceLimit else {
            throw ToolError(
                .commandLimit,
                "expected at most \(ConfigurationSetting.deviceLimit) settings in one command, "
                    + "found \(settings.count)")
        }
        append(.config(settings))
        settings = []
    }
}
