import CoAP
import Testing

/// A client's endpoint with one request, and the messages that it sends.
private struct Asking {
    var client: ClientEndpoint
    let id: ClientEndpoint.ExchangeID
    var sent: [Message] = []
    var outcomes: [ClientOutcome] = []

    init(_ request: ClientRequest?, _ settings: ClientSettings = ClientSettings()) throws {
        client = ClientEndpoint(seed: 3, settings: settings)
        let (id, events) = client.start(try #require(request), at: 0)
        self.id = id
        try take(events)
    }

    mutating func take(_ events: [ClientEvent]) throws {
        for event in events {
            switch event {
            case .send(let datagram): sent.append(try Message(datagram: datagram))
            case .finished(let id, let outcome):
                #expect(id == self.id)
                outcomes.append(outcome)
            }
        }
    }

    mutating func receive(_ message: Message, at now: UInt64 = 10) throws {
        sent = []
        try take(client.receive(message.datagram, at: now))
    }

    mutating func tick(at now: UInt64) throws {
        sent = []
        try take(client.tick(at: now))
    }
}

private func answer(
    to message: Message?, _ code: Code, _ options: [MessageOption] = [], _ payload: [UInt8] = [],
    type: MessageType = .acknowledgement
) throws -> Message {
    let message = try #require(message)
    return Message(
        type, code, messageID: type == .acknowledgement ? message.messageID : 4_711, token: message.token,
        options: options, payload: payload)
}

private let fetch = ClientRequest(.get, path: ["p", "cmd"], query: ["after=", "limit=5"])

@Test func aRequestIsSentWithItsProposalAndAnswered() throws {
    var asking = try Asking(fetch)
    let message = try #require(asking.sent.first)
    #expect(asking.sent.count == 1)
    #expect((message.type, message.code, message.payload) == (.confirmable, .get, []))
    #expect(message.token.octets.count == 8)
    #expect(message.options.map(\.number) == [.uriPath, .uriPath, .uriQuery, .uriQuery, .block2])
    #expect(message.options.map(\.text).prefix(4) == ["p", "cmd", "after=", "limit=5"])
    #expect(message.number(.block2) == 5)
    let options = [MessageOption(.contentFormat, 60), MessageOption(.maxAge, 2_592_000)]
    try asking.receive(try answer(to: message, .content, options, [1, 2]))
    #expect(
        asking.outcomes == [
            .response(ClientResponse(code: .content, contentFormat: .cbor, maxAge: 2_592_000, body: [1, 2]))
        ])
    #expect(asking.client.deadline == nil)
}

@Test func olderClientsProposeNothing() throws {
    var settings = ClientSettings()
    settings.proposesBlocks = false
    #expect(try Asking(fetch, settings).sent.first?.option(.block2) == nil)
    #expect(ClientRequest(.get, path: [String(repeating: "x", count: 256)]) == nil)
}

/// 2 s times 1 to 1.5, doubled; 30 s end it although the fourth repetition is still due.
@Test func aRequestIsRepeatedAndGivenUp() throws {
    var asking = try Asking(fetch)
    let first = asking.sent
    var times: [UInt64] = []
    while asking.outcomes.isEmpty, let deadline = asking.client.deadline {
        try asking.tick(at: deadline)
        #expect(asking.sent == (asking.outcomes.isEmpty ? first : []))
        times.append(deadline)
    }
    let pause = try #require(times.first)
    #expect(2_000...3_000 ~= pause)
    #expect(
        times == [pause, pause * 3, pause * 7, 30_000]
            || times == [pause, pause * 3, pause * 7, pause * 15, 30_000])
    #expect(asking.outcomes == [.timedOut])
}

@Test func aSeparateAnswerIsAwaitedSixSeconds() throws {
    var asking = try Asking(fetch)
    let request = asking.sent.first
    try asking.receive(.empty(.acknowledgement, messageID: try #require(request).messageID), at: 1_000)
    #expect(asking.client.deadline == 7_000)
    var late = asking
    try late.tick(at: 7_000)
    #expect(late.outcomes == [.timedOutAfterAcknowledgement])
    // Nobody waits for it any more.
    let separate = try answer(to: request, .changed, type: .confirmable)
    try late.receive(separate)
    #expect(late.sent == [.empty(.reset, messageID: 4_711)])

    let acknowledgement = Message.empty(.acknowledgement, messageID: 4_711)
    try asking.receive(separate, at: 6_999)
    #expect(asking.sent == [acknowledgement])
    #expect(asking.outcomes == [.response(ClientResponse(code: .changed))])
    // The acknowledgement was lost.
    try asking.receive(separate, at: 9_000)
    #expect(asking.sent == [acknowledgement])
    #expect(asking.outcomes.count == 1)
}

@Test func aSeparateAnswerMayOvertakeItsAcknowledgement() throws {
    var asking = try Asking(fetch)
    let request = asking.sent.first
    try asking.receive(try answer(to: request, .changed, type: .confirmable))
    try asking.receive(.empty(.acknowledgement, messageID: try #require(request).messageID))
    #expect(asking.outcomes == [.response(ClientResponse(code: .changed))])
    #expect(asking.sent == [])
}

@Test func whatIsNotConfirmableIsSentOnce() throws {
    var asking = try Asking(ClientRequest(.post, path: [".dtls", "suspend"], isConfirmable: false))
    let request = try #require(asking.sent.first)
    #expect(request.type == .nonConfirmable)
    #expect(asking.client.deadline == 30_000)
    let found = try answer(to: request, .notFound, type: .nonConfirmable)
    try asking.receive(found)
    #expect(asking.sent == [])
    #expect(asking.outcomes == [.response(ClientResponse(code: .notFound))])
}

/// What nobody waits for: reset where it may be, silence elsewhere.
@Test(arguments: [
    ("40 45 0007", true), ("50 45 0007", true), ("60 45 0007", false), ("40 00 0007", true),
    ("60 00 0007", false),
    ("70 00 0007", false), ("40 01 0007", true), ("4f 45 0007", true), ("50 20 0007", true), ("00", false),
])
func messagesOfNobodyAreRefused(datagram: String, isReset: Bool) {
    var client = ClientEndpoint(seed: 1)
    let events = client.receive(octets(datagram), at: 0)
    #expect(events == (isReset ? [.send(octets("70 00 0007"))] : []))
}

@Test func aResetEndsARequest() throws {
    var asking = try Asking(fetch)
    try asking.receive(.empty(.reset, messageID: try #require(asking.sent.first).messageID))
    #expect(asking.outcomes == [.reset])
}

// MARK: Blocks

@Test func aLongBodyGoesInBlocksOfItsOwnTag() throws {
    let whole = body(1_100)
    var asking = try Asking(ClientRequest(.post, path: ["p", "rsp"], contentFormat: .cbor, body: whole))
    var got: [UInt8] = []
    var tags: Set<[UInt8]?> = []
    var tokens: Set<Token> = []
    for number in 0...2 {
        let message = try #require(asking.sent.first)
        let sent = try #require(message.option(.block1).flatMap(BlockOption.init))
        #expect((sent.number, sent.isMore, sent.size) == (number, number < 2, .octets512))
        #expect(message.number(.contentFormat) == 60)
        tags.insert(message.option(.requestTag)?.value)
        tokens.insert(message.token)
        got += message.payload
        try asking.receive(
            try answer(to: message, number < 2 ? .continue : .changed, [sent.option(.block1)]))
    }
    #expect(got == whole)
    #expect(tags.count == 1 && tags.first??.count == 8)
    #expect(tokens.count == 3)
    #expect(asking.outcomes == [.response(ClientResponse(code: .changed))])
}

@Test func aServerMayAskForSmallerBlocks() throws {
    let whole = body(1_100)
    var asking = try Asking(ClientRequest(.post, path: ["x"], body: whole))
    var got: [UInt8] = []
    var numbers: [Int] = []
    while let message = asking.sent.first {
        let sent = try #require(message.option(.block1).flatMap(BlockOption.init))
        got += message.payload
        numbers.append(sent.number)
        let echo = try block(sent.number, true, .octets256).option(.block1)
        try asking.receive(try answer(to: message, sent.isMore ? .continue : .changed, [echo]))
    }
    #expect(got == whole)
    #expect(numbers == [0, 2, 3, 4])
}

/// What is answered to the first block of a body, and what the client makes of it.
@Test func aServerThatDoesNotContinueEndsTheBody() throws {
    func outcome(_ code: Code, _ options: [MessageOption]) throws -> [ClientOutcome] {
        var asking = try Asking(ClientRequest(.post, path: ["x"], body: body(1_100)))
        try asking.receive(try answer(to: asking.sent.first, code, options))
        #expect(asking.sent == [])
        return asking.outcomes
    }
    let echo = try block(0, true, .octets512).option(.block1)
    for code in [Code.requestEntityIncomplete, .requestEntityTooLarge, .unauthorized] {
        #expect(try outcome(code, [echo]) == [.response(ClientResponse(code: code))])
    }
    let expected = [ClientOutcome.malformed("expected Block1 of block 0 in 2.31")]
    #expect(try outcome(.continue, []) == expected)
    #expect(try outcome(.continue, [try block(1, true, .octets512).option(.block1)]) == expected)
}

@Test func anAnswerInBlocksIsPutTogether() throws {
    let whole = body(700)
    var asking = try Asking(fetch)
    let tag = MessageOption(.eTag, 5)
    for number in 0...2 {
        let message = try #require(asking.sent.first)
        let asked = try #require(message.option(.block2).flatMap(BlockOption.init))
        // The client asked for 512 and follows the server to 256.
        #expect((asked.number, asked.size) == (number, number == 0 ? .octets512 : .octets256))
        #expect(message.option(.uriQuery) != nil)
        let sent = try block(number, number < 2, .octets256).option(.block2)
        try asking.receive(
            try answer(
                to: message, .content, [tag, sent, MessageOption(.contentFormat, 60)],
                Array(whole.dropFirst(number * 256).prefix(256))))
    }
    #expect(asking.outcomes == [.response(ClientResponse(code: .content, contentFormat: .cbor, body: whole))])
}

/// Second blocks that are not what they should be, and what the client says of them.
@Test func aBodyThatDoesNotFitTogetherIsNone() throws {
    let tag = MessageOption(.eTag, 5)
    let next = try block(1, false, .octets256).option(.block2)
    let cases: [(Code, [MessageOption], Int, ClientOutcome)] = [
        (.content, [MessageOption(.eTag, 6), next], 3, .malformed("the body changed between two blocks")),
        (.content, [next], 3, .malformed("the body changed between two blocks")),
        (.content, [tag], 3, .malformed("expected a block, found an answer without one")),
        (
            .content, [tag, try block(2, false, .octets256).option(.block2)], 3,
            .malformed("expected the block at octet 256, found that at 512")
        ),
        (
            .content, [tag, try block(1, true, .octets256).option(.block2)], 3,
            .malformed("expected a block of 256 octets, found 3")
        ),
        (.content, [tag, next], 257, .malformed("expected a block of 256 octets, found 257")),
        (
            .content, [tag, MessageOption(.block2, 0x17)], 3,
            .malformed("expected a block of 16 to 1,024 octets")
        ),
        (
            .content, [tag, next, MessageOption(OptionNumber(rawValue: 65001), 1)], 3,
            .malformed("an answer has a critical option that is not known")
        ),
        (.content, [tag, next], 600, .tooLarge),
        (.continue, [], 0, .malformed("expected an answer, found 2.31 although the body has gone")),
        (.requestEntityIncomplete, [], 0, .response(ClientResponse(code: .requestEntityIncomplete))),
    ]
    for (code, options, count, outcome) in cases {
        var asking = try Asking(fetch)
        let first = try block(0, true, .octets256).option(.block2)
        try asking.receive(try answer(to: asking.sent.first, .content, [tag, first], body(256)))
        #expect(asking.outcomes == [])
        try asking.receive(try answer(to: asking.sent.first, code, options, body(count)))
        #expect(asking.outcomes == [outcome])
    }
}

@Test func bodiesOfAnswersAreBounded() throws {
    var settings = ClientSettings()
    settings.body = 300
    var asking = try Asking(fetch, settings)
    try asking.receive(try answer(to: asking.sent.first, .content, [], body(301)))
    #expect(asking.outcomes == [.tooLarge])

    // The datagram is longer than block and header have room for, though its body is not.
    asking = try Asking(fetch)
    try asking.receive(try answer(to: asking.sent.first, .content, [], body(512 + 48 - 12)))
    #expect(asking.outcomes == [.tooLarge])
}
