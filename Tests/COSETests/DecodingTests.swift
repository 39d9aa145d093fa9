import CBOR
import COSE
import Testing

@Suite struct DecodingTests {
    @Test func readsEveryPart() throws {
        let bytes = Message().bytes
        let message = try COSESign1(bytes)
        #expect(message.bytes == bytes)
        #expect(message.bytes[message.protected] == octets("a10126")[...])
        #expect(message.algorithm == -7)
        #expect(message.hasTextAlgorithm == false)
        #expect(message.keyID.map { bytes[$0] } == octets("21")[...])
        #expect(message.payload.map { bytes[$0] } == Array("payload".utf8)[...])
        #expect(message.signature.count == 64)
        #expect(try COSESign1(Message(payload: nil).bytes).payload == nil)
        #expect(try COSESign1(Message(payload: []).bytes).payload?.count == 0)
    }

    @Test func theTagMayBeMissingOnlyWhereThatIsSaid() throws {
        let untagged = Message(tag: nil).bytes
        #expect(COSESign1.error(untagged) == "expected tag 18 (COSE_Sign1) at offset 0")
        #expect(try COSESign1(untagged, tag: .optional).algorithm == -7)
        for tag in [17, 19, 96, 98, 998, 55_799] as [UInt64] {
            let bytes = Message(tag: tag).bytes
            #expect(COSESign1.error(bytes) == "expected tag 18 (COSE_Sign1) at offset 0")
            #expect(COSESign1.error(bytes, tag: .optional) != nil)
        }
        #expect(COSESign1.error(octets("d2") + Message().bytes) != nil)
    }

    @Test(
        arguments: [
            // Protected header, unprotected header, algorithm, whether it is text.
            ("", "a0", nil, false), ("a0", "a0", nil, false), ("a10126", "a0", -7, false),
            ("a1013822", "a0", -35, false), ("a101390100", "a0", -257, false), ("a10101", "a0", 1, false),
            ("a1016545533235 36", "a0", nil, true),
            // In the unprotected header alone, where it says nothing.
            ("", "a10126", nil, false), ("a10441 21", "a10126", nil, false),
            ("", "a1016545533235 36", nil, false),
        ] as [(String, String, Int64?, Bool)])
    func theAlgorithmIsThatOfTheProtectedHeader(
        protected: String, unprotected: String, algorithm: Int64?, isText: Bool
    ) throws {
        let message = try COSESign1(
            Message(protected: octets(protected), unprotected: octets(unprotected)).bytes)
        #expect(message.algorithm == algorithm)
        #expect(message.hasTextAlgorithm == isText)
    }

    @Test(arguments: [("a2012604 4131", "a0"), ("a10126", "a1044131"), ("a10126", "a203010441 31")])
    func theKeyIDMayStandInEitherHeader(protected: String, unprotected: String) throws {
        let message = try COSESign1(
            Message(protected: octets(protected), unprotected: octets(unprotected)).bytes)
        #expect(message.keyID.map { message.bytes[$0] } == [0x31])
    }

    @Test(arguments: [
        // Twice in a map, and in both.
        ("a201260126", "a0", "header label given twice"), ("a20126012 7", "a0", "header label given twice"),
        ("a10126", "a2044121044121", "header label given twice"),
        ("a10126", "a10126", "header label given twice"),
        ("a2012604 4121", "a1044121", "header label given twice"),
        ("a10126", "a2616101616102", "header label given twice"),
        // Critical headers, wherever.
        ("a20126028104", "a1044121", "critical headers (label 2) are not supported"),
        ("a10126", "a1028104", "critical headers (label 2) are not supported"),
        // Longer forms than needed, indefinite lengths.
        ("a1180126", "a0", ""), ("a10138 06", "a0", ""), ("b80101 26", "a0", ""), ("bf0126ff", "a0", ""),
        ("a10126", "bf044121ff", ""), ("a10126", "b801044121", ""), ("a10126", "a104580121", ""),
        ("a10126", "a1045f4121ff", ""),
        // A protected bstr that is no map, or more than one.
        ("80", "a0", ""), ("f6", "a0", ""), ("a10126a0", "a0", ""), ("a101", "a0", ""), ("a1", "a0", ""),
        ("d812a10126", "a0", ""),
        // Labels and values of another kind.
        ("a1f626", "a0", ""), ("a1412626", "a0", ""), ("a1014126", "a0", ""), ("a101f6", "a0", ""),
        ("a10126", "a10421", ""), ("a10126", "a1046131", ""), ("a10126", "80", ""), ("a10126", "40", ""),
        ("a10126", "a1616180ff", ""), ("a10126", "a16161ff", ""),
    ])
    func damagedHeadersAreRefused(protected: String, unprotected: String, reason: String) {
        let bytes = Message(protected: octets(protected), unprotected: octets(unprotected)).bytes
        let error = COSESign1.error(bytes)
        #expect(error?.hasPrefix(reason) == true)
        #expect(COSESign1.error(bytes, tag: .optional) == error)
    }

    @Test func tooManyHeadersAreRefused() {
        func headers(_ count: Int) -> [UInt8] {
            var writer = CBORWriter()
            writer.mapHeader(count)
            for label in 0..<count {
                writer.integer(Int64(100 + label))
                writer.null()
            }
            return writer.bytes
        }
        #expect(COSESign1.error(Message(unprotected: headers(64)).bytes) == nil)
        #expect(
            COSESign1.error(Message(unprotected: headers(65)).bytes)?
                .hasPrefix("expected at most 64 headers, found 65") == true)
    }

    @Test(arguments: [
        "", "d2", "d284", "d280", "d28343a10126a0f6", "d28543a10126a0f640f6", "d29f43a10126a0f640ff",
        "d2840 0a0f640", "d284a10126a0f640", "d28443a10126a00040", "d28443a10126a0f600", "d28443a10126a0f740",
        "d28443a10126a0f6f6", "d284 5803a10126a0f640", "d2844 3a10126a0f65800", "d28443a10126a0f65f40ff",
        "d2985 f43a10126a0f640", "d8124 0", "d81284 43a10126a0f640", "d28443a10126a0f641",
        "9bffffffffffffffff", "d28443a10126a0f65bffffffffffffffff", "d2845bffffffffffffffff",
    ])
    func otherShapesAreRefused(hex: String) {
        let bytes = octets(hex)
        #expect(COSESign1.error(bytes) != nil)
        #expect(COSESign1.error(bytes, tag: .optional) != nil)
    }

    @Test func everyProperPrefixAndEveryTailIsRefused() {
        let bytes = Message().bytes
        for length in 0..<bytes.count { #expect(COSESign1.error(Array(bytes.prefix(length))) != nil) }
        for byte in UInt8.min...UInt8.max { #expect(COSESign1.error(bytes + [byte]) != nil) }
    }

    @Test func errorsNameTheOffset() {
        #expect(
            COSESign1.error(octets("d28343a10126a0f6"))
                == "expected an array of 4 elements, found 3 at offset 1")
        #expect(
            COSESign1.error(Message(unprotected: octets("a2044121044121")).bytes)
                == "header label given twice at offset 10")
    }
}
