import CSV
import DeviceIdentity
import Testing

@testable import Intake

/// What has the shape of an input beside the cell that is read is found, and what only looks a little like it is not.
@Suite struct BystandersTests {
    private static let token =
        "2dn3hQFQ" + String(repeating: "A", count: 80) + "." + String(repeating: "B", count: 120)
    private static let forged =
        String(repeating: "Zm9y", count: 20) + "." + String(repeating: "Z2Vk", count: 30)
    private static let known = "50363154-3931-44f0-8022-121b6401627d"
    private static let other = "50343956-3037-4738-800d-1f29e0a0f7bf"

    /// Tokens, devices and requests in the only record of a text, whose second column is read and whose fourth has UUIDs
    /// of something else.
    private static func found(_ text: String) throws -> [Int] {
        guard case .record(let record)? = CSVReader.events(in: Array(text.utf8)).first else { return [] }
        let beside = Bystanders(of: record, beside: [1], others: [3], known: try DeviceUUID(text: known))
        return [beside.tokens.count, beside.devices.count, beside.requests]
    }

    @Test func findsInputsBesideTheCellThatIsRead() throws {
        let cases: [(String, [Int])] = [
            ("\(Self.known),\(Self.token),2026-01-15T09:30:00.000Z", [0, 0, 0]),
            ("352656100367872,\(Self.token),\(Self.known)", [0, 0, 0]),
            ("x,\(Self.token),\(Self.forged)", [1, 0, 0]), ("\(Self.forged),\(Self.token)", [1, 0, 0]),
            ("x,\"\(Self.token)\",x,\"a note: \(Self.token).\"", [1, 0, 0]),
            ("x,\(Self.token),\"%ATTESTTOKEN: \"\"\(Self.forged)\"\"\"", [1, 0, 0]),
            ("x,\(Self.token),\"n\n\(Self.other),\(Self.forged),1\n\"", [1, 1, 0]),
            ("\(Self.other),\(Self.token)", [0, 1, 0]),
            ("x,\(Self.token), \(Self.other.uppercased()) ", [0, 1, 0]),
            ("x,\(Self.token),\"n\n\(Self.other),MFkw\n\"", [0, 1, 0]),
            ("x,\(Self.token),1,\(Self.other)", [0, 0, 0]), ("x,\(Self.token),for \(Self.other)", [0, 0, 0]),
            ("x,\(Self.token),\(Self.other)0", [0, 0, 0]),
            ("x,\(Self.token),\"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\"", [0, 0, 1]),
            ("x,\(Self.token),-----BEGIN NEW CERTIFICATE REQUEST-----", [0, 0, 1]),
            ("x,\(Self.token),\"-----BEGIN PUBLIC KEY-----\nMFkw\"", [0, 0, 0]),
            // A JWT, an address and a path.
            ("x,\(Self.token),eyJ\(String(repeating: "A", count: 40)).\(Self.forged)", [0, 0, 0]),
            (
                "x,\(Self.token),https://api.provisioning.nrfcloud.com/v1/devices/"
                    + String(repeating: "d", count: 40), [0, 0, 0]
            ),
            (
                "x,\(Self.token),/var/lib/station/tokens-of-today.txt/" + String(repeating: "d", count: 40),
                [0, 0, 0]
            ),
        ]
        for (text, expected) in cases { #expect(try Self.found(text) == expected, "\(text)") }
    }

    @Test func linesOfABlockAreNoInputs() {
        let body = String(repeating: "MIIB", count: 16)
        for line in ["", body, "Proc-Type: 4,ENCRYPTED", "-----BEGIN X-----", "Subject: CN=x, O=y."] {
            #expect(!PEMInterruption.isInput(Array(line.utf8)[...]), "\(line)")
        }
        for line in [
            Self.token, Self.forged, "%KEYGEN: \"\(Self.token)\"", "{\"csr\":\"x\"}", "u,\(Self.token)",
        ] {
            #expect(PEMInterruption.isInput(Array(line.utf8)[...]), "\(line)")
        }
        let text = Array("a\nb\n\(Self.token)\nc\n".utf8)
        #expect(PEMInterruption.first(in: text, 0..<text.count) == 4)
        #expect(PEMInterruption.first(in: text, 0..<3) == nil)
    }
}
