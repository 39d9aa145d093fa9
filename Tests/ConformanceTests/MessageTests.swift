import Foundation
import Testing

/// `token.verify` of cases that come without a key: the structure alone is judged.
@Suite struct MessageTests {
    private static let signature = "5840" + String(repeating: "07", count: 64)
    private static let payload = "477061796c6f6164"
    private static let sound = "d28443a10126a0" + payload + signature

    /// Left out, and null: both are cases without a key.
    private func judge(_ hex: String, _ more: [String: Any] = [:]) throws -> Result {
        var results: [Result] = []
        for key: [String: Any] in [[:], ["key_jwk": NSNull()], ["key_pem": NSNull(), "cert_pem": NSNull()]] {
            let inputs = key.merging(more) { $1 }.merging(["cose_hex": hex]) { $1 }
            results.append(try Program.judge("token.verify", inputs))
        }
        #expect(Set(results.map(\.verdict)).count == 1 && Set(results.map(\.reason)).count == 1)
        #expect(results.allSatisfy { $0.output == results[0].output })
        return results[0]
    }

    @Test func soundStructures() throws {
        let payload: NSDictionary = ["payload_hex": "7061796c6f6164"]
        for hex in [
            Self.sound,
            // Untagged; no protected header; a kid; an alg that no key here fits; a signature of another length.
            String(Self.sound.dropFirst(2)),
            "d28440a0" + Self.payload + Self.signature,
            "d28443a10126a1044121" + Self.payload + Self.signature,
            "d28443a10127a0" + Self.payload + Self.signature,
            "d28443a10126a0" + Self.payload + "43070707",
        ] {
            let result = try judge(hex)
            #expect(result.verdict == "accept", "\(hex): \(result.reason ?? "")")
            #expect(result.output == payload, "\(hex)")
        }
        // The payload of nil is beside the message, or nowhere.
        let detached = "d28443a10126a0f6" + Self.signature
        #expect(try judge(detached, ["detached_payload_hex": "7061796c6f6164"]).output == payload)
        let alone = try judge(detached)
        #expect(alone.verdict == "accept" && alone.output == nil)
    }

    @Test(arguments: [
        // Nothing; another item; another tag, and COSE_Sign1 in one tag more; three and five elements.
        "", "a0", "f6",
        "d18443a10126a0" + payload + signature, "d903e6" + sound, "d2" + sound,
        "d28343a10126a0" + payload, "d28543a10126a0" + payload + signature + "00",
        // Cut, and something after.
        String(sound.dropLast(2)), sound + "00",
        // The protected header as a map and as a string that holds no map, a map and more, or a cut one.
        "d284a10126a0" + payload + signature, "d284420000a0" + payload + signature,
        "d28444a1012600a0" + payload + signature, "d28442a101a0" + payload + signature,
        // A label twice: in one map, and in both.
        "d28445a201260126a0" + payload + signature, "d28443a10126a10126" + payload + signature,
        // Critical headers.
        "d28446a20126028101a0" + payload + signature,
        // The payload as text, the signature as text and as null.
        "d28443a10126a0677061796c6f6164" + signature, "d28443a10126a0" + payload + "6107",
        "d28443a10126a0" + payload + "f6",
        // Lengths that are indefinite or longer than they have to be.
        "d29f43a10126a0" + payload + signature + "ff", "d2980443a10126a0" + payload + signature,
        "d8128443a10126a0" + payload + signature, "d2845803a10126a0" + payload + signature,
        "d28443a10126a05f" + payload + "ff" + signature,
    ])
    func brokenStructuresAreRejected(hex: String) throws {
        let result = try judge(hex)
        #expect(result.verdict == "reject", "\(hex)")
        #expect(result.reason?.hasPrefix("cose: ") == true, "\(hex): \(result.reason ?? "none")")
        #expect(result.output == nil)
    }

    /// With a key there is no way back to the structure alone.
    @Test func aKeyThatCannotBeUsedIsNotNoKey() throws {
        for key: [String: Any] in [
            ["key_pem": ""], ["key_pem": "no key"], ["key_jwk": [String: String]()], ["key_jwk": "text"],
            ["cert_pem": ""], ["key_jwk": ["kty": "oct", "k": "AAAA"]],
        ] {
            let result = try Program.judge("token.verify", key.merging(["cose_hex": Self.sound]) { $1 })
            #expect(result.verdict == "reject", "\(key)")
        }
    }
}
