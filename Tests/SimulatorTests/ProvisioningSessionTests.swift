import DeviceIdentity
import OpenSSL
import ProvisioningCommands
import Simulator
import Testing

/// `AT#XNRFPROV`: the host of a modem takes it off line and back, and is told when.
@Suite("Sessions that a host starts") struct ProvisioningSessionTests {
    private let arithmetic: P256Arithmetic
    private let device: SimulatedDevice

    init() throws {
        arithmetic = try P256Arithmetic()
        device = try SimulatedDevice(seed: FleetSeed("host"), index: 0, arithmetic: arithmetic)
    }

    private func modem() -> SerialModem {
        let settings = FleetRun.Settings(
            seed: FleetSeed("host"), model: .nRF9151, profile: .v3_2, goal: .provisioned)
        return SerialModem(
            Modem(device), SerialModem.Firmware(),
            session: ProvisioningSession(Modem(device), settings, manners: .http))
    }

    private func say(_ text: String, _ modem: inout SerialModem) -> String {
        String(decoding: modem.take(Array((text + "\r\n").utf8), now: 0, arithmetic), as: UTF8.self)
    }

    private func answer(_ answer: ServiceAnswer, _ modem: inout SerialModem) -> String {
        String(decoding: modem.receive(answer, arithmetic), as: UTF8.self)
    }

    private func commands(_ commands: DeviceCommand...) -> ServiceAnswer {
        .content(DeviceMessage.commands(commands).cbor)
    }

    private static func notice(_ number: Int) -> String { "\r\n#XNRFPROV: \(number)\r\n" }

    @Test(arguments: ["AT#XNRFPROV", "AT#PROVSTART", "at#xnrfprov"])
    func goesThroughWithTheHost(_ command: String) throws {
        var modem = modem()
        #expect(say(command, &modem) == "OK\r\n")
        guard case .fetch(let query)? = modem.takeRequest() else {
            Issue.record("no fetch")
            return
        }
        #expect(query.after.isEmpty && modem.takeRequest() == nil)
        // A second one has to wait.
        #expect(say(command, &modem) == "ERROR\r\n")
        let key = at("u.1", "%KEYGEN", "7,2,1")
        let end = DeviceCommand(correlationID: "u.2", action: .finished)
        #expect(answer(commands(key, end), &modem) == Self.notice(1))
        // Nothing happens until it is off line.
        #expect(modem.takeRequest() == nil && modem.session?.waitsForHost == true)
        #expect(say("AT%CMNG=1", &modem) == "OK\r\n")
        #expect(say("AT+CFUN=4", &modem) == "+CEREG: 0\r\nOK\r\n" + Self.notice(2))
        #expect(modem.takeRequest() == nil)
        #expect(say("AT%CMNG=1", &modem).hasPrefix("%CMNG: 7,2,"))
        #expect(say("AT+CFUN=1", &modem) == "+CEREG: 2\r\nOK\r\n")
        guard case .report(let body)? = modem.takeRequest() else {
            Issue.record("no report")
            return
        }
        guard case .responses(let responses) = try DeviceMessage(cbor: body) else {
            Issue.record("no responses")
            return
        }
        #expect(responses.map(\.correlationID) == ["u.1", "u.2"] && responses.last?.result == .finished)
        #expect(answer(.accepted, &modem) == Self.notice(0))
        #expect(modem.session?.isUnderWay == false)
        // The next one goes on where this one was.
        #expect(say(command, &modem) == "OK\r\n")
        guard case .fetch(let next)? = modem.takeRequest() else {
            Issue.record("no second fetch")
            return
        }
        #expect(next.after == "u.2")
        #expect(answer(.noContent, &modem) == Self.notice(0))
    }

    @Test(arguments: [
        (ServiceAnswer.noContent, 0), (.unclaimed, -2), (.unreachable("no way"), -3), (.overloaded, -1),
        (.badRequest, -1),
        (.noAnswer("nothing"), -1), (.content([0xff]), -1),
    ])
    func tellsHowItEnded(_ given: ServiceAnswer, _ number: Int) {
        var modem = modem()
        _ = say("AT#XNRFPROV", &modem)
        #expect(modem.takeRequest() != nil)
        #expect(answer(given, &modem) == Self.notice(number))
        #expect(modem.session?.isUnderWay == false && modem.takeRequest() == nil)
    }

    @Test func refusesMoreCommandsThanItHasRoomFor() {
        var modem = modem()
        _ = say("AT#XNRFPROV", &modem)
        let many = (0..<20).map { DeviceCommand(correlationID: "u.\($0)", action: .finished) }
        #expect(answer(.content(DeviceMessage.commands(many).cbor), &modem) == Self.notice(-5))
    }

    /// Settings are no matter of the modem's.
    @Test func needsNoHostForSettings() {
        var modem = modem()
        _ = say("AT#XNRFPROV", &modem)
        let setting = DeviceCommand(
            correlationID: "u.1", action: .config([ConfigurationSetting(key: "a", value: "b")]))
        #expect(answer(commands(setting), &modem) == "")
        guard case .report? = modem.takeRequest() else {
            Issue.record("no report")
            return
        }
        #expect(modem.modem.isActive)
    }

    @Test func asksToBeBroughtOnlineFirst() {
        var modem = modem()
        _ = say("AT+CFUN=4", &modem)
        #expect(say("AT#XNRFPROV", &modem) == "OK\r\n" + Self.notice(2))
        #expect(modem.takeRequest() == nil)
        #expect(say("AT+CFUN=1", &modem) == "+CEREG: 2\r\nOK\r\n")
        #expect(modem.takeRequest() != nil)
    }

    @Test func doesNotWaitForEver() {
        var modem = modem()
        _ = say("AT#XNRFPROV", &modem)
        _ = modem.takeRequest()
        #expect(answer(commands(at("u.1", "%CMNG", "3,1,2", ignoring: [513])), &modem) == Self.notice(1))
        #expect(String(decoding: modem.giveUpWaiting(), as: UTF8.self) == Self.notice(-1))
        // What it was to execute is forgotten.
        #expect(say("AT+CFUN=4", &modem) == "+CEREG: 0\r\nOK\r\n")
        #expect(say("AT+CFUN=1", &modem) == "+CEREG: 2\r\nOK\r\n")
        #expect(modem.takeRequest() == nil)
        #expect(say("AT#XNRFPROV", &modem) == "OK\r\n")
        #expect(modem.takeRequest() != nil)
        // An answer that nobody waits for.
        #expect(answer(.noContent, &modem) == Self.notice(0))
        #expect(answer(.noContent, &modem) == "")
    }

    /// Commands that come together with the one that wants something sent do not take it away.
    @Test func commandsInOneWriteLoseNothing() {
        var modem = modem()
        #expect(say("AT#XNRFPROV\r\nAT\r\nAT+CFUN?", &modem) == "OK\r\nOK\r\n+CFUN: 1\r\nOK\r\n")
        #expect(modem.takeRequest() != nil)
        let key = at("u.1", "%KEYGEN", "7,2,1")
        #expect(answer(commands(key), &modem) == Self.notice(1))
        #expect(
            say("AT+CFUN=4\r\nAT+CFUN=1\r\nAT", &modem)
                == "+CEREG: 0\r\nOK\r\n" + Self.notice(2) + "+CEREG: 2\r\nOK\r\nOK\r\n")
        guard case .report? = modem.takeRequest() else {
            Issue.record("no report")
            return
        }
    }

    @Test func isUnknownWithoutTheLibrary() {
        var modem = SerialModem(Modem(device), SerialModem.Firmware())
        #expect(say("AT#XNRFPROV", &modem) == "ERROR\r\n")
        var other = self.modem()
        #expect(say("AT#XNRFPROV=?", &other) == "#XNRFPROV\r\nOK\r\n")
        #expect(say("AT#XNRFPROV=1", &other) == "ERROR\r\n")
        #expect(say("AT#PROVCFG", &other) == "ERROR\r\n")
    }

    /// Of the nRF9160 alone, which nobody gave the keys that open a message.
    @Test func refusesInjection() throws {
        var modem = SerialModem(Modem(device), SerialModem.Firmware())
        _ = say("AT+CMEE=1", &modem)
        #expect(say("AT%KEYINJECT=\"a.b\"", &modem) == "ERROR\r\n")
        let old = try SimulatedDevice(
            seed: FleetSeed("host"), index: 0, model: .nRF9160, arithmetic: arithmetic)
        modem = SerialModem(Modem(old), SerialModem.Firmware())
        _ = say("AT+CMEE=1", &modem)
        #expect(say("AT%KEYINJECT=\"a.b\"", &modem) == "+CME ERROR: 518\r\n")
        _ = say("AT+CFUN=4", &modem)
        #expect(say("AT%KEYINJECT=\"a.b\"", &modem) == "+CME ERROR: 513\r\n")
        #expect(say("AT%KEYINJECT=\"ab\"", &modem) == "+CME ERROR: 50\r\n")
    }
}
