import CBOR
import DeviceIdentity
import Diagnostics
import ProvisioningCommands
import Simulator
import Testing

@Suite("The device's state machine")
struct DeviceProtocolTests {
    private typealias Transition = DeviceProtocol.Transition

    private static func query(_ after: String = "", limit: Int? = 10) -> FetchQuery {
        FetchQuery(
            after: after, receiveLimit: 2304, transmitLimit: 2304, firmwareVersion: "mfw_nrf91x1_2.0.2",
            libraryVersion: "3.2.0", recordLimit: limit)
    }

    /// A machine that has asked for its first commands.
    private func fetching(_ profile: ClientProfile = .v3_2, spread: Int64 = 0) -> DeviceProtocol {
        var machine = DeviceProtocol(profile: profile, firmwareName: "mfw_nrf91x1_2.0.2", spread: spread)
        _ = machine.handle(.begin)
        _ = machine.handle(.woke)
        return machine
    }

    private func content(_ commands: [DeviceCommand]) -> DeviceProtocol.Event {
        .answered(.content(DeviceMessage.commands(commands).cbor))
    }

    private func execution(
        _ responses: [DeviceResponse], last: String, isFinished: Bool = false
    ) -> SimulatedClient.Execution {
        var execution = SimulatedClient.Execution()
        execution.responses = responses
        execution.lastCommand = last
        execution.count = responses.count
        execution.isFinished = isFinished
        return execution
    }

    private func ok(_ id: String) -> DeviceResponse {
        DeviceResponse(correlationID: id, result: .ok(message: "OK\r\n"))
    }

    // MARK: A run

    @Test func runsToTheFinish() {
        var machine = DeviceProtocol(profile: .v3_2, firmwareName: "mfw_nrf91x1_2.0.2")
        #expect(machine.handle(.begin) == Transition(action: .wait(seconds: 1), events: [.scheduled]))
        #expect(
            machine.handle(.woke) == Transition(action: .send(.fetch(Self.query())), events: [.started]))
        let first = [at("u.1", "%CMNG", "3,1,2", ignoring: [513])]
        #expect(
            machine.handle(content(first)) == Transition(action: .execute(first), events: [.needsOffline]))
        let responses = [ok("u.1")]
        #expect(
            machine.handle(.executed(execution(responses, last: "u.1"), settings: [:]))
                == Transition(
                    action: .send(.report(DeviceMessage.responses(responses).cbor)), events: [.needsOnline]))
        #expect(
            machine.handle(.answered(.accepted)) == Transition(action: .send(.fetch(Self.query("u.1")))))
        let last = [finished("u.2")]
        #expect(machine.handle(content(last)) == Transition(action: .execute(last)))
        let acknowledged = [DeviceResponse(correlationID: "u.2", result: .finished)]
        #expect(
            machine.handle(.executed(execution(acknowledged, last: "u.2", isFinished: true), settings: [:]))
                == Transition(
                    action: .send(.report(DeviceMessage.responses(acknowledged).cbor)),
                    events: [.needsOnline]))
        #expect(
            machine.handle(.answered(.accepted))
                == Transition(action: .wait(seconds: 60), events: [.done, .stopped, .scheduled]))
        #expect(
            machine.handle(.woke)
                == Transition(action: .send(.fetch(Self.query("u.2"))), events: [.started]))
    }

    @Test func reportsTheFirstFailure() throws {
        var machine = fetching()
        _ = machine.handle(content([at("u.1", "%CMNG", "1")]))
        var failed = execution(
            [DeviceResponse(correlationID: "u.1", result: .error(cme: 514, message: ""))], last: "u.1")
        failed.failure = SimulatedClient.CommandFailure(correlationID: "u.1", code: 514, command: "%CMNG")
        #expect(
            machine.handle(.executed(failed, settings: [:]))
                == Transition(
                    action: .send(.report(DeviceMessage.responses(failed.responses).cbor)),
                    events: [.needsOnline],
                    problem: CheckFailure(.command, "%CMNG of u.1 failed with 514")))
        // It asks again at once, after the command that failed.
        #expect(
            machine.handle(.answered(.accepted)) == Transition(action: .send(.fetch(Self.query("u.1")))))
    }

    // MARK: Answers to a fetch

    @Test(arguments: [
        (ServiceAnswer.noContent, [ClientEvent.noCommands], nil),
        (.unclaimed, [.notClaimed], "the service does not know the device as claimed (401 or 4.01)"),
        (.forbidden, [.failed], "the service refused the credentials (403 or 4.03)"),
        (.badRequest, [.failed], "the service refused the request (400 or 4.00)"),
        (.wrongFormat, [.failed], "the service refused the format (415 or 4.15)"),
        (.unexpected("502"), [.failed], "unexpected status 502"),
        (.tooLarge, [.failed], "the answer does not fit the receive buffer"),
        (.malformed("no answer of HTTP"), [.failed], "no answer of HTTP"),
        (.noAnswer("closed"), [.failed], "closed"),
        (.unreachable("refused"), [.wrongRootCertificate], "refused"),
        // Contents that are no commands.
        (.content([]), [.failed], "unexpected end of input at offset 0"),
        (.content([0x80]), [.failed], "expected at least one command, found none"),
        (.content(Array("<html>".utf8)), [.failed], "expected an array of commands"),
    ])
    func waitsForItsInterval(_ answer: ServiceAnswer, _ events: [ClientEvent], _ problem: String?) {
        var machine = fetching()
        let transition = machine.handle(.answered(answer))
        #expect(transition.action == .wait(seconds: 60))
        #expect(transition.events == events + [.stopped, .scheduled])
        if problem != nil, case .content = answer {
            #expect(transition.problem?.code == .cbor)
        } else {
            #expect(transition.problem?.message == problem)
        }
        #expect(
            machine.handle(.woke) == Transition(action: .send(.fetch(Self.query())), events: [.started]))
    }

    @Test func takesForbiddenForUnclaimedInOlderReleases() {
        for profile in [ClientProfile.v3_0, .v2] {
            var machine = fetching(profile)
            #expect(
                machine.handle(.answered(.forbidden)).events == [.notClaimed, .stopped, .scheduled])
        }
    }

    @Test func backsOffAndForgetsIt() {
        var machine = fetching()
        var waits: [DeviceProtocol.Action] = []
        for number in 0..<13 {
            let answer: ServiceAnswer = number % 2 == 0 ? .overloaded : .connectTimedOut
            waits.append(machine.handle(.answered(answer)).action)
            _ = machine.handle(.woke)
        }
        let expected: [Int64] = [
            60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, 86_400, 86_400,
        ]
        #expect(waits == expected.map { .wait(seconds: $0) })
        #expect(machine.handle(.answered(.noContent)).action == .wait(seconds: 60))
        _ = machine.handle(.woke)
        #expect(machine.handle(.answered(.overloaded)).action == .wait(seconds: 60))
    }

    @Test func refusesMoreCommandsThanItHasRoomFor() {
        let commands = (0..<11).map { at("u.\($0)", "%CMNG", "1") }
        var machine = fetching()
        let transition = machine.handle(content(commands))
        #expect(transition.action == .wait(seconds: 60))
        #expect(transition.events == [.tooManyCommands, .stopped, .scheduled])
        #expect(transition.problem == CheckFailure(.commandLimit, "expected at most 10 commands, found 11"))
        var older = fetching(.v2)
        #expect(older.handle(content(commands)).action == .execute(commands))
        var fitting = fetching()
        #expect(
            fitting.handle(content(Array(commands.prefix(10)))).action
                == .execute(Array(commands.prefix(10))))
    }

    // MARK: Answers to a report

    @Test(arguments: [
        (ServiceAnswer.noContent, ErrorCode.serviceContract, "a report was lost: no content"),
        (
            .unclaimed, .serviceRefused,
            "a report was lost: the service does not know the device as claimed (401 or 4.01)"
        ),
        (.forbidden, .serviceRefused, "a report was lost: the service refused the credentials (403 or 4.03)"),
        (.badRequest, .serviceRefused, "a report was lost: the service refused the request (400 or 4.00)"),
        (.overloaded, .serviceRefused, "a report was lost: the service is overloaded (500, 5.00 or 5.03)"),
        (.unexpected("503"), .serviceContract, "a report was lost: unexpected status 503"),
        (.malformed("noise"), .serviceContract, "a report was lost: noise"),
        (.tooLarge, .serviceContract, "a report was lost: the answer does not fit the receive buffer"),
        (.noAnswer("closed"), .serviceUnreachable, "a report was lost: closed"),
        (.unreachable("refused"), .serviceUnreachable, "a report was lost: refused"),
        (.connectTimedOut, .serviceUnreachable, "a report was lost: nobody answered while connecting"),
    ])
    func forgetsAReportThatFails(_ answer: ServiceAnswer, _ code: ErrorCode, _ message: String) {
        var machine = fetching()
        _ = machine.handle(content([finished("u.9")]))
        let acknowledged = [DeviceResponse(correlationID: "u.9", result: .finished)]
        _ = machine.handle(.executed(execution(acknowledged, last: "u.9", isFinished: true), settings: [:]))
        // At once, after what was executed: the acknowledgement of `finished` is lost as well.
        #expect(
            machine.handle(.answered(answer))
                == Transition(
                    action: .send(.fetch(Self.query("u.9"))), problem: CheckFailure(code, message)))
        #expect(
            machine.handle(.answered(.noContent))
                == Transition(action: .wait(seconds: 60), events: [.noCommands, .stopped, .scheduled]))
    }

    @Test func reportsNothingThatDoesNotFit() {
        var machine = fetching()
        _ = machine.handle(content([at("u.1", "%CMNG", "1")]))
        let long = DeviceResponse(
            correlationID: "u.1", result: .ok(message: String(repeating: "a", count: 2_304)))
        let transition = machine.handle(.executed(execution([long], last: "u.1"), settings: [:]))
        #expect(transition.action == .wait(seconds: 60))
        #expect(transition.events == [.needsOnline, .noCommands, .stopped, .scheduled])
        #expect(transition.problem?.code == .commandLimit)
        #expect(machine.handle(.woke).action == .send(.fetch(Self.query("u.1"))))
    }

    @Test func startsAnewAfterACrash() {
        var machine = fetching()
        _ = machine.handle(content([at("u.1", "%CMNG", "1")]))
        _ = machine.handle(.executed(execution([ok("u.1")], last: "u.1"), settings: [:]))
        _ = machine.handle(.answered(.accepted))
        _ = machine.handle(content([at("u.2", "%CMNG", "1")]))
        var crashed = SimulatedClient.Execution()
        crashed.crash = "an AT line of 2304 octets"
        let problem = CheckFailure(
            .commandLimit, "the client has no room for an AT line of 2304 octets, and started anew")
        #expect(
            machine.handle(.executed(crashed, settings: [:]))
                == Transition(
                    action: .wait(seconds: 1), events: [.fatal, .stopped, .scheduled], problem: problem))
        #expect(machine.handle(.woke).action == .send(.fetch(Self.query())))
    }

    // MARK: Interval

    @Test(arguments: [
        ("5", 5), ("0x3c", 60), ("0X3C", 60), ("060", 48), (" 7", 7), ("+8", 8), ("12s", 12),
        ("", 600), ("0", 600), ("-5", 600), ("soon", 600), ("09", 600),
        ("99999999999999999999", 2_147_483_647),
    ])
    func readsTheIntervalAsStrtolDoes(_ text: String, _ seconds: Int64) {
        var profile = ClientProfile.v3_2
        profile.interval = 600
        var machine = fetching(profile)
        _ = machine.handle(content([config("u.1", ["provisioning/interval-sec": text])]))
        let stored = [DeviceResponse(correlationID: "u.1", result: .config)]
        _ = machine.handle(
            .executed(execution(stored, last: "u.1"), settings: ["provisioning/interval-sec": text]))
        _ = machine.handle(.answered(.accepted))
        #expect(machine.handle(.answered(.noContent)).action == .wait(seconds: seconds))
    }

    @Test func spreadsItsRuns() {
        var machine = DeviceProtocol(profile: .v3_2, firmwareName: "mfw_nrf91x1_2.0.2", spread: 2)
        #expect(machine.handle(.begin).action == .wait(seconds: 3))
        _ = machine.handle(.woke)
        #expect(machine.handle(.answered(.noContent)).action == .wait(seconds: 62))
    }

    // MARK: Releases

    @Test func asksAsItsReleaseDoes() {
        var older = DeviceProtocol(profile: .v3_0, firmwareName: "mfw_nrf91x1_2.0.2")
        _ = older.handle(.begin)
        let query = FetchQuery(
            after: "", receiveLimit: 2304, transmitLimit: 2304, firmwareVersion: "2.0.0", libraryVersion: "1",
            recordLimit: nil)
        #expect(older.handle(.woke).action == .send(.fetch(query)))
        var oldest = DeviceProtocol(profile: .v2, firmwareName: "mfw_nrf91x1_2.0.2")
        _ = oldest.handle(.begin)
        let smaller = FetchQuery(
            after: "", receiveLimit: 2048, transmitLimit: 2048, firmwareVersion: "2.0.0", libraryVersion: "1",
            recordLimit: nil)
        #expect(oldest.handle(.woke).action == .send(.fetch(smaller)))
    }

    @Test func takesMoreSettingsInOlderReleases() {
        let pairs = (0..<11).map { ConfigurationSetting(key: "k\($0)", value: "v") }
        let commands = [DeviceCommand(correlationID: "u.1", action: .config(pairs))]
        var newer = fetching()
        #expect(newer.handle(content(commands)).events == [.failed, .stopped, .scheduled])
        var older = fetching(.v3_0)
        #expect(older.handle(content(commands)).action == .execute(commands))
    }

    @Test func saysSoWhenAnEventIsOutOfTurn() {
        var machine = fetching()
        let transition = machine.handle(.woke)
        #expect(transition.action == .wait(seconds: 60))
        #expect(transition.problem?.code == .internalFault)
    }

    // MARK: What the library's decoder takes

    private func read(_ hex: String) -> DeviceProtocol.Transition {
        var machine = fetching()
        return machine.handle(.answered(.content(Hex.decode(hex.filter { $0 != " " }) ?? [])))
    }

    @Test(arguments: [
        // [["a", 2]] plainly; as arrays of indefinite length; with a longer number; with an octet after.
        "81 82 6161 02", "9f 82 6161 02 ff", "81 9f 6161 02 ff", "81 82 6161 1802", "81 82 6161 02 82",
    ])
    func takesLooseEncodings(_ hex: String) {
        #expect(read(hex).action == .execute([finished("a")]))
    }

    @Test func takesAnEmptyIdAndMapsOfIndefiniteLength() {
        #expect(read("81 82 60 02").action == .execute([finished("")]))
        #expect(
            read("81 83 6161 01 bf 616b 6176 ff").action == .execute([config("a", ["k": "v"])]))
    }

    @Test(arguments: [
        "82 6161 02", "81 82 4161 02", "81 82 6161 03", "81 83 6161 02 00", "81 83 6161 01 a1 616b 01",
        "81 82 7f 6161 ff 02", "81 84 6161 00 6162 6163", "81 85 6161 00 6162 6163 a0",
        "81 85 6161 00 6162 6163 87 01 01 01 01 01 01 01", "81 85 6161 00 6162 6163 81 1b 0000000100000000",
        "d9d9f7 81 82 6161 02", "81", "a0", "f6", "ff", "81 82 61ff 02",
    ])
    func refusesTheWholeBatch(_ hex: String) {
        let transition = read(hex)
        #expect(transition.action == .wait(seconds: 60))
        #expect(transition.events == [.failed, .stopped, .scheduled])
        #expect(transition.problem?.code == .cbor)
    }

    @Test func neverTrapsOnMutations() {
        let bytes = DeviceMessage.commands(keyGeneration("u.1") + [config("c", ["a": "b"]), finished("f")])
            .cbor
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << UInt8(bit)
                var machine = fetching()
                _ = machine.handle(.answered(.content(changed)))
            }
            var machine = fetching()
            _ = machine.handle(.answered(.content(Array(bytes.prefix(place)))))
        }
    }
}
