import CoAP
import TestSupport
import Testing

private func uint(_ number: OptionNumber, _ value: UInt32) -> MessageOption { MessageOption(number, value) }

private func text(_ number: OptionNumber, _ value: String) throws -> MessageOption {
    try #require(MessageOption(number, Array(value.utf8)))
}

// MARK: Examples of the RFCs

/// RFC 7252, figures 16 to 19 (appendix A): the octets stand there too.
@Test func examplesOfTheRFCAreReadAndWritten() throws {
    let temperature = try text(.uriPath, "temperature")
    let figures: [(String, Message)] = [
        (
            "40 01 7d34 bb 74656d7065726174757265",
            Message(.confirmable, .get, messageID: 0x7d34, options: [temperature])
        ),
        (
            "60 45 7d34 ff 32322e332043",
            Message(.acknowledgement, .content, messageID: 0x7d34, payload: Array("22.3 C".utf8))
        ),
        (
            "41 01 7d35 20 bb 74656d7065726174757265",
            Message(
                .confirmable, .get, messageID: 0x7d35, token: try #require(Token([0x20])),
                options: [temperature])
        ),
        (
            "61 45 7d35 20 ff 32322e332043",
            Message(
                .acknowledgement, .content, messageID: 0x7d35, token: try #require(Token([0x20])),
                payload: Array("22.3 C".utf8))
        ),
        ("60 00 7d38", .empty(.acknowledgement, messageID: 0x7d38)),
    ]
    for (hexadecimal, message) in figures {
        #expect(try Message(datagram: octets(hexadecimal)) == message)
        #expect(message.datagram == octets(hexadecimal))
    }
}

/// Deltas and lengths at each border of their extended forms (RFC 7252 section 3.1).
@Test(arguments: [
    (12, 12, "cc"), (13, 0, "d0 00"), (268, 13, "dd ff 00"), (269, 268, "ed 0000 ff"),
    (0x010c, 269, "de ff 0000"),
    (65535, 270, "ee fef2 0001"), (0x010d, 12, "ec 0000"),
])
func deltasAndLengthsHaveOneForm(number: Int, length: Int, head: String) throws {
    let value = [UInt8](repeating: 0x61, count: length)
    let option = try #require(MessageOption(OptionNumber(rawValue: UInt16(number)), value))
    let message = Message(.confirmable, .get, messageID: 1, options: [option])
    #expect(message.datagram == octets("40 01 0001") + octets(head) + value)
    #expect(try Message(datagram: message.datagram) == message)
}

@Test func aValueThatNoLengthCanSayIsNoOption() {
    let longest = [UInt8](repeating: 0, count: MessageOption.maximumLength)
    #expect(MessageOption(.proxyUri, longest) != nil)
    #expect(MessageOption(.proxyUri, longest + [0]) == nil)
    #expect(Token([UInt8](repeating: 1, count: 8)) != nil)
    #expect(Token([UInt8](repeating: 1, count: 9)) == nil)
}

/// RFC 7252 section 3.2: numbers in as few octets as they need, and read with any.
@Test func numbersAreShortestAndReadWithLeadingZeros() throws {
    let values: [(UInt32, String)] = [
        (0, ""), (1, "01"), (255, "ff"), (256, "0100"), (0x01_0000, "010000"), (2_592_000, "278d00"),
        (.max, "ffffffff"),
    ]
    for (value, hexadecimal) in values {
        #expect(MessageOption(.maxAge, value).value == octets(hexadecimal))
        #expect(try #require(MessageOption(.maxAge, [0, 0] + octets(hexadecimal))).number32 == value)
    }
    #expect(try #require(MessageOption(.maxAge, [1, 0, 0, 0, 0])).number32 == nil)
}

/// Table 4 of RFC 7252 and those of RFC 7959, 7641, 7967 and 9175.
@Test func numbersOfOptionsSayTheirClass() {
    func row(_ number: OptionNumber) -> String {
        "\(number.rawValue) " + (number.isCritical ? "C" : "-") + (number.isUnsafe ? "U" : "-")
            + (number.isNoCacheKey ? "N" : "-")
    }
    let rows = [
        OptionNumber.ifMatch, .uriHost, .eTag, .ifNoneMatch, .observe, .uriPort, .locationPath, .uriPath,
        .contentFormat,
        .maxAge, .uriQuery, .accept, .locationQuery, .block2, .block1, .size2, .proxyUri, .proxyScheme,
        .size1, .echo,
        .noResponse, .requestTag,
    ].map(row)
    #expect(
        rows == [
            "1 C--", "3 CU-", "4 ---", "5 C--", "6 -U-", "7 CU-", "8 ---", "11 CU-", "12 ---", "14 -U-",
            "15 CU-",
            "17 C--", "20 ---", "23 CU-", "27 CU-", "28 --N", "35 CU-", "39 CU-", "60 --N", "252 --N",
            "258 -U-",
            "292 ---",
        ])
}

@Test func codesSayWhatTheyAre() {
    let codes: [(UInt8, String, Code.Kind)] = [
        (0, "0.00", .empty), (1, "0.01", .request), (31, "0.31", .request), (32, "1.00", .reserved),
        (0x45, "2.05", .response), (0x5f, "2.31", .response), (0x60, "3.00", .response),
        (0x8d, "4.13", .response),
        (0xa3, "5.03", .response), (0xc0, "6.00", .reserved), (0xe5, "7.05", .reserved),
    ]
    for (value, text, kind) in codes {
        let code = Code(rawValue: value)
        #expect(code.description == text)
        #expect(code.kind == kind)
        #expect(Code(code.codeClass, code.detail) == code)
    }
}

// MARK: Malformed messages

/// RFC 7252 sections 3, 4.2 and 4.3: reset where the ID is readable and the message may be refused, else silence.
@Test(
    arguments: [
        ("", MalformedMessage.Reason.header, nil), ("40", .header, nil), ("40 01 00", .header, nil),
        // Versions 0, 2 and 3.
        ("00 01 0007", .version, nil), ("80 01 0007", .version, nil), ("c0 01 0007", .version, nil),
        ("49 01 0007 010203040506070809", .token, 7),
        ("4f 01 0007 0102030405060708090a0b0c0d0e0f", .token, 7),
        ("42 01 0007 01", .token, 7), ("69 45 0007 010203040506070809", .token, nil),
        ("40 20 0007", .reservedCode, 7), ("50 c1 0007", .reservedCode, 7),
        ("60 e5 0007", .reservedCode, nil),
        ("41 00 0007 01", .emptyWithContent, 7), ("40 00 0007 ff61", .emptyWithContent, 7),
        ("70 00 0007 00", .emptyWithContent, nil),
        ("50 00 0007", .type, 7), ("60 01 0007", .type, nil), ("70 45 0007", .type, nil),
        ("70 02 0007", .type, nil),
        // Reserved delta, reserved length, cut extensions, a cut value, a number above 65,535.
        ("40 01 0007 f0", .option, 7), ("40 01 0007 0f", .option, 7), ("40 01 0007 d0", .option, 7),
        ("40 01 0007 e0 00", .option, 7), ("40 01 0007 0d", .option, 7), ("40 01 0007 0e 00", .option, 7),
        ("40 01 0007 b5 61626364", .option, 7), ("40 01 0007 e0 fef3", .option, 7),
        ("40 01 0007 e0 fef2 10", .option, 7),
        ("40 01 0007 ff", .emptyPayload, 7), ("50 01 0007 b161 ff", .emptyPayload, 7),
        ("60 45 0007 ff", .emptyPayload, nil),
    ] as [(String, MalformedMessage.Reason, UInt16?)])
func malformedMessagesAreRefusedByTheirKind(
    hexadecimal: String, reason: MalformedMessage.Reason, resetID: UInt16?
) {
    #expect(throws: MalformedMessage.self) { try Message(datagram: octets(hexadecimal)) }
    do throws(MalformedMessage) { _ = try Message(datagram: octets(hexadecimal)) } catch {
        #expect(error.reason == reason)
        #expect(error.resetID == resetID)
        #expect(error.answer == resetID.map { .empty(.reset, messageID: $0) })
    }
}

@Test func sizeAndNumberOfOptionsAreBounded() throws {
    let header = octets("40 01 0007")
    let most = header + [UInt8](repeating: 0, count: Message.maximumOptions)
    #expect(try Message(datagram: most).options.count == Message.maximumOptions)
    #expect(throws: MalformedMessage.self) { try Message(datagram: most + [0]) }
    let longest = header + [0xff] + [UInt8](repeating: 1, count: Message.maximumSize - 5)
    #expect(try Message(datagram: longest).datagram == longest)
    do throws(MalformedMessage) { _ = try Message(datagram: longest + [1]) } catch {
        #expect(error.reason == .size)
        #expect(error.resetID == 7)
    }
}

/// Not known, of a wrong length, or given again (RFC 7252 sections 5.4.1, 5.4.3 and 5.4.5).
@Test func optionsThatDoNotCountAreTold() throws {
    let options = [
        uint(.contentFormat, 60), uint(.contentFormat, 0), uint(.maxAge, 1), try text(.uriPath, "a"),
        try text(.uriPath, "b"), uint(.accept, 0x10000), uint(.block2, 6),
        uint(OptionNumber(rawValue: 65001), 1), try #require(MessageOption(.eTag, [])),
    ]
    let message = Message(.confirmable, .get, messageID: 1, options: options)
    let unknown = message.unknownOptions(known: [.contentFormat, .uriPath, .accept, .block2, .eTag])
    #expect(unknown.map(\.number.rawValue) == [4, 12, 14, 17, 65001])
    #expect(message.number(.contentFormat) == 60)
    #expect(message.option(.accept) == nil)
    #expect(message.values(of: .uriPath).map(\.text) == ["a", "b"])
}

/// The values of RFC 7959 section 3 among them.
@Test(arguments: [
    ("", 0, false, 16), ("0e", 0, true, 1024), ("06", 0, false, 1024), ("16", 1, false, 1024),
    ("2a", 2, true, 64),
    ("41", 4, false, 32), ("fffffe", 0xfffff, true, 1024),
])
func blocksAreReadAndWritten(hexadecimal: String, number: Int, isMore: Bool, size: Int) throws {
    let option = try #require(MessageOption(.block1, octets(hexadecimal)))
    let block = try #require(BlockOption(option))
    #expect((block.number, block.isMore, block.size.octets) == (number, isMore, size))
    #expect(block.option(.block1) == option)
    #expect(block.offset == number * size)
}

@Test func blocksOfNoSizeAreNone() throws {
    #expect(BlockOption(try #require(MessageOption(.block1, [0x07]))) == nil)
    #expect(BlockOption(try #require(MessageOption(.block1, [0x0f]))) == nil)
    #expect(BlockOption(try #require(MessageOption(.block1, [1, 0, 0, 0]))) == nil)
    #expect(BlockOption(number: 1 << 20, isMore: false, size: .octets256) == nil)
    #expect(BlockOption.Size(exponent: 7) == nil)
    #expect(
        [0, 16, 255, 256, 1023, 1024, 9000].map { BlockOption.Size(fitting: $0).octets } == [
            16, 16, 128, 256, 512, 1024, 1024,
        ])
}

// MARK: Properties

/// A message of whatever may be in one.
func randomMessage(_ random: inout SplitMix64) -> Message {
    let codes: [Code] = [.get, .post, .content, .changed, .continue, .notFound, .serviceUnavailable]
    let type: MessageType = [.confirmable, .nonConfirmable][Int.random(in: 0...1, using: &random)]
    let options = (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in
        let number = UInt16.random(in: 0...(Bool.random(using: &random) ? 60 : 65535), using: &random)
        return MessageOption(
            OptionNumber(rawValue: number), random.bytes(Int.random(in: 0...300, using: &random) / 10))
    }
    return Message(
        type, codes.randomElement(using: &random) ?? .get,
        messageID: UInt16(truncatingIfNeeded: random.next()),
        token: Token(random.bytes(Int.random(in: 0...8, using: &random))) ?? .none, options: options,
        payload: random.bytes(Int.random(in: 0...40, using: &random)))
}

@Test func whatIsWrittenIsReadTheSame() throws {
    var random = SplitMix64(seed: 7252)
    for _ in 0..<5_000 {
        let message = randomMessage(&random)
        #expect(try Message(datagram: message.datagram) == message)
        #expect(message.overhead + message.payload.count == message.datagram.count)
    }
}

/// Whatever is read of a damaged datagram is written the same.
@Test func damagedDatagramsAreReadOneWayOrRefused() {
    var random = SplitMix64(seed: 7959)
    var counts = (read: 0, refused: 0)
    for _ in 0..<20_000 {
        var datagram = randomMessage(&random).datagram
        for _ in 0..<Int.random(in: 1...3, using: &random) where !datagram.isEmpty {
            let place = Int.random(in: 0..<datagram.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: datagram[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: datagram.remove(at: place)
            default: datagram = Array(datagram.prefix(place))
            }
        }
        do throws(MalformedMessage) {
            let message = try Message(datagram: datagram)
            #expect(message.datagram == datagram)
            counts.read += 1
        } catch { counts.refused += 1 }
    }
    #expect(counts.read > 1_000 && counts.refused > 1_000)
}
