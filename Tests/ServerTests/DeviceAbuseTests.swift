import DeviceIdentity
import Foundation
import OpenSSL
import ProvisioningCommands
import TestFleet
import Testing

/// A hostile fleet: reports that are none, tokens that prove nothing, and devices that speak for others.
@Suite(.serialized) struct DeviceAbuseTests {
    let service: RunningService
    let owner: String

    init() throws {
        service = try RunningService()
        owner = try service.makeKey("owner")
    }

    private func commands(_ device: WireDevice) throws -> [[String: Any]] {
        let answer = try service.ask(
            as: owner, "GET", "/claimed-devices/\(device.device.uuid)/provisioning")
        return try #require(try answer.json()["items"] as? [[String: Any]])
    }

    private func states(_ device: WireDevice) throws -> [String] {
        try commands(device).map { $0["status"] as? String ?? "" }
    }

    // MARK: CBOR

    /// Octets that are no report, around the id of a command that waits for one, by what is wrong with them.
    private static func spoiltReports(_ id: String) -> KeyValuePairs<String, [UInt8]> {
        let text = Array(id.utf8)
        let cid = [0x78, UInt8(text.count)] + text
        func one(_ rest: [UInt8], count: UInt8) -> [UInt8] { [0x81, 0x80 | count] + cid + rest }
        return [
            "nothing": [], "a break alone": [0xff], "no response": [0x80],
            "an array that never ends": [0x9f],
            "an array of 2^64 - 1": [0x9b] + [UInt8](repeating: 0xff, count: 8),
            "octets of 2^64 - 1": [0x5b] + [UInt8](repeating: 0xff, count: 8),
            "a text of 2^32 - 1": [0x81, 0x82, 0x7a] + [UInt8](repeating: 0xff, count: 4),
            "an array of a million": [0x9a, 0x00, 0x0f, 0x42, 0x40],
            "arrays in arrays": [UInt8](repeating: 0x81, count: 10_000),
            "maps in maps": [UInt8](repeating: 0xa1, count: 10_000),
            "tags on tags": [UInt8](repeating: 0xc1, count: 10_000),
            "a map": [0xa1] + cid + [0x18, 0x66], "a number": [0x01], "a text": cid,
            "a reserved head": [0x1c], "a float": one([0xfa, 0x42, 0xcc, 0x00, 0x00], count: 2),
            "half a float": one([0xf9, 0x56, 0x60], count: 2),
            "undefined": one([0xf7], count: 2), "null": one([0xf6], count: 2),
            "true": one([0xf5], count: 2), "a simple value": one([0xf8, 0x66], count: 2),
            "a negative type": one([0x38, 0x65], count: 2), "an unknown type": one([0x18, 0x67], count: 2),
            "the type of a command": one([0x02], count: 2),
            "a type of 2^64 - 1": one([0x1b] + [UInt8](repeating: 0xff, count: 8), count: 2),
            "a type that is not minimal": one([0x19, 0x00, 0x66], count: 2),
            "a type as a text": one([0x63] + Array("102".utf8), count: 2),
            "an element too many": one([0x18, 0x66, 0x00], count: 3),
            "no type": [0x81, 0x81] + cid, "no response in an array": [0x81, 0x80],
            "an error without its number": one([0x18, 0x63], count: 2),
            "an error of 33 bits": one([0x18, 0x63, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0, 0x60], count: 4),
            "a negative error": one([0x18, 0x63, 0x20, 0x60], count: 4),
            "an error as a text": one([0x18, 0x63, 0x61, 0x31, 0x60], count: 4),
            "an error without its text": one([0x18, 0x63, 0x01], count: 3),
            "a text of octets": one([0x18, 0x64, 0x41, 0x61], count: 3),
            "a text that is not UTF-8": one([0x18, 0x64, 0x62, 0xc3, 0x28], count: 3),
            "a text in pieces": one([0x18, 0x64, 0x7f, 0x61, 0x61, 0xff], count: 3),
            "half a surrogate": one([0x18, 0x64, 0x63, 0xed, 0xa0, 0x80], count: 3),
            "an id of octets": [0x81, 0x82, 0x58, UInt8(text.count)] + text + [0x18, 0x66],
            "an id that is a number": [0x81, 0x82, 0x01, 0x18, 0x66],
            "an id in pieces": [0x81, 0x82, 0x7f] + cid + [0xff, 0x18, 0x66],
            "a response of endless length": [0x81, 0x9f] + cid + [0x18, 0x66, 0xff],
            "a tag": [0xd9, 0xd9, 0xf7] + one([0x18, 0x66], count: 2),
            "octets after it": one([0x18, 0x66], count: 2) + [0x00],
            "another report after it": one([0x18, 0x66], count: 2) + one([0x18, 0x66], count: 2),
            "the commands themselves": [0x81, 0x82] + cid + [0x02],
            "JSON": Array(#"[["\#(id)",102]]"#.utf8),
        ]
    }

    @Test func reportsThatAreNone() throws {
        let device = try WireDevice(seed: 30)
        try service.claim(device, as: owner)
        try service.add(#"{"finished":{}}"#, to: device, as: owner)
        let batch = try device.fetch(service)
        let good = DeviceMessage.responses(try device.execute(batch)).cbor
        guard case .commands(let records) = try DeviceMessage(cbor: batch.body) else {
            throw RunningService.Fault("expected commands")
        }
        for (what, octets) in Self.spoiltReports(records[0].correlationID) {
            let answer = try device.report(service, octets: octets)
            #expect(answer.statusLine == "HTTP/1.1 400 Bad Request", "\(what)")
            #expect(answer.body == [], "\(what)")
        }
        for length in 0..<good.count {
            #expect(try device.report(service, octets: Array(good.prefix(length))).status == 400, "\(length)")
        }
        #expect(try states(device) == ["IN_PROGRESS"])
        // None of them cost the device its turn.
        #expect(try device.report(service, octets: good).status == 200)
        #expect(try states(device) == ["SUCCEEDED"])
        #expect(try service.ask("GET", "/metrics").text.contains("\nassayd_faults_total 0\n"))
    }

    /// Well-formed, and of nothing that is under way: acknowledged, so that the device does not ask again at once.
    @Test func reportsOfNothing() throws {
        let device = try WireDevice(seed: 31)
        try service.claim(device, as: owner)
        let id = try service.add(#"{"clientPrivateKeyGeneration":{"secTag":7}}"#, to: device, as: owner)
        _ = try device.fetch(service)
        let texts = [
            "", "x", id, "\(id).", "\(id).4.s.s", "\(id).ffffff", "\(id).0", "\(id).8", "\(id).-4",
            "\(id).+4",
            "\(id).4 ", "\(id.uppercased()).4", "\(UUID().uuidString.lowercased()).4",
            String(repeating: "9", count: 4000), "'; DROP TABLE command; --", "\(id).4\u{0}",
        ]
        for text in texts {
            let response = DeviceResponse(correlationID: text, result: .ok(message: "OK\r\n"))
            #expect([200, 400].contains(try device.report(service, [response]).status), "\(text)")
        }
        let all = texts.map { DeviceResponse(correlationID: $0, result: .config) }
        #expect([200, 400].contains(try device.report(service, all).status))
        #expect(try states(device) == ["IN_PROGRESS"])
    }

    @Test func devicesThatReportForOthers() throws {
        let (victim, attacker) = (try WireDevice(seed: 32), try WireDevice(seed: 33))
        let other = try service.makeKey("owner", team: "Yard")
        try service.claim(victim, as: owner)
        try service.claim(attacker, as: other)
        try service.add(#"{"clientPrivateKeyGeneration":{"secTag":7}}"#, to: victim, as: owner)
        try service.add(#"{"finished":{}}"#, to: victim, as: owner)
        let batch = try victim.fetch(service)
        let before = try service.everything(of: victim, as: owner)
        #expect(try attacker.report(service, try victim.execute(batch)).status == 200)
        guard case .commands(let records) = try DeviceMessage(cbor: batch.body) else {
            throw RunningService.Fault("expected commands")
        }
        for record in records {
            let failure = DeviceResponse(
                correlationID: record.correlationID, result: .error(cme: 514, message: "x"))
            #expect(try attacker.report(service, [failure]).status == 200)
        }
        for (now, then) in zip(try service.everything(of: victim, as: owner), before) { #expect(now == then) }
        #expect(try attacker.fetch(service).status == 204)
        #expect(try victim.report(service, try victim.execute(batch)).status == 200)
        #expect(try states(victim) == ["SUCCEEDED", "SUCCEEDED"])
    }

    // MARK: JWTs

    /// A JWT of these texts, signed by a device.
    private func token(_ header: String, _ payload: String, signer: WireDevice) throws -> String {
        let signed = [header, payload].map {
            String(decoding: Base64.encode(Array($0.utf8), .url), as: UTF8.self)
        }.joined(separator: ".")
        let signature = try signer.device.signature(over: Array(signed.utf8), signer: P256Arithmetic())
        return signed + "." + String(decoding: Base64.encode(signature, .url), as: UTF8.self)
    }

    private func status(_ credentials: String, method: String = "GET") throws -> Int {
        let isReport = method == "POST"
        let body = isReport ? "\u{01}" : ""
        return try service.ask(
            method, isReport ? "/v1/provisioning/response" : "/v1/provisioning/commands?after=",
            headers: ["Authorization: \(credentials)", "Content-Type: application/cbor"], body: body
        ).status
    }

    @Test func tokensThatProveNothing() throws {
        let (device, stranger) = (try WireDevice(seed: 34), try WireDevice(seed: 35))
        try service.claim(device, as: owner)
        try stranger.register(at: service)
        try service.add(#"{"finished":{}}"#, to: device, as: owner)
        let now = Int64(Date().timeIntervalSince1970)
        let head = #"{"typ":"JWT","alg":"ES256"}"#
        let name = "nRF9160.\(device.device.uuid)"
        func body(_ more: String) -> String { #"{"iss":"\#(name)","jti":"x"\#(more)}"# }
        let times = #","iat":\#(now),"exp":\#(now + 300)"#
        let good = try token(head, body(times), signer: device)
        let parts = good.split(separator: ".").map(String.init)
        let none = #"{"typ":"JWT","alg":"none"}"#
        let unsigned = [none, body(times)].map {
            String(decoding: Base64.encode(Array($0.utf8), .url), as: UTF8.self)
        }.joined(separator: ".")
        let zeros = String(
            decoding: Base64.encode([UInt8](repeating: 0, count: 64), .url), as: UTF8.self)
        let tokens: KeyValuePairs<String, String> = [
            "expired": try token(head, body(#","iat":\#(now - 900),"exp":\#(now - 600)"#), signer: device),
            "not yet valid": try token(
                head, body(#","nbf":\#(now + 3600),"iat":\#(now),"exp":\#(now + 7200)"#), signer: device),
            "for ever": try token(head, body(#","iat":\#(now)"#), signer: device),
            "an end that is a text": try token(head, body(#","exp":"\#(now + 300)""#), signer: device),
            "an end beyond all numbers": try token(head, body(#","exp":1e400"#), signer: device),
            "two ends": try token(head, body(#","exp":1,"exp":\#(now + 300)"#), signer: device),
            "another's signature": try token(head, body(times), signer: stranger),
            "no algorithm, no signature": unsigned + ".",
            "no algorithm, some signature": unsigned + "." + parts[2],
            "an HMAC": try token(#"{"typ":"JWT","alg":"HS256"}"#, body(times), signer: device),
            "another curve": try token(#"{"typ":"JWT","alg":"ES384"}"#, body(times), signer: device),
            "a critical header": try token(
                #"{"typ":"JWT","alg":"ES256","crit":["x"],"x":1}"#, body(times), signer: device),
            "another's key id": try token(
                #"{"typ":"JWT","alg":"ES256","kid":"\#(String(repeating: "0", count: 64))"}"#, body(times),
                signer: device),
            "a signature of zeros": "\(parts[0]).\(parts[1]).\(zeros)",
            "another payload": "\(parts[0]).\(parts[1].reversed()).\(parts[2])",
            "two parts": "\(parts[0]).\(parts[1])", "four parts": good + ".x", "a part": parts[2],
            "padding": good + "=", "nothing": "", "no JSON": "e30x.e30.\(parts[2])",
            "no issuer": try token(head, "{\(times.dropFirst())}", signer: device),
            "an issuer without a device": try token(head, #"{"iss":"nRF9160.x"\#(times)}"#, signer: device),
            "an attestation token": "att.\(try device.claimToken)", "a claim token": try device.claimToken,
            "an API key": owner, "too long": String(repeating: "a", count: 5000),
        ]
        for (what, token) in tokens {
            for method in ["GET", "POST"] {
                #expect(try status("Bearer \(token)", method: method) == 403, "\(what), \(method)")
            }
        }
        #expect(try status("Basic \(good)") == 403)
        #expect(try status(good) == 403)
        // Well signed, of devices that nobody claimed or knows: the one answer that has it show its token.
        #expect(try status("Bearer \(try stranger.jwt())") == 401)
        #expect(try status("Bearer \(try WireDevice(seed: 36).jwt())") == 401)
        // None of it counted as the device's.
        #expect(try states(device) == ["PENDING"])
        #expect(try status("Bearer \(good)") == 200)
        #expect(try service.ask("GET", "/metrics").text.contains("\nassayd_faults_total 0\n"))
    }

    @Test func credentialsInTwoPlaces() throws {
        let device = try WireDevice(seed: 37)
        try service.claim(device, as: owner)
        let jwt = try device.jwt()
        let answer = try service.ask(
            "GET", "/v1/provisioning/commands",
            headers: ["Authorization: Bearer \(jwt)", "Authorization: Bearer \(jwt)"])
        #expect(answer.status == 403)
        let operators = try service.ask(
            "GET", "/v1/account",
            headers: ["Authorization: Bearer \(owner)", "Authorization: Bearer \(owner)"])
        #expect(operators.status == 401)
        // A device's token opens nothing of the operators', and a key nothing of the devices'.
        #expect(try service.ask(as: jwt, "GET", "/account").status == 401)
        #expect(try service.ask(as: owner, "GET", "/provisioning/commands").status == 403)
    }
}
