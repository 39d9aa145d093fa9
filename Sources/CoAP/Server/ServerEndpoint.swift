/// The server's end of one session with one peer, as a value: datagrams in, datagrams and requests out.
///
/// Requests come out whole and once, answers go in whole: duplicates, blocks (RFC 7959), acknowledgements and repetitions
/// (RFC 7252 section 4) are its business, and all that it keeps is bounded. It has no socket and no clock: whoever has
/// calls ``tick(at:)`` when ``deadline`` has come. Times are milliseconds of a clock that only goes forward.
public struct ServerEndpoint: Sendable {
    private let limits: ServerLimits
    private var randomness: Randomness
    private var nextMessageID: UInt16
    private var nextETag: UInt32
    private var nextRequest: UInt64 = 0
    private var exchanges: ExchangeCache
    private var uploads: UploadTable
    private var snapshot: Snapshot?
    private var open: [Request.ID: OpenRequest] = [:]
    /// Answers with a message ID of their own that the peer has not acknowledged.
    private var unacknowledged: [UInt16: Retransmission] = [:]

    /// A request that the service works on.
    private struct OpenRequest: Sendable {
        let messageID: UInt16
        let token: Token
        let isConfirmable: Bool
        let block1: BlockOption?
        let block2: BlockOption?
        let key: RequestKey
        /// When it is acknowledged without an answer; nil if it was, or needs none.
        var acknowledgeAt: UInt64?
    }

    /// - Parameter seed: random octets, from which message IDs and the spread of repetitions follow.
    public init(seed: UInt64, limits: ServerLimits = ServerLimits()) {
        self.limits = limits
        bodyLimit = limits.body
        randomness = Randomness(seed: seed)
        nextMessageID = UInt16(truncatingIfNeeded: randomness.next())
        nextETag = UInt32(truncatingIfNeeded: randomness.next())
        exchanges = ExchangeCache(limits)
        uploads = UploadTable(limits)
    }

    /// Octets of a request's body; may change while the session lives.
    public var bodyLimit: Int

    /// How many requests wait for an answer of the service.
    public var openRequests: Int { open.count }

    /// When ``tick(at:)`` has something to do; nil where it never has.
    public var deadline: UInt64? {
        let times =
            open.values.compactMap(\.acknowledgeAt) + unacknowledged.values.map(\.deadline)
            + [exchanges.deadline, uploads.deadline, snapshot?.expires].compactMap { $0 }
        return times.min()
    }

    /// Forgets bodies that came or went in part, and all answers that were given: what one peer began, another must not
    /// go on with.
    ///
    /// Requests that the service works on stay open, and what they are answered is kept as ever.
    public mutating func forget() {
        snapshot = nil
        uploads.removeAll()
        exchanges.forgetAnswers()
        unacknowledged = [:]
    }

    // MARK: What comes

    /// Takes one datagram of the peer.
    ///
    /// - Parameter refusal: what a request is answered of which only a part is there, or which asks for a part of an
    ///   answer; nil to go on with it. Its body is empty. It is asked before anything is kept or given out.
    public mutating func receive(
        _ datagram: [UInt8], at now: UInt64, refusal: (Request) -> Response? = { _ in nil }
    ) -> [ServerEvent] {
        expire(at: now)
        let message: Message
        do throws(MalformedMessage) { message = try Message(datagram: datagram) } catch {
            return error.answer.map { [.send($0.datagram)] } ?? []
        }
        switch (message.code.kind, message.type) {
        case (.empty, .acknowledgement), (.empty, .reset):
            unacknowledged[message.messageID] = nil
            return []
        case (.request, _): return receive(request: message, at: now, refusal)
        case (_, .confirmable):
            // A ping (RFC 7252 section 4.3), or the answer to what nobody asked.
            return [.send(Message.empty(.reset, messageID: message.messageID).datagram)]
        default: return []
        }
    }

    private mutating func receive(
        request: Message, at now: UInt64, _ refusal: (Request) -> Response?
    ) -> [ServerEvent] {
        if let answer = exchanges.answer(to: request.messageID) {
            return answer.isEmpty ? [] : [.send(answer)]
        }
        exchanges.open(request, at: now)
        switch judge(request, at: now, refusal) {
        case .work(let work): return [.request(work)]
        case .answer(let code, let options, let payload):
            return [.send(close(request, code, options, payload))]
        case .reset:
            exchanges.keep([], for: request.messageID)
            return [.send(Message.empty(.reset, messageID: request.messageID).datagram)]
        }
    }

    private enum Verdict {
        case work(Request)
        case answer(Code, [MessageOption] = [], [UInt8] = [])
        case reset
    }

    /// Options that mean something to a server here, be it that they are refused.
    private static let known: Set<OptionNumber> = [
        .uriHost, .uriPort, .uriPath, .uriQuery, .contentFormat, .accept, .block1, .block2, .size1, .size2,
        .requestTag, .proxyUri, .proxyScheme,
    ]

    private mutating func judge(
        _ message: Message, at now: UInt64, _ refusal: (Request) -> Response?
    ) -> Verdict {
        if message.options.contains(where: { $0.number == .proxyUri || $0.number == .proxyScheme }) {
            return .answer(.proxyingNotSupported)
        }
        guard !message.unknownOptions(known: Self.known).contains(where: \.number.isCritical) else {
            // RFC 7252 section 5.4.1.
            return message.type == .confirmable ? .answer(.badOption) : .reset
        }
        let (option1, option2) = (message.option(.block1), message.option(.block2))
        let (block1, block2) = (option1.flatMap(BlockOption.init), option2.flatMap(BlockOption.init))
        guard (option1 == nil) == (block1 == nil), (option2 == nil) == (block2 == nil) else {
            return .answer(.badRequest)
        }
        let asksForMore = block2.map { $0.number > 0 } ?? false
        // A body whose answer is already in the midst (RFC 7959 section 3.3).
        guard block1 == nil || !asksForMore else { return .answer(.badRequest) }
        let echo = block1.map { [$0.option(.block1)] } ?? []
        if block1 != nil || asksForMore || message.payload.count > bodyLimit,
            let response = refusal(request(message, Request.ID(number: nextRequest), []))
        {
            return .answer(response.code, Self.options(of: response) + echo, response.body)
        }
        guard let block1 else {
            if let block2, asksForMore { return next(block2, message, at: now) }
            guard message.payload.count <= bodyLimit else { return tooLarge([]) }
            return work(message, nil, block2, message.payload, at: now)
        }
        let progress = uploads.add(
            message.payload, block1, of: .upload(message), announced: message.number(.size1),
            limit: bodyLimit,
            at: now)
        switch progress {
        case .more: return .answer(.continue, echo)
        case .complete(let body): return work(message, block1, block2, body, at: now)
        case .outOfOrder: return .answer(.requestEntityIncomplete, echo)
        case .tooLarge: return tooLarge(echo)
        case .wrongSize: return .answer(.badRequest, echo)
        }
    }

    private func tooLarge(_ options: [MessageOption]) -> Verdict {
        let size = MessageOption(.size1, UInt32(truncatingIfNeeded: bodyLimit))
        return .answer(.requestEntityTooLarge, options + [size])
    }

    private mutating func work(
        _ message: Message, _ block1: BlockOption?, _ block2: BlockOption?, _ body: [UInt8], at now: UInt64
    ) -> Verdict {
        guard open.count < limits.openRequests else {
            let maxAge = MessageOption(.maxAge, limits.overloadMaxAge)
            return .answer(.serviceUnavailable, [maxAge] + (block1.map { [$0.option(.block1)] } ?? []))
        }
        let id = Request.ID(number: nextRequest)
        nextRequest += 1
        let isConfirmable = message.type == .confirmable
        open[id] = OpenRequest(
            messageID: message.messageID, token: message.token, isConfirmable: isConfirmable, block1: block1,
            block2: block2, key: .download(message),
            acknowledgeAt: isConfirmable ? now + Transmission.separateAfter : nil)
        return .work(request(message, id, body))
    }

    private func request(_ message: Message, _ id: Request.ID, _ body: [UInt8]) -> Request {
        Request(
            id: id, method: message.code, path: message.values(of: .uriPath).map(\.text),
            query: message.values(of: .uriQuery).map(\.text),
            contentFormat: Self.format(message, .contentFormat), accept: Self.format(message, .accept),
            isConfirmable: message.type == .confirmable, body: body)
    }

    private static func format(_ message: Message, _ number: OptionNumber) -> ContentFormat? {
        message.number(number).map { ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0)) }
    }

    /// A further block of an answer that was given; the service is not asked again.
    private mutating func next(_ asked: BlockOption, _ message: Message, at now: UInt64) -> Verdict {
        guard let kept = snapshot, kept.key == .download(message) else {
            return .answer(.requestEntityIncomplete)
        }
        guard let (block, payload) = kept.block(asked, largest: limits.blockSize) else {
            return .answer(.badRequest)
        }
        if block.isMore {
            snapshot?.expires = now + Transmission.maximumTransmitWait
        } else {
            // Duplicates of this request have their answer from the exchange.
            snapshot = nil
        }
        return .answer(
            kept.response.code, Self.options(of: kept.response) + kept.options(block), payload)
    }

    private static func options(of response: Response) -> [MessageOption] {
        var options: [MessageOption] = []
        if let format = response.contentFormat {
            options.append(MessageOption(.contentFormat, UInt32(format.rawValue)))
        }
        if let maxAge = response.maxAge { options.append(MessageOption(.maxAge, maxAge)) }
        return options
    }

    // MARK: What goes

    /// Answers a request; what is due is returned as datagrams. A request that was answered, or never was, gives none.
    public mutating func respond(to id: Request.ID, with response: Response, at now: UInt64) -> [[UInt8]] {
        guard let request = open.removeValue(forKey: id) else { return [] }
        var options = Self.options(of: response)
        var payload = response.body
        if let block1 = request.block1 { options.append(block1.option(.block1)) }
        let proposed = request.block2?.size ?? limits.unaskedBlockSize
        let size = min(proposed, limits.blockSize)
        let isInBlocks = !payload.isEmpty && (request.block2 != nil || payload.count > size.octets)
        if isInBlocks, let first = BlockOption(number: 0, isMore: false, size: size) {
            let new = makeSnapshot(of: response, request.key, at: now)
            if let (block, part) = new.block(first, largest: size) {
                options += new.options(block)
                payload = part
                snapshot = block.isMore ? new : nil
            }
        }
        if request.isConfirmable, request.acknowledgeAt != nil {
            let answer = Message(
                .acknowledgement, response.code, messageID: request.messageID, token: request.token,
                options: options, payload: payload
            ).datagram
            exchanges.keep(answer, for: request.messageID)
            return [answer]
        }
        exchanges.close(request.messageID)
        let messageID = takeMessageID()
        let answer = Message(
            request.isConfirmable ? .confirmable : .nonConfirmable, response.code, messageID: messageID,
            token: request.token, options: options, payload: payload
        ).datagram
        if request.isConfirmable {
            unacknowledged[messageID] = Retransmission(answer, at: now, &randomness)
            // Message IDs are counted: the one that is furthest back is the oldest.
            let next = nextMessageID
            if unacknowledged.count > limits.unacknowledged,
                let oldest = unacknowledged.keys.max(by: { next &- $0 < next &- $1 })
            {
                unacknowledged[oldest] = nil
            }
        }
        return [answer]
    }

    /// The same body under the same path keeps its ETag; any other gets a new one.
    private mutating func makeSnapshot(
        of response: Response, _ key: RequestKey, at now: UInt64
    ) -> Snapshot {
        let isSame = snapshot.map { $0.key == key && $0.response == response } ?? false
        if !isSame { nextETag &+= 1 }
        return Snapshot(
            key: key, response: response, eTag: nextETag, expires: now + Transmission.maximumTransmitWait)
    }

    /// Answers a request that the service does not see.
    private mutating func close(
        _ request: Message, _ code: Code, _ options: [MessageOption], _ payload: [UInt8]
    ) -> [UInt8] {
        let isConfirmable = request.type == .confirmable
        let messageID = isConfirmable ? request.messageID : takeMessageID()
        let answer = Message(
            isConfirmable ? .acknowledgement : .nonConfirmable, code, messageID: messageID,
            token: request.token, options: options, payload: payload
        ).datagram
        exchanges.keep(answer, for: request.messageID)
        return answer
    }

    private mutating func takeMessageID() -> UInt16 {
        defer { nextMessageID &+= 1 }
        return nextMessageID
    }

    // MARK: Time

    /// Does what is due: acknowledges what takes long, repeats what was not acknowledged, forgets what is old.
    public mutating func tick(at now: UInt64) -> [[UInt8]] {
        expire(at: now)
        var datagrams: [[UInt8]] = []
        for (id, request) in open.sorted(by: { $0.key.number < $1.key.number }) {
            guard let time = request.acknowledgeAt, time <= now else { continue }
            open[id]?.acknowledgeAt = nil
            let answer = Message.empty(.acknowledgement, messageID: request.messageID).datagram
            exchanges.keep(answer, for: request.messageID, isOpen: true)
            datagrams.append(answer)
        }
        for messageID in unacknowledged.keys.sorted() {
            switch unacknowledged[messageID]?.step(at: now) {
            case .repeat?:
                if let datagram = unacknowledged[messageID]?.datagram { datagrams.append(datagram) }
            case .giveUp?: unacknowledged[messageID] = nil
            case .wait?, nil: break
            }
        }
        return datagrams
    }

    private mutating func expire(at now: UInt64) {
        exchanges.expire(at: now)
        uploads.expire(at: now)
        if let expires = snapshot?.expires, expires <= now { snapshot = nil }
    }
}
