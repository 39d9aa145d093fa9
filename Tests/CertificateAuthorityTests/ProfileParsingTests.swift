import Attestation
import CertificateAuthority
import Diagnostics
import Foundation
import JSON
import OpenSSL
import PKIX
import TestFleet
import TestSupport
import Testing

/// What a profiles.json may hold, and every way in which it may not.
@Suite struct ProfileParsingTests {
    static let sound = """
        {
          "schema": "assay.profiles/1",
          "profiles": {
            "device": {
              "keys": [{"type": "p256"}],
              "subject": {"from": ["csr"]},
              "validity": {"days": 365},
              "extensions": {
                "basicConstraints": {"ca": false},
                "keyUsage": ["digitalSignature"],
                "extendedKeyUsage": ["clientAuth"]
              }
            }
          }
        }
        """

    static func parse(_ text: String) throws -> ProfileSet {
        try ProfileSet(parsing: Array(text.utf8), origin: "test")
    }

    /// The error of a document; nil if it is read.
    static func error(_ text: String) -> ToolError? {
        do {
            _ = try parse(text)
            return nil
        } catch let error as ToolError {
            return error
        } catch {
            Issue.record("unexpected error \(error)")
            return nil
        }
    }

    // MARK: What is read

    @Test func standardProfilesReadAsTheyWereWritten() throws {
        let document = ProfileSet.standard.document
        let read = try ProfileSet(parsing: document, origin: "test")
        #expect(read.names == ["device", "device-minimal", "intermediate", "operator"])
        #expect(read.all == ProfileSet.standard.all)
        #expect(read.document == document)
        #expect(ProfileSet.withoutFile.names == ["device"])
        let earlier = try ProfileSet.withoutFile.named("device")
        #expect(
            earlier.subject.attributes == nil
                && earlier.extensionRule == CertificateProfile.device.extensionRule)
    }

    @Test func fixtureReadsAsItIsWrittenAgain() throws {
        let bytes = [UInt8](try Data(contentsOf: TestPaths.fixtures.appendingPathComponent("profiles.json")))
        let read = try ProfileSet(parsing: bytes, origin: "test")
        #expect(read.names == ["gateway", "intermediate", "meter", "small"])
        let again = try ProfileSet(parsing: read.document, origin: "test")
        #expect(again.all == read.all)
        let meter = try read.named("meter")
        #expect(meter.validity.lifetime == .never)
        #expect(meter.validity.beyondIssuer == .clamp)
        #expect(meter.subject.rule == .template)
        #expect(meter.attestation.minimumTrust == .trusted)
        #expect(meter.extensionRule.additional.map(\.value) == [[0x0C, 5] + Array("Line1".utf8)])
        #expect(meter.maximumPEMLength == 2048)
        #expect(try read.named("gateway").keys.rsaBits == 3072...4096)
    }

    @Test func defaults() throws {
        let profile = try Self.parse(Self.sound).named("device")
        #expect(profile.summary == nil)
        #expect(profile.signatureHash == .auto)
        #expect(profile.validity.maximum == .days(365))
        #expect(profile.validity.backdate == 300)
        #expect(profile.validity.beyondIssuer == .refuse)
        #expect(profile.subject.attributes == nil)
        #expect(profile.attestation.minimumTrust == nil)
        #expect(profile.maximumPEMLength == 2048)
        #expect(
            profile.extensionRule.hasSubjectKeyIdentifier && profile.extensionRule.hasAuthorityKeyIdentifier)
        #expect(profile.extensionRule.alternativeName == .none)
    }

    @Test func optionsChooseWithinTheProfile() throws {
        let device = CertificateProfile.device
        #expect(try device.choosing(.uuid).subject.rule == .uuid)
        #expect(errorCode { _ = try device.choosing(.template) } == .profile)
        #expect(try device.lasting(.days(36_500)).validity.lifetime == .days(36_500))
        #expect(errorCode { _ = try device.lasting(.never) } == .profile)
        let person = CertificateProfile.operator
        #expect(errorCode { _ = try person.choosing(.uuid) } == .profile)
        #expect(errorCode { _ = try person.lasting(.days(826)) } == .profile)
        #expect(try person.lasting(.days(825)).validity.maximum == .days(825))
        #expect(errorCode { _ = try person.pathLength(asked: 0) } == .profile)
        #expect(try CertificateProfile.intermediate.pathLength(asked: nil) == 0)
        #expect(try CertificateProfile.intermediate.pathLength(asked: 9) == 9)
    }

    // MARK: What is refused

    struct Wrong: Sendable, CustomTestStringConvertible {
        let find: String
        let replace: String
        /// What the message begins with.
        let path: String
        let message: String
        let line: Int
        var testDescription: String { replace }

        init(_ find: String, _ replace: String, _ path: String, _ message: String, line: Int) {
            self.find = find
            self.replace = replace
            self.path = path
            self.message = message
            self.line = line
        }
    }

    private static let key = #"[{"type": "p256"}]"#
    private static let from = #"{"from": ["csr"]}"#
    private static let days = #"{"days": 365}"#
    private static let constraints = #"{"ca": false}"#
    private static let usage = #"["digitalSignature"]"#
    private static let purposes = #"["clientAuth"]"#
    private static let device = "profiles.device"

    static let wrong: [Wrong] = [
        // The document.
        .init("assay.profiles/1", "assay.profiles/2", "schema", "expected \"assay.profiles/1\"", line: 2),
        .init(#""schema": "assay.profiles/1","#, "", "$", "expected a member 'schema', found none", line: 1),
        .init(#""schema""#, #""more": 1, "schema""#, "more", "unknown member", line: 2),
        .init(#""device": {"#, #""Device": {"#, "profiles.Device", "expected a name of", line: 4),
        .init(#""device": {"#, #""-a": {"#, "profiles.-a", "expected a name of", line: 4),
        .init(#""device": {"#, #""": {"#, "profiles[\"\"]", "expected a name of", line: 4),
        // Unknown members, one at each level.
        .init(#""keys": ["#, #""color": 1, "keys": ["#, device + ".color", "unknown member", line: 5),
        .init(#"{"type""#, #"{"size": 1, "type""#, device + ".keys[0].size", "unknown member", line: 5),
        .init(#"{"from""#, #"{"to": 1, "from""#, device + ".subject.to", "unknown member", line: 6),
        .init(#"{"days""#, #"{"hours": 1, "days""#, device + ".validity.hours", "unknown member", line: 7),
        .init(
            #""keyUsage""#, #""keyUsages": [], "keyUsage""#, device + ".extensions.keyUsages",
            "unknown member",
            line: 10),
        .init(
            #"{"ca""#, #"{"CA": 1, "ca""#, device + ".extensions.basicConstraints.CA", "unknown member",
            line: 9),
        // Missing members.
        .init(#""keys": [{"type": "p256"}],"#, "", device, "expected a member 'keys'", line: 4),
        .init(#""subject": {"from": ["csr"]},"#, "", device, "expected a member 'subject'", line: 4),
        .init(#""validity": {"days": 365},"#, "", device, "expected a member 'validity'", line: 4),
        .init(from, "{}", device + ".subject", "expected a member 'from'", line: 6),
        .init(days, "{}", device + ".validity", "expected a member 'days'", line: 7),
        .init(constraints, "{}", device + ".extensions.basicConstraints", "expected a member 'ca'", line: 9),
        .init(#"{"type": "p256"}"#, "{}", device + ".keys[0]", "expected a member 'type'", line: 5),
        // Keys.
        .init(key, "[]", device + ".keys", "expected 1…5 elements, found 0", line: 5),
        .init(key, "{}", device + ".keys", "expected an array, found an object", line: 5),
        .init("p256", "secp256k1", device + ".keys[0].type", "expected \"p256\", \"p384\"", line: 5),
        .init(key, #"[{"type":"p256"},{"type":"p256"}]"#, device + ".keys[1].type", "occurs twice", line: 5),
        .init(
            #""p256"}"#, #""p256", "minimumBits": 2048}"#, device + ".keys[0].minimumBits", "only rsa keys",
            line: 5),
        .init(
            #""p256"}"#, #""rsa", "minimumBits": 1024}"#, device + ".keys[0].minimumBits",
            "expected an integer from 2048 to 16384, found 1024", line: 5),
        .init(
            #""p256"}"#, #""rsa", "minimumBits": 4096, "maximumBits": 2048}"#,
            device + ".keys[0].maximumBits",
            "at least minimumBits", line: 5),
        // Subject.
        .init(#"["csr"]"#, "[]", device + ".subject.from", "expected 1…4 elements", line: 6),
        .init(#"["csr"]"#, #"["csr", "csr"]"#, device + ".subject.from[1]", "occurs twice", line: 6),
        .init(#"["csr"]"#, #"["token"]"#, device + ".subject.from[0]", "expected \"csr\", \"uuid\"", line: 6),
        .init(#"["csr"]"#, #"["template"]"#, device + ".subject", "expected a member 'template'", line: 6),
        .init(
            from, #"{"from": ["csr"], "template": []}"#, device + ".subject.template",
            "a template that is not used", line: 6),
        .init(
            from, #"{"from": ["template"], "template": []}"#, device + ".subject.template",
            "expected 1…16 elements", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":"{serial}"}]}"#,
            device + ".subject.template[0].value", "found an unknown field", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":"a{"}]}"#,
            device + ".subject.template[0].value", "a brace that does not enclose a field", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":"a}"}]}"#,
            device + ".subject.template[0].value", "a brace that does not enclose a field", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":"{csr.CN}{csr.O}"}]}"#,
            device + ".subject.template[0].value", "at most one field of the request", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"C","value":"Norway"}]}"#,
            device + ".subject.template[0].value", "C must have 2 characters, found 6", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":"a\u0007{imei}"}]}"#,
            device + ".subject.template[0].value", "control character", line: 6),
        .init(
            from, #"{"from": ["template"], "template": [{"type":"CN","value":""}]}"#,
            device + ".subject.template[0].value", "expected 1…256 octets", line: 6),
        .init(
            from,
            #"{"from": ["template"], "template": [{"type":"O","value":"a"}], "attributes": [{"type":"CN"}]}"#,
            device + ".subject.template[0].type", "not among subject.attributes", line: 6),
        .init(
            from,
            #"{"from": ["template"], "template": [{"type":"O","value":"a"}], "attributes": [{"type":"CN","required":true},{"type":"O"}]}"#,
            device + ".subject.template", "expected the attribute CN, which is required", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": []}"#, device + ".subject.attributes", "expected 1…32",
            line: 6
        ),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"cn"}]}"#,
            device + ".subject.attributes[0].type", "unknown attribute, expected one of CN", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN"},{"type":"CN"}]}"#,
            device + ".subject.attributes[1]", "CN occurs twice", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN","maximumLength":65}]}"#,
            device + ".subject.attributes[0].maximumLength", "from 1 to 64, found 65", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN","minimumLength":9,"maximumLength":8}]}"#,
            device + ".subject.attributes[0].maximumLength", "at least minimumLength", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN","characters":"utf8"}]}"#,
            device + ".subject.attributes[0].characters", "expected \"any\", \"ascii\"", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN","required":"yes"}]}"#,
            device + ".subject.attributes[0].required", "expected true or false, found a string", line: 6),
        .init(
            from, #"{"from": ["csr"], "attributes": [{"type":"CN","maximumCount":0}]}"#,
            device + ".subject.attributes[0].maximumCount", "from 1 to 16, found 0", line: 6),
        // Validity.
        .init("365", "0", device + ".validity.days", "from 1 to 36500, found 0", line: 7),
        .init("365", "36501", device + ".validity.days", "from 1 to 36500, found 36501", line: 7),
        .init("365", "1.5", device + ".validity.days", "found 1.5", line: 7),
        .init("365", "null", device + ".validity.days", "found null", line: 7),
        .init("365", #""always""#, device + ".validity.days", "a number of days or \"never\"", line: 7),
        .init(
            "365", #"365, "maximumDays": 364"#, device + ".validity.maximumDays", "at least the 365 days",
            line: 7),
        .init(
            "365", #""never", "maximumDays": 36500"#, device + ".validity.maximumDays", "at least the never",
            line: 7),
        .init(
            "365", #"365, "backdateSeconds": -1"#, device + ".validity.backdateSeconds", "found -1", line: 7),
        .init(
            "365", #"365, "backdateSeconds": 604801"#, device + ".validity.backdateSeconds", "604801", line: 7
        ),
        .init(
            "365", #"365, "beyondIssuer": "cut""#, device + ".validity.beyondIssuer", "\"refuse\"", line: 7),
        // Extensions.
        .init(
            constraints, #"{"ca": false, "pathLength": 0}"#,
            device + ".extensions.basicConstraints.pathLength", "only a CA", line: 9),
        .init(
            constraints, #"{"ca": true, "pathLength": 256}"#,
            device + ".extensions.basicConstraints.pathLength", "from 0 to 255, found 256", line: 9),
        .init(
            constraints, #"{"ca": true, "pathLength": 2, "maximumPathLength": 1}"#,
            device + ".extensions.basicConstraints.maximumPathLength", "at least pathLength, found 1", line: 9
        ),
        .init(usage, "[]", device + ".extensions.keyUsage", "expected 1…9 elements", line: 10),
        .init(
            "digitalSignature", "signing", device + ".extensions.keyUsage[0]", "digitalSignature, nonRep",
            line: 10),
        .init(
            usage, #"["cRLSign", "cRLSign"]"#, device + ".extensions.keyUsage[1]", "occurs twice", line: 10),
        .init(purposes, "[]", device + ".extensions.extendedKeyUsage", "expected 1…16", line: 11),
        .init(
            "clientAuth", "client", device + ".extensions.extendedKeyUsage[0]", "such as clientAuth", line: 11
        ),
        .init(
            "clientAuth", "anyExtendedKeyUsage", device + ".extensions.extendedKeyUsage[0]", "stands for all",
            line: 11),
        .init(
            "clientAuth", "2.5.29.37.0", device + ".extensions.extendedKeyUsage[0]", "stands for all",
            line: 11),
        .init(
            purposes, #"["clientAuth", "1.3.6.1.5.5.7.3.2"]"#, device + ".extensions.extendedKeyUsage[1]",
            "occurs twice", line: 11),
        .init(
            purposes, purposes + #", "subjectAltName": "csr""#, device + ".extensions.subjectAltName",
            "expected \"none\", \"deviceUuid\"", line: 11),
        .init(
            purposes, purposes + #", "subjectKeyIdentifier": 1"#, device + ".extensions.subjectKeyIdentifier",
            "expected true or false, found 1", line: 11),
        .init(
            purposes, purposes + #", "additional": [{"oid":"2.5.29.17","valueHex":"3000"}]"#,
            device + ".extensions.additional[0].oid", "no member of its own, found 2.5.29.17", line: 11),
        .init(
            purposes, purposes + #", "additional": [{"oid":"x","valueHex":"0500"}]"#,
            device + ".extensions.additional[0].oid", "expected an object identifier", line: 11),
        .init(
            purposes, purposes + #", "additional": [{"oid":"1.2.3","valueHex":"050"}]"#,
            device + ".extensions.additional[0].valueHex", "octets in hexadecimal", line: 11),
        .init(
            purposes, purposes + #", "additional": [{"oid":"1.2.3","valueHex":"05000500"}]"#,
            device + ".extensions.additional[0].valueHex", "expected one element in DER", line: 11),
        .init(
            purposes, purposes + #", "additional": [{"oid":"1.2.3","valueHex":"30030c0541"}]"#,
            device + ".extensions.additional[0].valueHex", "expected one element in DER", line: 11),
        .init(
            purposes,
            purposes
                + #", "additional": [{"oid":"1.2.3","valueHex":"0500"},{"oid":"1.2.3","valueHex":"0500"}]"#,
            device + ".extensions.additional[1].oid", "occurs twice", line: 11),
        // Others.
        .init(
            key, key + #", "signatureHash": "sha1""#, device + ".signatureHash", "\"auto\", \"sha256\"",
            line: 5),
        .init(key, key + #", "attestation": true"#, device + ".attestation", "expected a string", line: 5),
        .init(key, key + #", "attestation": "given""#, device + ".attestation", "\"optional\"", line: 5),
        .init(key, key + #", "maximumPemBytes": 511"#, device + ".maximumPemBytes", "found 511", line: 5),
        .init(key, key + #", "description": 1"#, device + ".description", "expected a string", line: 5),
        // Rules of certificates.
        .init(usage, #"["keyCertSign"]"#, device, "RFC 5280 section 4.2.1.3, 4.2.1.9", line: 4),
        .init(constraints, #"{"ca": true}"#, device, "found a CA without keyCertSign", line: 4),
        .init(
            usage, #"["keyEncipherment"]"#, device, "found keyEncipherment for a key on an elliptic curve",
            line: 4),
        .init(usage, #"["nonRepudiation"]"#, device, "found clientAuth with nonRepudiation", line: 4),
        .init(usage, #"["digitalSignature", "encipherOnly"]"#, device, "go with keyAgreement", line: 4),
        .init(
            purposes, purposes + #", "additional": [{"oid":"2.5.29.30","critical":true,"valueHex":"3000"}]"#,
            device,
            "name constraints are critical and in a CA only", line: 4),
        .init(
            purposes,
            purposes + #", "additional": [{"oid":"1.3.6.1.5.5.7.1.1","critical":true,"valueHex":"3000"}]"#,
            device, "authority information access is not critical", line: 4),
    ]

    @Test(arguments: wrong)
    func refuses(_ test: Wrong) throws {
        let text = Self.sound.replacing(test.find, with: test.replace, maxReplacements: 1)
        try #require(text != Self.sound)
        let error = try #require(Self.error(text), "it was read")
        #expect(error.code == .profile)
        #expect(error.message.hasPrefix(test.path + ": "), "\(error.message)")
        #expect(error.message.contains(test.message), "\(error.message)")
        #expect(error.context == [.init("line", "\(test.line)")])
    }

    @Test(arguments: [
        "", "[]", "null", "{", "{\"schema\":\"assay.profiles/1\",\"profiles\":{}}",
        "{\"schema\":\"assay.profiles/1\",\"profiles\":[]}",
        "{\"schema\":\"assay.profiles/1\",\"schema\":\"assay.profiles/1\",\"profiles\":{}}",
    ])
    func refusesOtherDocuments(_ text: String) {
        #expect(Self.error(text)?.code == .profile)
    }

    /// What the schema of the documents can say, it says: it lets no document pass that is refused here but for
    /// reasons that lie between members, or in rules of certificates.
    @Test func theSchemaRefusesTheSame() throws {
        var documents = ProfileSet.standard.document.split(separator: 0x0a).joined() + [0x0a]
        for test in Self.wrong {
            let text = Self.sound.replacing(test.find, with: test.replace, maxReplacements: 1)
            documents += text.utf8.filter { $0 != 0x0a } + [0x0a]
        }
        let checker = TestPaths.root.appendingPathComponent("scripts/check-schemas").path
        let schemas = TestPaths.root.appendingPathComponent("schemas").path
        let outcome = try ChildProcess(
            [Peers.python(), checker, schemas], in: TestPaths.root, environment: [:], input: Data(documents)
        ).run()
        try #require(outcome.status == 1, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        let errors = String(decoding: outcome.standardError, as: UTF8.self)
        #expect(!errors.contains("line 1:"), "\(errors)")
        let refused = Set(errors.matches(of: /line ([0-9]+):/).compactMap { Int($0.1) })
        let between = [
            "occurs twice", "at least", "found an unknown field", "a brace that does", "at most one field",
            "C must have", "control character", "not among", "which is required", "from 1 to 64, found 65",
            "expected one element in DER", Self.device,
        ]
        for (index, test) in Self.wrong.enumerated() where !refused.contains(index + 2) {
            let isBetween = between.contains { test.message.contains($0) } || test.path == Self.device
            #expect(isBetween, "\(test.path): \(test.message)")
        }
    }

    /// A document with one octet changed is read or refused, never more: and what is read is written as the same.
    @Test func changedDocuments() throws {
        var random = SplitMix64(seed: 20_261_126)
        let original = [UInt8](
            try Data(contentsOf: TestPaths.fixtures.appendingPathComponent("profiles.json")))
        var read = 0
        for _ in 0..<2_000 {
            var bytes = original
            for _ in 0...Int(random.next() % 2) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: index)
                }
            }
            do throws(ToolError) {
                let set = try ProfileSet(parsing: bytes, origin: "test")
                let again = try ProfileSet(parsing: set.document, origin: "test")
                #expect(again.all == set.all)
                read += 1
            } catch {
                #expect(error.code == .profile)
            }
        }
        #expect(read > 0)
    }
}
