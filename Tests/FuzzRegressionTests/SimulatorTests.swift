import Foundation
import FuzzTargets
import Testing

/// Sound answers of a service keep the rules too, and so do their beginnings and whatever one damage makes of them.
@Test(arguments: [
    "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\nContent-Length: 6\r\n\r\n\u{01}a\u{02}b\u{03}c",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7ffffffffffffffe\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "HTTP/1.1 200 OK\n\n", "\r\n\r\n",
])
func answersOfServicesKeepTheRules(text: String) { keepsTheRules(.serviceAnswer, Array(text.utf8)) }

@Test func batchesKeepTheRules() throws {
    let key: [UInt8] =
        [0x82, 0x85, 0x63] + Array("a.s".utf8) + [0x00, 0x65] + Array("%CMNG".utf8) + [0x65]
        + Array("3,1,2".utf8) + [0x81, 0x19, 0x02, 0x01, 0x85, 0x61] + Array("a".utf8) + [0x00, 0x67]
        + Array("%KEYGEN".utf8) + [0x65] + Array("1,2,0".utf8) + [0x80]
    let finished: [UInt8] = [0x82, 0x84, 0x61, 0x61, 0x01, 0xa0, 0x00, 0x82, 0x61, 0x62, 0x02]
    let setting: [UInt8] =
        [0x81, 0x83, 0x61, 0x61, 0x01, 0xa1, 0x78, 0x19] + Array("provisioning/interval-sec".utf8)
        + [0x66] + Array("0xffff".utf8)
    for batch in [key, finished, setting, [0x80], [0x9f, 0x82, 0x60, 0x02, 0xff]] as [[UInt8]] {
        keepsTheRules(.serviceAnswer, batch)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(batch.count)\r\n\r\n"
        #expect(FuzzTarget.serviceAnswer.check(Array(head.utf8) + batch) == nil)
    }
}

/// Commands to a modem, URLs, and steps that are to fail.
@Test(arguments: [
    "%CMNG=0,16842753,0,\"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n\"", "%CMNG=1,7",
    "%CMNG=3,7,3", "%CMNG=2,7,3", "%CMNG=0,4294967295,3,\"00\"",
    "%KEYGEN=16842753,2,0,\"CN=a,O=b\",\"101010000\"",
    "%KEYGEN=5,2,1", "%ATTESTTOKEN=\"00112233445566778899aabbccddeeff\"", "%ATTESTTOKEN", "+CFUN=4",
    "%JWT=0,300",
    "%CMNG=0,1,4,\"a,\"\"b\"", "https://[::1]:8443/", "http://a:65536", "csr:514", "1:4294967295",
])
func commandsToModemsKeepTheRules(text: String) { keepsTheRules(.modemCommand, Array(text.utf8)) }

/// What comes over a serial line.
@Test(arguments: [
    "AT+CGSN=1\r\n+CGSN: \"355025930000003\"\r\n\r\nOK\r\n",
    "\u{1b}[1;32muart:~$ \u{1b}[mat 'AT%CMNG=1,7'\r\nOK\r\n",
    "%CMNG: 7,0,\"AB\"\r\n+CEREG: 2\r\n+CME ERROR: 518\r\n",
    "AT: command not found\r\nAT%CMNG=0,7,4,\"a\nb\"\r\nAT\r\n",
    "at 'AT%CMNG=0,7,4,\"a\\nb\"'\r\nat AT+CFUN=1\rkernel reboot warm\n",
    "AT%JWT=0,300,\"s\",\"a\",7,2\r\nAT%CCLK?\n",
])
func serialLinesKeepTheRules(text: String) { keepsTheRules(.serialLine, Array(text.utf8)) }

private func keepsTheRules(_ target: FuzzTarget, _ bytes: [UInt8]) {
    for length in 0...bytes.count {
        #expect(target.check(Array(bytes.prefix(length))) == nil, "the first \(length)")
    }
    for place in bytes.indices {
        for change: UInt8 in [0x01, 0x20, 0x80] {
            var damaged = bytes
            damaged[place] ^= change
            #expect(target.check(damaged) == nil, "octet \(place), \(change)")
        }
    }
}

/// `make fuzz` leaves no target out.
@Test func theFuzzerIsGivenEveryTarget() throws {
    let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let script = try String(contentsOf: root.appendingPathComponent("scripts/fuzz.sh"), encoding: .utf8)
    let list = try #require(script.firstMatch(of: /\|\| targets=\(([^)]*)\)/)?.1)
    let named = list.split { $0 == " " || $0 == "\n" || $0 == "\\" }.map(String.init)
    #expect(named.sorted() == FuzzTarget.allCases.map(\.rawValue).sorted())
}
