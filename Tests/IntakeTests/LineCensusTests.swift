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

    @Test func linesAreCountedByTheirShapes() {
        let found = Self.census([
            "", Self.token, "%KEYGEN: \"\(Self.token)\"", "352,x,\(Self.token),2026",
            "{\"token\":\"\(Self.token)\"}",
            "-----BEGIN CERTIFICATE REQUEST-----", "AT%KEYGEN=1,2,0", "OK", "prose",
        ])
        #expect(
            [
                found.tokens, found.answers, found.rows, found.objects, found.pemBlocks, found.modemLines,
                found.lines,
            ]
                == [1, 1, 1, 1, 1, 2, 8])
    }

    /// Where nothing decides, all of the beginning is looked at.
    @Test func noiseIsReadOn() {
        let found = Self.census(Array(repeating: "*** booting", count: 300) + [Self.token])
        #expect(found.tokens == 1)
    }
}
