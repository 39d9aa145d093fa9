import DeviceIdentity
import Testing

@testable import Intake

/// What the lines at the beginning of a text add up to.
@Suite struct LineCensusTests {
    private static let token =
        String(repeating: "Zm9y", count: 20) + "." + String(repeating: "Z2Vk", count: 30)

    private static func census(_ lines: [String]) -> LineCensus {
        LineCensus(Array(lines.joined(separator: "\n").utf8), needing: [.token, .csr])
    }

    @Test func columnsAreNamedByWordsAlone() {
        for line in ["token", "imei,uuid,Attestation Token,time", "\"IMEI\";\"CSR\"", "uuid\ttoken"] {
            #expect(Self.census([line]).hasHeader, "\(line)")
        }
        // Members of JSON, rows and prose name no columns.
        for line in [
            "{\"token\"", "{\"csr\",", "{\"token\":\"x\",\"csr\":\"y\"}", "the token: x", "\(Self.token),tag",
            "imei,uuid",
        ] {
            #expect(!Self.census([line]).hasHeader, "\(line)")
        }
    }

    /// The first line that shows how the text is written decides; what follows does not count.
    @Test func theFirstLineThatShowsTheFormDecides() {
        let noise = ["", "prose", "AT%KEYGEN=1,2,0", "OK"]
        let deciders: [(String, [Int])] = [
            (Self.token, [1, 0, 0, 0, 0, 0]), ("%KEYGEN: \"\(Self.token)\"", [0, 1, 0, 0, 0, 0]),
            ("352,x,\(Self.token),2026", [0, 0, 1, 0, 0, 0]),
            ("{\"token\":\"x\"}", [0, 0, 0, 1, 0, 0]),
            ("-----BEGIN CERTIFICATE REQUEST-----", [0, 0, 0, 0, 1, 0]),
            ("x -----BEGIN CERTIFICATE REQUEST-----", [0, 0, 0, 0, 0, 1]),
        ]
        for (line, expected) in deciders {
            let text = Array((noise + [line, Self.token, "a,\(Self.token)"]).joined(separator: "\n").utf8)
            let found = LineCensus(text, needing: [.token, .csr], reading: [.objects, .blocks])
            #expect(
                [
                    found.tokens, found.answers, found.rows, found.objects, found.pemBlocks,
                    found.brokenBlocks,
                ] == expected, "\(line)")
            #expect(found.modemLines == 2 && found.lines == 4)
        }
    }

    /// What a command does not read decides nothing.
    @Test func whatIsNotReadDecidesNothing() {
        let found = Self.census(["{\"a\":1}", "-----BEGIN X-----", Self.token, "OK"])
        #expect([found.objects, found.pemBlocks, found.tokens, found.lines] == [1, 1, 1, 3])
    }

    /// One word may be a title: what comes next decides with it.
    @Test func aLoneTitleIsNoHeaderOfEverything() {
        let cases: [(String, Bool)] = [
            (Self.token, true), ("\"-----BEGIN CERTIFICATE REQUEST-----", true), ("x,\(Self.token)", true),
            ("%KEYGEN: \"\(Self.token)\"", false), ("-----BEGIN CERTIFICATE REQUEST-----", false),
            ("{}", false),
        ]
        for (line, expected) in cases {
            let text = Array("Certificate Request:\nprose\n\(line)\n".utf8)
            let found = LineCensus(text, needing: [.token, .csr], reading: [.objects, .blocks])
            #expect(found.hasHeader == expected && found.isDecided, "\(line)")
        }
    }

    /// Of a live source nothing is decided by a line that is not whole, or by noise.
    @Test func wholeLinesDecide() {
        func isDecided(_ text: String) -> Bool {
            LineCensus.isDecided(Array(text.utf8), needing: [.token])
        }
        for text in ["", "noise\n", "noise\n\(Self.token)", "token\n", "{}\n", "a\nb\nc\n"] {
            #expect(!isDecided(text), "\(text)")
        }
        for text in [
            "noise\n\(Self.token)\n", "\(Self.token)\r", "uuid,token\n", "\u{feff}uuid,token\n",
            "token\n\(Self.token)\n",
            String(repeating: "noise\n", count: 11_000),
        ] {
            #expect(isDecided(text), "\(text.prefix(40))")
        }
    }

    /// Where nothing decides, all of the beginning is looked at.
    @Test func noiseIsReadOn() {
        let found = Self.census(Array(repeating: "*** booting", count: 300) + [Self.token])
        #expect(found.tokens == 1)
    }
}
