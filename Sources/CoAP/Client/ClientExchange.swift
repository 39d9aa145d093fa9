/// One request of a client with all its blocks, both ways.
struct ClientExchange: Sendable {
    let id: ClientEndpoint.ExchangeID
    let request: ClientRequest
    let settings: ClientSettings
    /// The same for all blocks of a body.
    let requestTag: UInt64
    let giveUpAt: UInt64

    // MARK: Of the message that is on its way

    var messageID: UInt16 = 0
    var token = Token.none
    /// nil for what is not confirmable, or was acknowledged.
    var retransmission: Retransmission?
    /// When an answer has to be there after the acknowledgement.
    var separateDeadline: UInt64?

    // MARK: Of the bodies

    /// The block of the request's body that is on its way; nil where the body goes at once, or has gone.
    private var sentBlock: BlockOption?
    /// The block of the answer's body that is asked for; nil where none is named.
    private var askedBlock: BlockOption?
    private var received: [UInt8] = []
    private var eTag: MessageOption?

    init(
        id: ClientEndpoint.ExchangeID, _ request: ClientRequest, _ settings: ClientSettings,
        requestTag: UInt64,
        at now: UInt64
    ) {
        self.id = id
        self.request = request
        self.settings = settings
        self.requestTag = requestTag
        giveUpAt = now + settings.timeout
        if request.body.count > settings.blockSize.octets {
            sentBlock = BlockOption(number: 0, isMore: true, size: settings.blockSize)
        }
        if settings.proposesBlocks, request.method == .get {
            askedBlock = BlockOption(number: 0, isMore: false, size: settings.blockSize)
        }
    }

    var deadline: UInt64 {
        [giveUpAt, retransmission?.deadline, separateDeadline].compactMap { $0 }.min() ?? giveUpAt
    }

    /// The message to send now.
    var message: Message {
        var message = Message(
            request.isConfirmable ? .confirmable : .nonConfirmable, request.method, messageID: messageID,
            token: token, options: request.options)
        if let askedBlock { message.add(askedBlock.option(.block2)) }
        if let sentBlock {
            message.add(sentBlock.option(.block1))
            message.add(MessageOption(.requestTag, unchecked: Token(requestTag).octets))
            message.payload = Array(request.body.dropFirst(sentBlock.offset).prefix(sentBlock.size.octets))
        } else if askedBlock.map({ $0.number == 0 }) ?? true {
            message.payload = request.body
        }
        return message
    }

    enum Step: Sendable {
        /// The next block is to be sent or asked for.
        case next
        case finish(ClientOutcome)
    }

    /// Takes the answer to the message that is on its way.
    mutating func take(_ response: Message) -> Step {
        if response.code == .continue { return takeContinue(response) }
        guard let option = response.option(.block2) else {
            guard received.isEmpty || !response.code.isSuccess else {
                return .finish(.malformed("expected a block, found an answer without one"))
            }
            return finish(response, response.payload)
        }
        guard let block = BlockOption(option) else {
            return .finish(.malformed("expected a block of 16 to 1,024 octets"))
        }
        // An error tells of itself, not of the body.
        guard response.code.isSuccess else { return finish(response, response.payload) }
        return take(block, response)
    }

    private mutating func take(_ block: BlockOption, _ response: Message) -> Step {
        guard block.offset == received.count else {
            return .finish(
                .malformed("expected the block at octet \(received.count), found that at \(block.offset)"))
        }
        let isWhole = response.payload.count == block.size.octets
        guard isWhole || !block.isMore && response.payload.count < block.size.octets else {
            return .finish(
                .malformed("expected a block of \(block.size.octets) octets, found \(response.payload.count)")
            )
        }
        let tag = response.option(.eTag)
        guard received.isEmpty || tag == eTag else {
            return .finish(.malformed("the body changed between two blocks"))
        }
        guard received.count + response.payload.count <= settings.body else { return .finish(.tooLarge) }
        eTag = tag
        received += response.payload
        guard block.isMore else { return finish(response, received) }
        sentBlock = nil
        askedBlock = BlockOption(number: block.number + 1, isMore: false, size: block.size)
        return askedBlock == nil ? .finish(.tooLarge) : .next
    }

    private mutating func takeContinue(_ response: Message) -> Step {
        guard let sent = sentBlock, sent.isMore else {
            return .finish(.malformed("expected an answer, found 2.31 although the body has gone"))
        }
        guard let echo = response.option(.block1).flatMap(BlockOption.init), echo.number == sent.number else {
            return .finish(.malformed("expected Block1 of block \(sent.number) in 2.31"))
        }
        // A server may ask for smaller blocks, never for larger ones.
        let size = min(sent.size, echo.size)
        let offset = sent.offset + sent.size.octets
        sentBlock = BlockOption(
            number: offset / size.octets, isMore: request.body.count - offset > size.octets, size: size)
        return sentBlock == nil ? .finish(.tooLarge) : .next
    }

    private func finish(_ response: Message, _ body: [UInt8]) -> Step {
        guard body.count <= settings.body else { return .finish(.tooLarge) }
        let format = response.number(.contentFormat).map {
            ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0))
        }
        return .finish(
            .response(
                ClientResponse(
                    code: response.code, contentFormat: format, maxAge: response.number(.maxAge), body: body))
        )
    }
}
