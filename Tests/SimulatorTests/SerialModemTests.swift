import DeviceIdentity
import Diagnostics
import JWT
import OpenSSL
import Simulator
import Testing

/// A modem as it stands at a serial line, by the table of AT commands.
@Suite("Modems at a line") struct SerialModemTests {
    private static let now: Int64 = 1_800_000_000
    private let arithmetic: P256Arithmetic
    private let device: SimulatedDevice

    init() throws {
        arithmetic = try P256Arithmetic()
        device = try SimulatedDevice(seed: FleetSeed("line"), index: 0, arithmetic: arithmetic)
    }

    private func modem(hasShell: Bool = false, echoes: Bool = false) -> SerialModem {
        var firmware = SerialModem.Firmware()
        firmware.hasShell = hasShell
        firmware.echoes = echoes
        return SerialModem(Modem(device), firmware)
    }

    private func say(_ text: String, _ modem: inout SerialModem, now: Int64? = now) -> String {
        String(decoding: modem.take(Array(text.utf8), now: now, arithmetic), as: UTF8.self)
    }

    @Test func answersAsTheTableSays() {
        var modem = modem()
        for (command, answer) in [
            ("AT", "OK\r\n"), ("at", "OK\r\n"), ("", ""), ("AT+CMEE?", "+CMEE: 0\r\nOK\r\n"),
            ("AT%CMNG=4", "ERROR\r\n"), ("AT+CMEE=1", "OK\r\n"), ("AT+CMEE=2", "+CME ERROR: 50\r\n"),
            ("AT%CMNG=4", "+CME ERROR: 50\r\n"), ("AT%CMNG=5,1,1", "+CME ERROR: 50\r\n"),
            ("AT+CGSN", "\(device.imei)\r\nOK\r\n"), ("AT+CGSN=1", "+CGSN: \"\(device.imei)\"\r\nOK\r\n"),
            ("AT+CGMR", "mfw_nrf91x1_2.0.2\r\nOK\r\n"), ("AT+CGMM", "nRF9151-LACA\r\nOK\r\n"),
            ("AT%DEVICEUUID", "%DEVICEUUID: \(device.uuid)\r\nOK\r\n"),
            ("AT+CFUN?", "+CFUN: 1\r\nOK\r\n"), ("AT%CCLK?", "%CCLK: \"27/01/15,08:00:00+00\"\r\nOK\r\n"),
            ("AT%KEYGEN=1,2,0", "+CME ERROR: 518\r\n"), ("AT+CFUN=4", "+CEREG: 0\r\nOK\r\n"),
            ("AT+CFUN?", "+CFUN: 4\r\nOK\r\n"), ("AT%CMNG=3,1,1", "+CME ERROR: 513\r\n"),
            ("AT%CMNG=0,1,3,\"00ff\"", "OK\r\n"), ("AT%CMNG=0,1,3,\"00ff\"", "+CME ERROR: 519\r\n"),
            ("AT%CMNG=2,1,3", "+CME ERROR: 514\r\n"), ("AT+CFUN=1", "+CEREG: 2\r\nOK\r\n"),
            ("AT%NOSUCH", "ERROR\r\n"), ("AT%NOSUCH?", "ERROR\r\n"), ("nonsense", "ERROR\r\n"),
            ("AT%JWT=1,300", "+CME ERROR: 50\r\n"), ("AT%JWT=0,300,\"\",\"\",9,2", "+CME ERROR: 513\r\n"),
            ("at AT", "ERROR\r\n"), ("AT%CLAIMTOKEN=7", "+CME ERROR: 529\r\n"),
        ] {
            #expect(say(command + "\r\n", &modem) == answer, "\(command)")
        }
    }

    @Test func makesTokensOfItsIdentity() throws {
        var modem = modem()
        let answer = say("AT%JWT=0,300\r\n", &modem)
        let token = try #require(answer.firstMatch(of: /^%JWT: "([^"]+)"\r\nOK\r\n$/)?.1)
        let parts = token.split(separator: ".")
        #expect(parts.count == 3)
        #expect(say("AT%JWT=0,300\r\n", &modem, now: nil) == "ERROR\r\n")
        #expect(say("AT%CCLK?\r\n", &modem, now: nil) == "ERROR\r\n")
        let nonce = "00112233445566778899aabbccddeeff"
        #expect(say("AT%ATTESTTOKEN=\"\(nonce)\"\r\n", &modem).hasPrefix("%ATTESTTOKEN: \"2dn3hQFQ"))
    }

    /// However a command comes in, and whatever ends its line.
    @Test(arguments: ["\r\n", "\r", "\n"]) func takesCommandsInPieces(_ end: String) {
        var modem = modem(echoes: true)
        let command = Array(("AT+CGMR" + end).utf8)
        var answer: [UInt8] = []
        for octet in command { answer += modem.take([octet], now: Self.now, arithmetic) }
        #expect(String(decoding: answer, as: UTF8.self) == "AT+CGMR\r\nmfw_nrf91x1_2.0.2\r\nOK\r\n")
    }

    @Test func hasAShell() {
        var modem = modem(hasShell: true)
        let prompt = "\u{1b}[1;32muart:~$ \u{1b}[m"
        #expect(String(decoding: modem.greeting, as: UTF8.self) == prompt)
        #expect(say("AT\r\n", &modem) == "AT\r\nAT: command not found\r\n" + prompt)
        #expect(say("at AT\r\n", &modem) == "at AT\r\nOK\r\n" + prompt)
        #expect(say("at 'AT+CGMM'\r\n", &modem) == "at 'AT+CGMM'\r\nnRF9151-LACA\r\nOK\r\n" + prompt)
        #expect(
            say("nrf_provisioning uuid\r\n", &modem)
                == "nrf_provisioning uuid\r\n\(device.uuid)\r\n" + prompt)
        #expect(say("nrf_provisioning token\r\n", &modem).contains("\r\n2dn3hQFQ"))
        #expect(say("reboot\r\n", &modem) == "reboot\r\nreboot: command not found\r\n" + prompt)
        _ = say("at AT+CFUN=4\r\n", &modem)
        // A pre-shared key of two lines is none; the modem sees the line feed.
        #expect(say("at 'AT%CMNG=0,1,4,\"a\\nb\"'\r\n", &modem).contains("\r\nOK\r\n"))
        #expect(
            modem.modem.credentials.content(CredentialSlot(SecTag(1), .keyIdentity)) == Array("a\nb".utf8))
    }

    @Test func forgetsWhatHasNoEnd() {
        var modem = modem()
        #expect(say("AT%CMNG=0,1,4,\"begun\r\n", &modem) == "")
        modem.forget()
        #expect(say("AT\r\n", &modem) == "OK\r\n")
        #expect(say(String(repeating: "A", count: 100_000) + "\r\n", &modem) == "ERROR\r\n")
        #expect(say("AT\r\n", &modem) == "OK\r\n")
    }
}
