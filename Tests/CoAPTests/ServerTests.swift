import CoAP
import Testing

/// A server's endpoint and a clock, driven by messages.
struct Bench {
    var server: ServerEndpoint
    var now: UInt64 = 1_000_000

    init(_ limits: ServerLimits = ServerLimits()) { server = ServerEndpoint(seed: 5, limits: limits) }

    mutating func send(_ message: Message) -> [ServerEvent] { server.receive(message.datagram, at: now) }

    /// The one message that is answered without the service.
    mutating func answer(_ message: Message) throws -> Message {
        let events = send(message)
        guard events.count == 1, case .send(let datagram)? = events.first else {
            Issue.record("expected one answer, found \(events)")
            throw CancellationError()
        }
        return try Message(datagram: datagram)
    }

    /// The request that reaches the service.
    mutating func request(_ message: Message) throws -> Request {
        let events = send(message)
        guard events.count == 1, case .request(let request)? = events.first else {
            Issue.record("expected a request, found \(events)")
            throw CancellationError()
        }
        return request
    }

    mutating func respond(_ request: Request, _ response: Response) throws -> Message {
        let datagrams = server.respond(to: request.id, with: response, at: now)
        #expect(datagrams.count == 1)
        return try Message(datagram: try #require(datagrams.first))
    }

    mutating func tick(after milliseconds: UInt64) throws -> [Message] {
        now += milliseconds
        return try server.tick(at: now).map { try Message(datagram: $0) }
    }
}

let token = Token(0x0102_0304_0506_0708)

func get(
    _ messageID: UInt16, _ path: String..., options: [MessageOption] = [], type: MessageType = .confirmable
)
    -> Message
{
    let parts = path.compactMap { MessageOption(.uriPath, Array($0.utf8)) }
    return Message(type, .get, messageID: messageID, token: token, options: parts + options)
}

func post(_ messageID: UInt16, _ block: BlockOption?, _ payload: [UInt8], options: [MessageOption] = [])
    -> Message
{
    let path = ["p", "rsp"].compactMap { MessageOption(.uriPath, Array($0.utf8)) }
    return Message(
        .confirmable, .post, messageID: messageID, token: token,
        options: path + (block.map { [$0.option(.block1)] } ?? []) + options, payload: payload)
}

func block(_ number: Int, _ isMore: Bool, _ size: BlockOption.Size) throws -> BlockOption {
    try #require(BlockOption(number: number, isMore: isMore, size: size))
}

func body(_ count: Int, _ seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256 + seed) }
}

// MARK: What is answered without the service

/// Each datagram with what it is answered; the answer's message ID is the datagram's, and `-` is silence.
@Test(arguments: [
    // A ping; a reset, an acknowledgement and a response of which nobody knows.
    ("40 00 0009", "70 00 0009"), ("70 00 0009", "-"), ("60 00 0009", "-"), ("60 45 0009", "-"),
    ("50 45 0009", "-"),
    ("40 45 0009", "70 00 0009"), ("40 60 0009", "70 00 0009"),
    // Malformed.
    ("4f 01 0009", "70 00 0009"), ("50 01 0009 ff", "70 00 0009"), ("80 01 0009", "-"), ("40 01 00", "-"),
    // A critical option that is not known: 4.02, or a reset for what is not confirmable. If-Match is one.
    ("41 01 0009 aa d0 fc", "61 82 0009 aa"), ("51 01 0009 aa d0 fc", "70 00 0009"),
    ("41 01 0009 aa 10", "61 82 0009 aa"),
    // Accept twice, Uri-Host of no octet, Block2 of four octets.
    ("41 01 0009 aa d1 04 3c 01 3c", "61 82 0009 aa"), ("40 01 0009 30", "60 82 0009"),
    ("40 01 0009 d4 0a 00000000", "60 82 0009"),
    // Proxy-Uri and Proxy-Scheme.
    ("41 01 0009 aa d1 16 61", "61 a5 0009 aa"), ("41 01 0009 aa d1 1a 61", "61 a5 0009 aa"),
    // Blocks of the reserved size.
    ("41 01 0009 aa d1 0a 07", "61 80 0009 aa"), ("41 02 0009 aa d1 0e 0f", "61 80 0009 aa"),
    // A block of an answer that nobody has asked for, and one of a body without those before it (Block1 is echoed).
    ("41 01 0009 aa d1 0a 14", "61 88 0009 aa"), ("41 02 0009 aa d1 0e 10 ff 61", "61 88 0009 aa d1 0e 10"),
])
func someDatagramsAreAnsweredAtOnce(datagram: String, answer: String) {
    var server = ServerEndpoint(seed: 1)
    let events = server.receive(octets(datagram), at: 0)
    #expect(events == (answer == "-" ? [] : [.send(octets(answer))]))
    #expect(server.openRequests == 0)
    // Whatever comes twice is answered the same, but for a reset of what was not confirmable.
    let again =
        octets(datagram).first.map { $0 >> 4 == 5 } == true && answer != "-" && octets(datagram).count > 6
    #expect(server.receive(octets(datagram), at: 1) == (again ? [] : events))
}

// MARK: Answers

@Test func aRequestComesOutWholeAndItsAnswerIsPiggybacked() throws {
    var bench = Bench()
    let options = try ["after=x", "limit=5"].map { try #require(MessageOption(.uriQuery, Array($0.utf8))) }
    // Elective ones that are not known count for nothing: Observe, Echo, No-Response, Request-Tag.
    let elective = [OptionNumber.observe, .echo, .noResponse, .requestTag].map { MessageOption($0, 1) }
    let message = get(77, "p", "cmd", options: options + elective + [MessageOption(.accept, 60)])
    let request = try bench.request(message)
    #expect(request.method == .get)
    #expect(request.path == ["p", "cmd"])
    #expect(request.query == ["after=x", "limit=5"])
    #expect(request.contentFormat == nil)
    #expect(request.accept == .cbor)
    #expect(request.isConfirmable)
    #expect(request.body == [])
    let answer = try bench.respond(
        request, Response(.content, contentFormat: .cbor, maxAge: 9, body: [1, 2]))
    #expect(
        answer
            == Message(
                .acknowledgement, .content, messageID: 77, token: token,
                options: [MessageOption(.contentFormat, 60), MessageOption(.maxAge, 9)], payload: [1, 2]))
    // Again, up to the end of the exchange's life: the same octets, and the service hears nothing.
    bench.now += 246_999
    #expect(bench.send(message) == [.send(answer.datagram)])
    bench.now += 1
    #expect(try bench.request(message).id != request.id)
    #expect(bench.server.respond(to: request.id, with: Response(.content), at: bench.now) == [])
}

@Test func whatIsNotConfirmableIsAnsweredSoAndOnce() throws {
    var bench = Bench()
    let message = get(5, "x", type: .nonConfirmable)
    let request = try bench.request(message)
    #expect(!request.isConfirmable)
    #expect(try bench.tick(after: 1_500) == [])
    let answer = try bench.respond(request, Response(.notFound))
    #expect(answer.type == .nonConfirmable)
    #expect(answer.code == .notFound)
    #expect(answer.token == token)
    #expect(bench.send(message) == [])
    #expect(bench.server.tick(at: bench.now + 60_000) == [])
}

/// RFC 7252 sections 4.2 and 5.2.2.
@Test func whatTakesLongIsAcknowledgedAndAnsweredByAMessageOfItsOwn() throws {
    var bench = Bench()
    let message = get(5, "x")
    let request = try bench.request(message)
    #expect(bench.server.deadline == bench.now + 1_000)
    #expect(bench.send(message) == [])
    #expect(try bench.tick(after: 999) == [])
    let acknowledgement = Message.empty(.acknowledgement, messageID: 5)
    #expect(try bench.tick(after: 1) == [acknowledgement])
    #expect(try bench.tick(after: 10) == [])
    #expect(bench.send(message) == [.send(acknowledgement.datagram)])
    let answer = try bench.respond(request, Response(.changed))
    #expect(answer.type == .confirmable)
    #expect((answer.code, answer.token) == (.changed, token))
    // Repeated 4 times, each pause twice the one before it; then given up.
    var times: [UInt64] = []
    let start = bench.now
    while let deadline = bench.server.deadline, deadline < start + 200_000 {
        let pause = deadline - bench.now
        for repeated in try bench.tick(after: pause) {
            #expect(repeated == answer)
            times.append(bench.now - start)
        }
    }
    let first = try #require(times.first)
    #expect(2_000...3_000 ~= first)
    #expect(times == [first, first * 3, first * 7, first * 15])
    #expect(bench.send(message) == [.send(acknowledgement.datagram)])
}

@Test(arguments: [MessageType.acknowledgement, .reset])
func anAnswerIsRepeatedUntilThePeerSaysThatItCame(type: MessageType) throws {
    var bench = Bench()
    let request = try bench.request(get(5, "x"))
    _ = try bench.tick(after: 1_000)
    let answer = try bench.respond(request, Response(.changed))
    #expect(bench.send(.empty(type, messageID: answer.messageID &+ 1)) == [])
    #expect(try bench.tick(after: 3_000) == [answer])
    #expect(bench.send(.empty(type, messageID: answer.messageID)) == [])
    #expect(try bench.tick(after: 100_000) == [])
}

@Test func requestsAtOnceAreBounded() throws {
    var limits = ServerLimits()
    limits.openRequests = 2
    var bench = Bench(limits)
    let first = try bench.request(get(1, "x"))
    _ = try bench.request(get(2, "x"))
    let refused = try bench.answer(get(3, "x"))
    #expect(refused.code == .serviceUnavailable)
    #expect(refused.number(.maxAge) == 5)
    _ = try bench.respond(first, Response(.changed))
    _ = try bench.request(get(4, "x"))
}

@Test func answersAreKeptWithinBoundsOfNumberAndOctets() throws {
    var limits = ServerLimits()
    limits.exchanges = 3
    var bench = Bench(limits)
    // The one that is still worked on is never forgotten.
    let slow = try bench.request(get(0, "slow"))
    for messageID in 1...9 as ClosedRange<UInt16> {
        let request = try bench.request(get(messageID, "x"))
        _ = try bench.respond(request, Response(.changed))
    }
    #expect(bench.send(get(9, "x")).count == 1)
    #expect(bench.send(get(0, "slow")) == [])
    _ = try bench.request(get(7, "x"))
    _ = try bench.respond(slow, Response(.changed))

    limits = ServerLimits()
    limits.keptAnswers = 700
    bench = Bench(limits)
    for messageID in 1...4 as ClosedRange<UInt16> {
        let request = try bench.request(get(messageID, "x"))
        _ = try bench.respond(request, Response(.content, body: body(200)))
    }
    guard case .send? = bench.send(get(4, "x")).first else { throw CancellationError() }
    _ = try bench.request(get(1, "x"))
}

// MARK: Block1

@Test func aBodyComesInBlocksAndEachAnswerEchoesItsBlock() throws {
    var bench = Bench()
    let whole = body(600)
    let size = BlockOption.Size.octets256
    for number in 0...1 {
        let sent = try block(number, true, size)
        let message = post(UInt16(number), sent, Array(whole[(number * 256)..<(number * 256 + 256)]))
        let answer = try bench.answer(message)
        #expect(
            answer
                == Message(
                    .acknowledgement, .continue, messageID: UInt16(number), token: token,
                    options: [sent.option(.block1)]))
        // A duplicate adds nothing.
        #expect(bench.send(message) == [.send(answer.datagram)])
    }
    let last = try block(2, false, size)
    let request = try bench.request(
        post(2, last, Array(whole[512...]), options: [MessageOption(.size1, 600)]))
    #expect(request.body == whole)
    #expect(
        try bench.respond(request, Response(.changed))
            == Message(
                .acknowledgement, .changed, messageID: 2, token: token, options: [last.option(.block1)]))
}

/// RFC 7959 section 2.3: the size may shrink between blocks. The tokens differ, as some clients do.
@Test func sizesMayShrinkAndTokensChange() throws {
    var bench = Bench()
    let whole = body(160)
    var message = post(
        0, try block(0, true, try #require(BlockOption.Size(exponent: 3))), Array(whole[..<128]))
    #expect(try bench.answer(message).code == .continue)
    message = post(1, try block(4, false, try #require(BlockOption.Size(exponent: 1))), Array(whole[128...]))
    message.token = Token(9)
    #expect(try bench.request(message).body == whole)
}

@Test func blocksOutOfOrderAreRefusedAndTheFirstBeginsAnew() throws {
    var bench = Bench()
    let size = BlockOption.Size.octets256
    let (old, new) = (body(300, 1), body(300, 2))
    #expect(try bench.answer(post(0, try block(0, true, size), Array(old[..<256]))).code == .continue)
    for (messageID, number) in [(1, 2), (2, 5)] {
        let answer = try bench.answer(
            post(UInt16(messageID), try block(number, false, size), Array(old[256...])))
        #expect(answer.code == .requestEntityIncomplete)
        #expect(answer.option(.block1) != nil)
    }
    // Another body with another message ID.
    #expect(try bench.answer(post(3, try block(0, true, size), Array(new[..<256]))).code == .continue)
    #expect(try bench.request(post(4, try block(1, false, size), Array(new[256...]))).body == new)
    // It is done: its end again is the end of nothing.
    #expect(
        try bench.answer(post(5, try block(1, false, size), Array(new[256...]))).code
            == .requestEntityIncomplete)
}

/// Request-Tag, Content-Format and path tell bodies from each other (RFC 9175 section 3.3).
@Test func blocksOfOneBodyAreNotTakenForAnothers() throws {
    var bench = Bench()
    let size = BlockOption.Size.octets256
    let first = body(256)
    let tags = [MessageOption(.requestTag, 1), MessageOption(.requestTag, 2)]
    for (place, tag) in tags.enumerated() {
        let message = post(UInt16(place), try block(0, true, size), body(256, place), options: [tag])
        #expect(try bench.answer(message).code == .continue)
    }
    let last = try block(1, false, size)
    #expect(try bench.answer(post(10, last, [9])).code == .requestEntityIncomplete)
    let other = post(11, last, [9], options: [tags[0], MessageOption(.contentFormat, 0)])
    #expect(try bench.answer(other).code == .requestEntityIncomplete)
    #expect(try bench.request(post(12, last, [9], options: [tags[0]])).body == first + [9])
    #expect(try bench.request(post(13, last, [8], options: [tags[1]])).body == body(256, 1) + [8])
}

@Test func bodiesAreBoundedInOctetsNumberAndTime() throws {
    var limits = ServerLimits()
    limits.body = 500
    var bench = Bench(limits)
    let size = BlockOption.Size.octets256
    func expectTooLarge(_ answer: Message) {
        #expect(answer.code == .requestEntityTooLarge)
        #expect(answer.number(.size1) == 500)
    }
    expectTooLarge(try bench.answer(post(0, nil, body(501))))
    expectTooLarge(
        try bench.answer(post(1, try block(0, true, size), body(256), options: [MessageOption(.size1, 501)])))
    #expect(try bench.answer(post(2, try block(0, true, size), body(256))).code == .continue)
    let answer = try bench.answer(post(3, try block(1, true, size), body(256)))
    expectTooLarge(answer)
    #expect(answer.option(.block1) != nil)
    #expect(try bench.answer(post(4, try block(1, false, size), [1])).code == .requestEntityIncomplete)

    // A third body takes the place of the one that rests longest.
    for tag in 0...2 as ClosedRange<UInt32> {
        let message = post(
            UInt16(10 + tag), try block(0, true, size), body(256), options: [MessageOption(.requestTag, tag)])
        #expect(try bench.answer(message).code == .continue)
    }
    let last = try block(1, false, size)
    #expect(
        try bench.answer(post(20, last, [1], options: [MessageOption(.requestTag, 0)])).code
            == .requestEntityIncomplete)
    _ = try bench.request(post(21, last, [1], options: [MessageOption(.requestTag, 1)]))
    bench.now += 93_000
    #expect(
        try bench.answer(post(22, last, [1], options: [MessageOption(.requestTag, 2)])).code
            == .requestEntityIncomplete)
}

@Test func blocksWhosePayloadIsNotTheirSizeAreRefused() throws {
    let size = BlockOption.Size.octets256
    for (count, isMore) in [(255, true), (257, true), (257, false), (0, true)] {
        var bench = Bench()
        #expect(try bench.answer(post(0, try block(0, isMore, size), body(count))).code == .badRequest)
    }
}

// MARK: Block2

/// What the client proposes, the size of the body, and the size that is used; 0 where the body goes without blocks.
@Test(
    arguments: [
        (nil, 256, 0), (nil, 257, 256), (6, 257, 1024), (6, 2_000, 1024), (5, 2_000, 512), (4, 100, 256),
        (0, 40, 16),
    ] as [(UInt8?, Int, Int)])
func theSizeOfBlocksIsTheClientsOrOurs(proposed: UInt8?, count: Int, used: Int) throws {
    var bench = Bench()
    let proposal = try proposed.map {
        try block(0, false, try #require(BlockOption.Size(exponent: $0))).option(.block2)
    }
    let request = try bench.request(get(1, "p", "cmd", options: proposal.map { [$0] } ?? []))
    let whole = body(count)
    let answer = try bench.respond(request, Response(.content, contentFormat: .cbor, body: whole))
    #expect(answer.number(.contentFormat) == 60)
    guard used > 0 else {
        #expect(answer.options.count == 1)
        return #expect(answer.payload == whole)
    }
    let first = try #require(answer.option(.block2).flatMap(BlockOption.init))
    #expect((first.number, first.isMore, first.size.octets) == (0, count > used, used))
    #expect(answer.payload == Array(whole.prefix(used)))
    #expect(answer.number(.size2) == UInt32(count))
    #expect(answer.option(.eTag)?.value.count == 4)
    #expect(answer.overhead <= 28)
}

@Test func nothingIsAnsweredWithoutOptions() throws {
    var bench = Bench()
    let proposal = try block(0, false, .octets512).option(.block2)
    let request = try bench.request(get(1, "p", "cmd", options: [proposal]))
    #expect(
        try bench.respond(request, Response(.content))
            == Message(.acknowledgement, .content, messageID: 1, token: token))
}

@Test func anAnswerGoesInBlocksAsItWas() throws {
    var bench = Bench()
    let whole = body(1_300)
    let request = try bench.request(get(1, "p", "cmd"))
    let first = try bench.respond(request, Response(.content, contentFormat: .cbor, body: whole))
    var got = first.payload
    for number in 1...5 {
        let asked = try block(number, false, .octets256).option(.block2)
        let answer = try bench.answer(get(UInt16(1 + number), "p", "cmd", options: [asked]))
        let sent = try #require(answer.option(.block2).flatMap(BlockOption.init))
        #expect((sent.number, sent.isMore, sent.size) == (number, number < 5, .octets256))
        #expect(answer.option(.eTag) == first.option(.eTag))
        #expect(answer.number(.size2) == 1_300)
        #expect(answer.number(.contentFormat) == 60)
        got += answer.payload
    }
    #expect(got == whole)
    // A duplicate of the last request has its answer; a new request finds the body gone.
    let last = get(6, "p", "cmd", options: [try block(5, false, .octets256).option(.block2)])
    #expect(try bench.answer(last).payload == Array(whole[1_280...]))
    var again = last
    again.messageID = 99
    #expect(try bench.answer(again).code == .requestEntityIncomplete)
}

@Test func furtherBlocksAreOfTheSamePathAndWithinTheBody() throws {
    var bench = Bench()
    let request = try bench.request(get(1, "p", "cmd"))
    _ = try bench.respond(request, Response(.content, body: body(600)))
    func ask(_ messageID: UInt16, _ path: String, _ number: Int, _ size: BlockOption.Size) throws -> Message {
        try bench.answer(get(messageID, "p", path, options: [try block(number, false, size).option(.block2)]))
    }
    #expect(try ask(2, "other", 1, .octets256).code == .requestEntityIncomplete)
    #expect(try ask(3, "cmd", 3, .octets256).code == .badRequest)
    // A smaller size in between (RFC 7959 section 2.4).
    let smaller = try ask(4, "cmd", 4, try #require(BlockOption.Size(exponent: 2)))
    #expect(smaller.payload == Array(body(600)[256..<320]))
    // It is forgotten when nobody asks for long.
    bench.now += 93_000
    #expect(try ask(5, "cmd", 1, .octets256).code == .requestEntityIncomplete)
}

@Test func aBodyThatChangedHasAnotherETag() throws {
    var bench = Bench()
    var tags: [[UInt8]?] = []
    for (messageID, seed) in [(1, 0), (2, 0), (3, 1), (4, 0)] as [(UInt16, Int)] {
        let request = try bench.request(get(messageID, "p", "cmd"))
        let answer = try bench.respond(request, Response(.content, body: body(600, seed)))
        tags.append(answer.option(.eTag)?.value)
    }
    #expect(tags[0] == tags[1])
    #expect(Set(tags.dropFirst()).count == 3)
}

@Test func theAnswerToABodyInBlocksMayGoInBlocks() throws {
    var bench = Bench()
    let last = try block(0, false, .octets256)
    let request = try bench.request(
        post(1, last, [1], options: [try block(0, false, .octets256).option(.block2)]))
    let answer = try bench.respond(request, Response(.content, body: body(300)))
    #expect(answer.option(.block1) == last.option(.block1))
    let rest = try bench.answer(post(2, nil, [], options: [try block(1, false, .octets256).option(.block2)]))
    #expect(answer.payload + rest.payload == body(300))
}

// MARK: Another peer

/// Nothing of the one before is left but that its messages came; what is worked on ends as it would have.
@Test func aForgottenPeerLeavesNothing() throws {
    var bench = Bench()
    let fetch = get(1, "p", "cmd", options: [try block(0, false, .octets256).option(.block2)])
    let answer = try bench.respond(try bench.request(fetch), Response(.content, body: body(600)))
    #expect(bench.send(fetch) == [.send(answer.datagram)])
    let small = try #require(BlockOption.Size(exponent: 2))
    let begun = post(2, try block(0, true, small), body(64))
    #expect(try bench.answer(begun).code == .continue)
    // One that is answered by a message of its own, which the peer does not acknowledge.
    let slow = try bench.request(get(3, "p", "slow"))
    #expect(try bench.tick(after: 2_000).map(\.code) == [.empty])
    _ = try bench.respond(slow, Response(.content, body: [1]))
    let message = get(4, "p", "other")
    let open = try bench.request(message)

    bench.server.forget()
    for old in [fetch, begun] { #expect(bench.send(old) == []) }
    let next = get(5, "p", "cmd", options: [try block(1, false, .octets256).option(.block2)])
    #expect(try bench.answer(next).code == .requestEntityIncomplete)
    let last = post(6, try block(1, false, small), body(10))
    #expect(try bench.answer(last).code == .requestEntityIncomplete)
    let kept = try bench.respond(open, Response(.created))
    #expect(bench.send(message) == [.send(kept.datagram)])
    for _ in 0..<10 { #expect(try bench.tick(after: 5_000) == []) }
}

/// A peer that acknowledges nothing does not pile up what is repeated.
@Test func answersThatNobodyAcknowledgesAreBounded() throws {
    var limits = ServerLimits()
    limits.unacknowledged = 3
    var bench = Bench(limits)
    var answers: [UInt16] = []
    for messageID in 1...10 as ClosedRange<UInt16> {
        let request = try bench.request(get(messageID, "p", "slow"))
        bench.now += Transmission.separateAfter
        _ = bench.server.tick(at: bench.now)
        answers.append(try bench.respond(request, Response(.content, body: [1])).messageID)
    }
    var repeated: Set<UInt16> = []
    for _ in 0..<60 { repeated.formUnion(try bench.tick(after: 1_000).map(\.messageID)) }
    #expect(repeated.isSuperset(of: answers.suffix(3)))
    // Those before were repeated while there was room, and are not any more.
    #expect(bench.server.deadline.map { $0 > bench.now } ?? true)
}
