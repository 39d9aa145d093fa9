import Diagnostics
import PKIX
import TestSupport
import Testing

@testable import CertificateAuthority

/// Which names a profile copies from a request: bounds, forms, and never a device that the certificate is not for.
struct AlternativeNameTests {
    private static func rule(_ allow: [String]) throws -> AlternativeNameRule {
        let list = allow.map { "\"\($0)\"" }.joined(separator: ",")
        let members =
            """
            "keys":[{"type":"p256"}],"validity":{"days":1},"subject":{"from":["csr"]},"extensions":{},
            "subjectAltNames":{"from":"request","allow":[\(list)]}
            """
        let text = "{\"schema\":\"assay.profiles/1\",\"profiles\":{\"test\":{\(members)}}}"
        let profile = try ProfileSet(parsing: Array(text.utf8), origin: "test").named("test")
        return try #require(profile.alternativeNames)
    }

    static let names: [(allow: String, kind: GeneralName.Kind, name: String, isAllowed: Bool)] = [
        ("dns", .dns, "a", true), ("dns", .dns, "A-1.example", true), ("dns", .email, "a@b.example", false),
        ("dns", .dns, "a.", false), ("dns", .dns, ".a", false), ("dns", .dns, "a..b", false),
        ("dns", .dns, "-a.example", false), ("dns", .dns, "a_b.example", false),
        ("dns", .dns, "a b", false), ("dns", .dns, "*", false), ("dns", .dns, "x.*.example", false),
        ("dns", .dns, String(repeating: "a", count: 63), true),
        ("dns", .dns, String(repeating: "a", count: 64), false),
        ("dns:b.example", .dns, "b.example", true), ("dns:b.example", .dns, "B.EXAMPLE", true),
        ("dns:b.example", .dns, "a.b.example", true), ("dns:b.example", .dns, "ab.example", false),
        ("dns:b.example", .dns, "b.example.evil", false), ("dns:b.example", .dns, "example", false),
        ("email", .email, "a.b+c@d.example", true), ("email", .email, "a@b@c.example", false),
        ("email", .email, "a b@c.example", false), ("email", .email, "@c.example", false),
        ("email:c.example", .email, "a@c.example", true), ("email:c.example", .email, "a@x.c.example", true),
        ("email:c.example", .email, "a@xc.example", false),
        ("uri", .uri, "urn:x:1", true), ("uri", .uri, "no-scheme", false), ("uri", .uri, ":x", false),
        ("uri", .uri, "1a:x", false), ("uri", .uri, "a:", false), ("uri", .uri, "a:b c", false),
        ("uri", .uri, "a:<b>", false),
        ("uri:c.example", .uri, "https://c.example", true),
        ("uri:c.example", .uri, "https://x.c.example:8443/y?z", true),
        ("uri:c.example", .uri, "https://u@c.example/", false),
        ("uri:c.example", .uri, "https://evil.example/c.example", false),
        ("uri:c.example", .uri, "https://evil.example#c.example", false),
        ("uri:c.example", .uri, "https://c.example:evil.example/", false),
        ("uri:c.example", .uri, "urn:c.example", false),
        ("uri:urn:dev:", .uri, "urn:dev:ops:1", true), ("uri:urn:dev:", .uri, "urn:dev:", false),
        ("uri:urn:dev:", .uri, "urn:device:1", false), ("uri:urn:dev:", .dns, "urn", false),
        ("uri:spiffe://t.example/", .uri, "spiffe://t.example/a", true),
        ("uri:spiffe://t.example/a/", .uri, "spiffe://t.example/a/../b", false),
        ("uri:spiffe://t.example/a/", .uri, "spiffe://t.example/a/%2e%2e/b", false),
        ("uri:spiffe://t.example/a/", .uri, "spiffe://t.example/a/*", false),
        ("uri", .uri, "https://", false), ("uri", .uri, "https://[", false),
        ("uri", .uri, "urn:%", false), ("uri", .uri, "https://a.example:99999/", false),
        ("uri", .uri, "https://a.example:0/", false), ("uri", .uri, "http://a:b:c@d/", false),
        ("uri", .uri, "spiffe://*", false), ("uri", .uri, "urn:x:..", true),
        ("uri", .uri, "urn:x/../y", false),
        ("email", .email, ".a@b.example", false), ("email", .email, "a..b@b.example", false),
        ("email", .email, "a.@b.example", false), ("email", .email, "*@b.example", false),
        ("dns", .dns, "192.0.2.1", false), ("dns", .dns, "1", false), ("dns", .dns, "1a", true),
        ("uri:spiffe://t.example/", .uri, "spiffe://t.example.evil/a", false),
    ]

    @Test(arguments: names)
    func namesAreHeldAgainstTheirBounds(
        allow: String, kind: GeneralName.Kind, name: String, isAllowed: Bool
    ) throws {
        let found = try Self.rule([allow]).objection(to: GeneralName(kind, Array(name.utf8)))
        #expect((found == nil) == isAllowed, "\(found ?? "allowed")")
    }

    static let addresses: [(allow: String, octets: [UInt8], isAllowed: Bool)] = [
        ("ip", [192, 0, 2, 1], true), ("ip", [1, 2, 3], false),
        ("ip:192.0.2.0/25", [192, 0, 2, 127], true), ("ip:192.0.2.0/25", [192, 0, 2, 128], false),
        ("ip:192.0.2.7", [192, 0, 2, 7], true), ("ip:192.0.2.7", [192, 0, 2, 6], false),
        ("ip:0.0.0.0/0", [255, 1, 1, 1], true),
        ("ip:0.0.0.0/0", [UInt8](repeating: 1, count: 16), false),
        ("ip:2001:db8::/32", [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 7, count: 12), true),
        ("ip:2001:db8::/32", [0x20, 1, 0x0d, 0xb9] + [UInt8](repeating: 7, count: 12), false),
    ]

    @Test(arguments: addresses)
    func addressesAreHeldAgainstTheirNetworks(allow: String, octets: [UInt8], isAllowed: Bool) throws {
        #expect((try Self.rule([allow]).objection(to: GeneralName(.ip, octets)) == nil) == isAllowed)
    }

    @Test(arguments: [
        "", "DNS ", "rid", "dns:", "dns:.a", "dns:*.a", "dns:a b", "uri:urn:x", "ip:1.2.3", "ip:1.2.3.4/33",
        "ip:1.2.3.4/x", "ip:1.2.3.4/8/9", "ip:1.2.3.4/-1", "ip:192.0.2.0/+24", "ip:192.0.2.0/024",
        "ip:0.0.0.0/-0", "email:@a", "uri::", "uri:https://", "uri:https://x.example:", "uri:spiffe:/",
        "uri:https://x.example/a%/", "uri:https://u@x.example/",
    ])
    func mistakesInAProfileAreRefused(allow: String) {
        #expect(errorCode { _ = try Self.rule([allow]) } == .profile)
    }

    @Test func whatIsReadIsWritten() throws {
        let allow = [
            "dns", "dns:b.example", "uri:urn:dev:", "ip:192.0.2.0/24", "ip:2001:db8:0:0:0:0:0:0/32", "email",
        ]
        #expect(try Self.rule(allow).allowances.map(\.description) == allow)
        #expect(try Self.rule(["DNSName", "URI"]).allowances.map(\.description) == ["dns", "uri"])
        #expect(errorCode { _ = try Self.rule(["dns", "DNS"]) } == .profile)
    }

    /// Whatever octets a request has for a name, the answer is one of the two, and what is copied stands there as it is.
    @Test func anyOctetsHaveAnAnswer() throws {
        var random = SplitMix64(seed: 31)
        let rule = try Self.rule(["dns", "uri:urn:dev:", "uri:c.example", "email:c.example", "ip:10.0.0.0/8"])
        let letters = Array("aZ09-.:/@?#*% \u{1}urndevc.example".utf8)
        for _ in 0..<20_000 {
            let kind = try #require(GeneralName.Kind.allCases.randomElement(using: &random))
            let octets = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? letters[Int.random(in: 0..<letters.count, using: &random)]
                    : UInt8.random(in: 0...255, using: &random)
            }
            let name = GeneralName(kind, octets)
            if rule.objection(to: name) == nil {
                #expect(CertificateExtension.subjectAlternativeName([name]).generalNames == [name])
                if kind != .ip { #expect(octets.allSatisfy { 0x21...0x7e ~= $0 && $0 != 0x2a }) }
            }
        }
    }
}
