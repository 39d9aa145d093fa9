public import OpenSSL

/// A simulated modem at a serial line: octets in, octets out.
///
/// It takes commands as the AT host library does, or as a shell whose command `at` hands them on.
public struct SerialModem: Sendable {
    /// How the firmware talks.
    public struct Firmware: Sendable {
        /// A shell that takes AT commands after `at`, with a prompt in colours and an echo.
        public var hasShell = false
        /// What is said is repeated, as after `ATE1`; a shell always does.
        public var echoes = false

        public init() {}
    }

    /// The longest command; a certificate stands in one.
    static let commandLimit = 16_384
    private static let prompt = "\u{1b}[1;32muart:~$ \u{1b}[m"

    public private(set) var modem: Modem
    /// What `AT#XNRFPROV` starts; `nil` for a firmware without the device library.
    public private(set) var session: ProvisioningSession?
    /// What the session wants sent.
    private var request: DeviceRequest?
    private let firmware: Firmware
    private var command: [UInt8] = []
    /// A text between quotation marks goes over line ends.
    private var isQuoted = false
    private var isOverlong = false

    public init(_ modem: Modem, _ firmware: Firmware, session: ProvisioningSession? = nil) {
        self.modem = modem
        self.firmware = firmware
        self.session = session
    }

    /// What a shell shows before anything is said.
    public var greeting: [UInt8] { firmware.hasShell ? Array(Self.prompt.utf8) : [] }

    /// Takes what came in and answers what goes out.
    ///
    /// - Parameter now: seconds since 1970 by the modem's clock.
    public mutating func take(
        _ octets: some Sequence<UInt8>, now: Int64?, _ arithmetic: P256Arithmetic
    ) -> [UInt8] {
        var answers: [UInt8] = []
        for octet in octets {
            let isEnd = octet == 0x0d || octet == 0x0a
            guard isEnd, !isQuoted || firmware.hasShell else {
                if octet == UInt8(ascii: "\"") { isQuoted.toggle() }
                if command.count < Self.commandLimit { command.append(octet) } else { isOverlong = true }
                continue
            }
            if !command.isEmpty { answers += answer(now, arithmetic) }
            forget()
        }
        return answers
    }

    /// Nothing came for a while: what has begun never ends.
    public mutating func forget() {
        command.removeAll(keepingCapacity: true)
        isQuoted = false
        isOverlong = false
    }

    // MARK: The provisioning session

    /// What is to be sent to the service, once; the answer goes to ``receive(_:_:)``.
    public mutating func takeRequest() -> DeviceRequest? {
        defer { request = nil }
        return request
    }

    /// What the service answered, to what goes out over the line.
    public mutating func receive(_ answer: ServiceAnswer, _ arithmetic: P256Arithmetic) -> [UInt8] {
        Array(notices(of: session?.receive(answer, on: &modem, arithmetic)).utf8)
    }

    /// The host did not do in time what it was asked to.
    public mutating func giveUpWaiting() -> [UInt8] {
        request = nil
        return Array(notices(of: session?.giveUp()).utf8)
    }

    private mutating func notices(of step: ProvisioningSession.Step?) -> String {
        guard let step else { return "" }
        // One that was not taken yet stays.
        if let next = step.request { request = next }
        return step.notices.map { "\r\n#XNRFPROV: \($0.rawValue)\r\n" }.joined()
    }

    /// `AT#XNRFPROV`, and the name that the SDK's own command has; `nil` for any other.
    private mutating func startSession(
        _ line: Modem.CommandLine, _ arithmetic: P256Arithmetic
    ) -> String? {
        guard line.name == "#XNRFPROV" || line.name == "#PROVSTART", let session else { return nil }
        switch line.form {
        case .execute where !session.isUnderWay:
            return "OK\r\n" + notices(of: self.session?.start(on: &modem, arithmetic))
        case .set("?"): return "\(line.name)\r\nOK\r\n"
        case .execute, .read, .set: return "ERROR\r\n"
        }
    }

    // MARK: Answers

    private mutating func answer(_ now: Int64?, _ arithmetic: P256Arithmetic) -> [UInt8] {
        let text = String(decoding: command, as: UTF8.self)
        let echo = firmware.hasShell || firmware.echoes ? text + "\r\n" : ""
        guard firmware.hasShell else { return Array((echo + reply(text, now, arithmetic)).utf8) }
        return Array((echo + shellReply(text, now, arithmetic) + Self.prompt).utf8)
    }

    /// What the modem itself says.
    private mutating func reply(_ text: String, _ now: Int64?, _ arithmetic: P256Arithmetic) -> String {
        guard !isOverlong, let line = Modem.CommandLine(text) else { return "ERROR\r\n" }
        if let answer = startSession(line, arithmetic) { return answer }
        let wasActive = modem.isActive
        let answer = modem.run(line, now: now, arithmetic)
        // Whether it is registered with a network is told unasked.
        let notice = modem.isActive == wasActive ? "" : "+CEREG: \(modem.isActive ? 2 : 0)\r\n"
        if case .failed = answer, !modem.namesErrors { return notice + "ERROR\r\n" }
        return notice + answer.text + notices(of: session?.goOn(on: &modem, arithmetic))
    }

    private mutating func shellReply(_ text: String, _ now: Int64?, _ arithmetic: P256Arithmetic) -> String {
        let words = text.split(separator: " ", maxSplits: 1)
        guard let program = words.first else { return "" }
        let argument = words.count > 1 ? String(words[1]) : ""
        switch (program, argument) {
        case ("at", ""): return "at - execute AT command\r\n"
        case ("at", _): return reply(Self.unquoted(argument), now, arithmetic)
        case ("nrf_provisioning", "uuid"): return "\(modem.device.uuid)\r\n"
        case ("nrf_provisioning", "token"):
            let answer = modem.run("%ATTESTTOKEN", "", arithmetic)
            guard case .ok(let lines) = answer, let line = lines.first else { return "no token\r\n" }
            return line.split(separator: "\"").dropFirst().joined() + "\r\n"
        case ("kernel", "reboot warm"):
            modem.isActive = true
            modem.namesErrors = false
            return "*** Booting nRF Connect SDK ***\r\n"
        default: return "\(program): command not found\r\n"
        }
    }

    /// The argument of `at`: between apostrophes as it is, but for `\n`, which is a line feed.
    private static func unquoted(_ argument: String) -> String {
        var text = argument[...]
        if text.utf8.count >= 2, text.first == "'", text.last == "'" { text = text.dropFirst().dropLast() }
        return String(text).replacing("\\n", with: "\n")
    }
}
