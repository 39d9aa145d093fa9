import Attestation
import CBOR
import DeviceIdentity
import Diagnostics
import Foundation
import Testing

@Suite struct DecodingTests {
    private static let builders: [TokenBuilder] = [
        TokenBuilder(kind: .identity), TokenBuilder(kind: .certificationRequest),
        TokenBuilder(kind: .publicKey),
    ]

    @Test func readsWhatTheBuilderWrote() throws {
        let token = try TokenBuilder().token()
        guard case .identity(let message) = token.content else {
            Issue.record("expected an identity message")
            return
        }
        #expect(message.deviceUUID.description == "50515253-5455-5657-5859-5a5b5c5d5e5f")
        #expect(message.deviceType.code == 6)
        #expect(message.firmwareUUID.description == "f0f0f0f0-f0f0-f0f0-f0f0-f0f0f0f0f0f0")
        #expect(message.nonce == [UInt8](0xa0...0xaf))
        #expect(token.keyRole == .identity)
        #expect(token.keyMessage == nil)
        #expect(token.hadPadding == false)
        for (kind, subject) in [
            (TokenBuilder.Kind.certificationRequest, KeyMessage.Subject.certificationRequest),
            (.publicKey, .publicKey),
        ] {
            let token = try TokenBuilder(kind: kind).token()
            let message = try #require(token.keyMessage)
            #expect(message.subject == subject)
            #expect(message.secTag == SecTag(17))
            #expect(message.digest == token.actualDigest)
            #expect(token.nonce == [UInt8](0xa0...0xaf))
            #expect(token.deviceUUID.description == "50515253-5455-5657-5859-5a5b5c5d5e5f")
        }
    }

    @Test(
        arguments: [
            ([0x00], 0), ([0x17], 23), ([0x18, 0x34], 52), ([0x19, 0x04, 0xd3], 1235),
            ([0x1a, 0x01, 0x01, 0x00, 0x01], 16_842_753), ([0x1a, 0xff, 0xff, 0xff, 0xff], 4_294_967_295),
            // A negative n stands for 2^32 + n.
            ([0x20], 4_294_967_295), ([0x21], 4_294_967_294),
            ([0x3a, 0x7f, 0xff, 0xff, 0xff], 2_147_483_648),
            ([0x3a, 0xff, 0xff, 0xff, 0xff], 0),
        ] as [([UInt8], UInt32)])
    func securityTags(encoded: [UInt8], value: UInt32) throws {
        let token = try TokenBuilder(kind: .publicKey, nestedTag: encoded).token()
        #expect(token.keyMessage?.secTag == SecTag(value))
    }

    @Test(
        arguments: [
            [], [0x1b, 0, 0, 0, 1, 0, 0, 0, 0], [0x3b, 0, 0, 0, 1, 0, 0, 0, 0],
            [0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x18, 0x11], [0x11, 0x11], [0x41, 0x11], [0xf6], [0x19, 0x04], [0x1f], [0xf9, 0x4c, 0x40],
        ] as [[UInt8]])
    func securityTagsOutOfRange(encoded: [UInt8]) throws {
        let error = refusal(try TokenBuilder(kind: .publicKey, nestedTag: encoded).text())
        #expect(error?.code == .cbor)
        #expect(
            error?.message == "key message: expected a 32-bit integer in the byte string of security tag")
    }

    @Test func theTextHasTwoPartsJoinedByOneDot() throws {
        let text = String(decoding: try TokenBuilder().text(), as: UTF8.self)
        let parts = text.split(separator: ".")
        let dots = "expected two parts joined by one dot, found more dots (a JWT has two)"
        let table: [(String, ErrorCode, String)] = [
            ("", .tokenFormat, "expected a token, found nothing"),
            (String(parts[0]), .tokenFormat, "expected two parts joined by a dot, found no dot"),
            (text + ".", .tokenFormat, dots), ("." + text, .tokenFormat, dots),
            ("\(parts[0])..\(parts[1])", .tokenFormat, dots),
            (
                String(repeating: "A", count: 4097), .tokenFormat,
                "expected at most 4096 characters, found 4097"
            ),
            (".", .cose, "COSE_Sign1: expected tag 18 (COSE_Sign1) at offset 0"),
            ("\(parts[0]).", .cose, "COSE_Sign1: expected tag 18 (COSE_Sign1) at offset 0"),
            (".\(parts[1])", .cbor, "identity message: expected tag 55799 at offset 0"),
            (" " + text, .base64URL, "first part: unexpected character 0x20 at offset 0"),
            (text + "\n", .base64URL, "second part: unexpected character 0xa at offset 103"),
            ("*" + text.dropFirst(), .base64URL, "first part: unexpected character '*' at offset 0"),
            (text.dropLast() + "*", .base64URL, "second part: unexpected character '*' at offset 102"),
            (
                "\(parts[0]).\(parts[1].dropLast(2))", .base64URL,
                "second part: a text of 101 characters leaves one over, which encodes nothing"
            ),
        ]
        for (text, code, message) in table {
            let error = refusal(Array(text.utf8))
            #expect(error?.code == code, "\(text)")
            #expect(error?.message == message)
        }
        // The other alphabet is not read.
        let genuine = try Fixture.genuine[0].text()
        let place = try #require(genuine.firstIndex(of: UInt8(ascii: "_")))
        var other = genuine
        other[place] = UInt8(ascii: "/")
        #expect(
            refusal(other)?.message
                == "first part: found '/' at offset \(place), which is base64; expected base64url, which has - for + and _ for /"
        )
    }

    @Test func sliceBoundsDoNotMatter() throws {
        let text = try TokenBuilder().text()
        let token = try AttestationToken(
            (Array("....".utf8) + text + Array("....".utf8))[4..<(4 + text.count)])
        #expect(token.firstPart == (try TokenBuilder().token().firstPart))
    }

    @Test func paddingIsRefusedUnlessAskedFor() throws {
        let parts = try TokenBuilder(kind: .publicKey).text().split(separator: UInt8(ascii: "."))
        let padded = parts.map { part in
            Array(part) + [UInt8](repeating: UInt8(ascii: "="), count: (4 - part.count % 4) % 4)
        }
        #expect(padded[0] != Array(parts[0]) || padded[1] != Array(parts[1]))
        let text = padded[0] + [UInt8(ascii: ".")] + padded[1]
        #expect(refusal(text)?.code == .base64URL)
        let lenient = try AttestationToken(text[...], base64: .lenient)
        #expect(lenient.hadPadding)
        #expect(lenient.firstPart == (try TokenBuilder(kind: .publicKey).token().firstPart))
        let plain = try AttestationToken(TokenBuilder(kind: .publicKey).text()[...], base64: .lenient)
        #expect(!plain.hadPadding)
        // Wrong padding stays wrong.
        #expect(refusal(text + [UInt8(ascii: "=")], .lenient)?.code == .base64URL)
        #expect(refusal([UInt8(ascii: "=")] + text, .lenient)?.code == .base64URL)
    }

    @Test func unusedBitsHaveToBeZero() throws {
        // 77 bytes of envelope: three characters in the last group, two bits unused.
        var text = try TokenBuilder().text()
        let digits = Base64.encode(Array(0..<3), .url)
        #expect(digits.count == 4)
        let last = try #require(text.last)
        text[text.count - 1] = last + 1
        #expect(refusal(text)?.message == "second part: unused bits of the last character are not zero")
        #expect(refusal(text, .lenient)?.code == .base64URL)
    }

    @Test func nothingMayFollow() throws {
        for builder in Self.builders {
            let parts = try builder.text().split(separator: UInt8(ascii: "."))
            let first = try Base64.decodeURL(parts[0])
            let second = try Base64.decodeURL(parts[1])
            #expect(refusal(tokenText(first, second + [0]))?.code == .cbor)
            #expect(refusal(tokenText(first + [0], second)) != nil)
            #expect(refusal(tokenText(Array(first.dropLast()), second)) != nil)
            #expect(refusal(tokenText(first, Array(second.dropLast()))) != nil)
        }
    }

    @Test(arguments: [TokenBuilder.Kind.identity, .certificationRequest, .publicKey])
    func messagesAreReadStrictly(kind: TokenBuilder.Kind) throws {
        let name = kind == .identity ? "identity message" : "key message"
        // The head is d9d9f7 85 TYPE 50 UUID…
        let edits: [(String, @Sendable ([UInt8]) -> [UInt8], String)] = [
            ("no tag", { Array($0.dropFirst(3)) }, "expected tag 55799 at offset"),
            ("other tag", { [0xd9, 0xd9, 0xf8] + $0.dropFirst(3) }, "expected tag 55799 at offset"),
            ("tag twice", { [0xd9, 0xd9, 0xf7] + $0 }, "expected"),
            ("longer tag", { [0xda, 0, 0, 0xd9, 0xf7] + $0.dropFirst(3) }, ""),
            (
                "4 elements", { $0.prefix(3) + [0x84] + $0.dropFirst(4) },
                "expected an array of 5 elements, found 4"
            ),
            (
                "6 elements", { $0.prefix(3) + [0x86] + $0.dropFirst(4) + [0] },
                "expected an array of 5 elements, found 6"
            ),
            ("indefinite array", { $0.prefix(3) + [0x9f] + $0.dropFirst(4) + [0xff] }, ""),
            ("longer array", { $0.prefix(3) + [0x98, 5] + $0.dropFirst(4) }, ""),
            ("longer integer", { $0.prefix(4) + [0x18] + $0.dropFirst(4) }, ""),
            ("negative type", { $0.prefix(4) + [0x20] + $0.dropFirst(5) }, ""),
            ("text UUID", { $0.prefix(5) + [0x70] + $0.dropFirst(6) }, ""),
            ("longer string head", { $0.prefix(5) + [0x58, 0x10] + $0.dropFirst(6) }, ""),
            (
                "short UUID", { $0.prefix(5) + [0x4f] + $0.dropFirst(7) },
                "expected 16 bytes of device UUID, found 15"
            ),
            (
                "long UUID", { $0.prefix(5) + [0x51, 0] + $0.dropFirst(6) },
                "expected 16 bytes of device UUID, found 17"
            ),
            (
                "short nonce", { $0.dropLast(17) + [0x4f] + $0.suffix(15) },
                "expected 16 bytes of nonce, found 15"
            ),
            ("tail", { $0 + [0] }, ""), ("cut", { $0.dropLast() }, ""), ("no nonce", { $0.dropLast(17) }, ""),
            ("nothing", { _ in [] }, "expected tag 55799"), ("null nonce", { $0.dropLast(17) + [0xf6] }, ""),
        ]
        for (label, edit, message) in edits {
            var builder = TokenBuilder(kind: kind)
            builder.editMessage = edit
            let error = refusal(try builder.text())
            #expect(error?.code == .cbor, "\(label)")
            #expect(
                error?.message.hasPrefix("\(name): \(message)") == true,
                "\(label): \(error?.message ?? "none")")
        }
    }

    @Test func messageTypes() throws {
        for type in [0, 2, 3, 5, 8, 9, 23] as [UInt64] {
            #expect(
                refusal(try TokenBuilder(messageType: type).text())?.message
                    == "identity message: expected message type 1, found \(type)")
        }
        for type in [0, 1, 2, 7, 10] as [UInt64] {
            let error = refusal(try TokenBuilder(kind: .publicKey, messageType: type).text())
            #expect(error?.code == .tokenFormat)
            #expect(
                error?.message
                    == "key message: expected message type 8 (public key) or 9 (CSR), found \(type)")
        }
        // The type decides how the first part is read.
        #expect(refusal(try TokenBuilder(kind: .publicKey, messageType: 9).text())?.code == .der)
        #expect(refusal(try TokenBuilder(kind: .certificationRequest, messageType: 8).text())?.code == .der)
    }

    @Test func envelopesAreReadStrictly() throws {
        for signature in [[], [UInt8](repeating: 1, count: 63), [UInt8](repeating: 1, count: 65)] {
            let text = try TokenBuilder(editSignature: { _ in signature }).text()
            #expect(
                refusal(text)?.message
                    == "COSE_Sign1: expected a signature of 64 bytes, found \(signature.count)")
        }
        for (unprotected, code) in [
            ([0xa0], ErrorCode.cose), ([0xa1, 0x04, 0x40], .cose), ([0xa1, 0x04, 0x41, 0xf6], .cose),
            ([0xa1, 0x04, 0x42, 0x21, 0x21], .cose), ([0xa1, 0x04, 0x42, 0x38, 0x01], .cose),
            ([0xa1, 0x04, 0x21], .cbor), ([0xa2, 0x04, 0x41, 0x21, 0x04, 0x41, 0x21], .cose),
            ([0xa2, 0x01, 0x26, 0x04, 0x41, 0x21], .cose), ([0xbf, 0x04, 0x41, 0x21, 0xff], .cbor),
            ([0xa1, 0x04, 0x58, 0x01, 0x21], .cbor), ([0xa2, 0x02, 0x81, 0x04, 0x04, 0x41, 0x21], .cose),
        ] as [([UInt8], ErrorCode)] {
            #expect(
                refusal(try TokenBuilder(unprotected: unprotected).text())?.code == code, "\(unprotected)")
        }
    }

    @Test func theModemsLineIsFound() throws {
        for (line, token) in [
            ("%ATTESTTOKEN: \"a.b\"", "a.b"), ("%KEYGEN: \"a.b\"\r\n", "a.b"), ("%KEYGEN:a.b OK", "a.b"),
            ("12:00 > %CLAIMTOKEN: \"a.b", "a.b"), ("%X %KEYGEN: \"\"", ""), ("AT%KEYGEN=1,2,0", nil),
            ("a.b", nil), ("", nil), ("%", nil), ("%KEYGEN", nil), ("%KEYGEN:", ""),
        ] as [(String, String?)] {
            let found = ModemLog.token(in: Array(line.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
            #expect(found == token, "\(line)")
        }
    }
}
