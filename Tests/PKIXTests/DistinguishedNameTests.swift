import TestSupport
import Testing

@testable import PKIX

@Suite struct DistinguishedNameTests {
    private func name(_ attributes: [[(String, DERTag, [UInt8])]]) throws -> DistinguishedName {
        var writer = DERWriter()
        writer.sequence { writer in
            for set in attributes {
                writer.setOf(
                    set.map { type, tag, content in
                        var inner = DERWriter()
                        inner.sequence { inner in
                            if let oid = OID(type) { inner.objectIdentifier(oid) }
                            inner.primitive(tag, content)
                        }
                        return inner.bytes
                    })
            }
        }
        return try DistinguishedName(der: writer.bytes)
    }

    @Test(arguments: [
        "CN=50363154-3931-44f0-8022-121b6401627d", "CN=x,O=y",
        "C=DE,ST=Bayern,L=München,O=Example AG,OU=a,CN=b",
        #"CN=a\, b\+c\"d\\e\<f\>g\;h=i"#, ##"CN=\#a#b"##, #"CN=\ a b\ "#, "SN=a,GN=b,serialNumber=42,title=c",
        "emailAddress=a@b.example,DC=example,DC=com,UID=u", "CN=a+O=b,C=NO", "1.2.3.4=#0C0161", "CN=日本",
        "street=a,postalCode=b,pseudonym=c,dnQualifier=d,initials=e,name=f,generationQualifier=g",
        "organizationIdentifier=x,businessCategory=y",
    ])
    func textRoundTrip(text: String) throws {
        let name = try DistinguishedName(text: text)
        #expect(name.description == Peer.nameText(name.der))
        #expect(try DistinguishedName(text: name.description) == name)
        #expect(name.unfitness == nil)
    }

    @Test func bothOrders() throws {
        let slash = try DistinguishedName(text: "/C=NO/O=Example/CN=a,b/serialNumber=1")
        #expect(slash.description == #"serialNumber=1,CN=a\,b,O=Example,C=NO"#)
        #expect(
            try DistinguishedName(text: #" CN = a\2Cb , O=Example ,C=NO "#).description
                == #"CN=a\,b,O=Example,C=NO"#)
        #expect(slash.commonName == "a,b")
        #expect(
            slash.relativeNames.map { $0.map(\.tag) }
                == [[.printableString], [.utf8String], [.utf8String], [.printableString]])
        #expect(
            try DistinguishedName(text: "/DC=a/emailAddress=b").relativeNames.joined().allSatisfy {
                $0.tag == .ia5String
            })
    }

    @Test(arguments: [
        ("", "expected a distinguished name, found empty text"), ("x", "expected TYPE=VALUE, found \"x\""),
        ("CN=", "CN is empty"), ("XX=a", "unknown attribute type \"XX\""),
        ("C=DEU", "C must have 2 characters, found 3"),
        ("CN=a,", "expected TYPE=VALUE, found \"\""), ("CN=a\nb", "CN holds a control character"),
        (#"CN=a\00"#, "CN holds a control character"), (#"CN=a\"#, "CN ends in a backslash"),
        (#"CN=a\4"#, "CN has a backslash before one hexadecimal digit"), (#"CN=\FF"#, "CN is not UTF-8"),
        ("CN=a\"b", "CN holds \" without a backslash before it"),
        ("serialNumber=a_b", "serialNumber may hold only PrintableString characters"),
        ("DC=é", "DC may hold only ASCII characters"),
        ("CN=a+CN=a", "an attribute occurs twice in one relative distinguished name"),
        ("CN=#0C", "CN is not one DER value: expected an element, found the end"),
        ("CN=#0C0", "CN has an odd number of hexadecimal digits"),
        ("CN=#0C0161x", "CN has other characters after its hexadecimal value"),
    ])
    func refusesText(text: String, reason: String) {
        #expect(throws: DistinguishedName.TextError(reason: reason)) { try DistinguishedName(text: text) }
    }

    @Test func boundsCommonName() throws {
        _ = try DistinguishedName(text: "CN=" + String(repeating: "é", count: 64))
        #expect(
            throws: DistinguishedName.TextError(reason: "CN may have at most 64 characters, found 65")
        ) { try DistinguishedName(text: "CN=" + String(repeating: "a", count: 65)) }
    }

    @Test func printsEveryStringTypeAsOpenSSLDoes() throws {
        let latin: [UInt8] = [0x61, 0xE9, 0x7F, 0x01, 0x2C]
        for (tag, content) in [
            (DERTag.t61String, latin), (.utf8String, Array("aé😀\u{0}".utf8)),
            (.bmpString, [0, 0x61, 0x20, 0xAC]),
            (.universalString, [0, 1, 0xF6, 0]), (.numericString, Array("1 2".utf8)),
            (.ia5String, Array("a@b#".utf8)),
        ] {
            let value = try name([[("2.5.4.3", tag, content)], [("2.5.4.10", .utf8String, [0x20])]])
            #expect(value.description == Peer.nameText(value.der), "\(tag)")
        }
    }

    @Test func printsRandomNamesAsOpenSSLDoes() throws {
        var generator = SplitMix64(seed: 3)
        let types = ["2.5.4.3", "2.5.4.10", "2.5.4.11", "1.2.3.4.5", "0.9.2342.19200300.100.1.25"]
        let scalars = Array(" #,+\"\\<>;=/abc\u{0}\u{1F}\u{7F}é€😀".unicodeScalars)
        for _ in 0..<2000 {
            let value = try name(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    Array(types.shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator)))
                        .map { type in
                            let count = Int.random(in: 0...6, using: &generator)
                            var text = String.UnicodeScalarView()
                            for _ in 0..<count {
                                text.append(scalars[Int.random(in: 0..<scalars.count, using: &generator)])
                            }
                            // OpenSSL leaves a "#" that is the whole value without its backslash, against RFC 4514.
                            if String(text) == "#" { text.append("a") }
                            return (type, DERTag.utf8String, Array(String(text).utf8))
                        }
                })
            #expect(value.description == Peer.nameText(value.der))
        }
    }

    @Test func refusesUnsoundDER() {
        for hex in [
            "3100", "30023100", "3004 3102 3000", "300c 310a 3008 0603550403 0c01ff",
            "300c 310a 3008 0603550403 130140",
            "300d 310b 3009 0603550403 1e026100 00",
            "3018 3116 3009 0603550404 0c0161 3009 0603550403 0c0161",
            "3010 310e 300c 0603550403 3005 0c03616263", "300c 310a 3008 0603550403 1a0161",
            "300c 310a 3008 0603550403 040161",
        ] {
            #expect(throws: DERError.self, "\(hex)") { try DistinguishedName(der: octets(hex)) }
        }
    }

    @Test func tellsUnfitness() throws {
        #expect(
            try name([[("2.5.4.3", .utf8String, [0x61, 0])]]).unfitness == "CN holds a control character")
        #expect(try name([[("1.2.3", .utf8String, [])]]).unfitness == "1.2.3 is empty")
        let empty = try name([])
        #expect(
            empty.isEmpty && empty.unfitness == nil && empty.description.isEmpty && empty.commonName == nil)
    }
}
