/// The client's end of one session with one server, as a value: requests and datagrams in, datagrams and outcomes out.
///
/// Whoever has the socket and the clock calls ``tick(at:)`` when ``deadline`` has come. Times are milliseconds of a clock
/// that only goes forward.
public struct ClientEndpoint: Sendable {
    /// What an outcome names its request by; counted within a session.
    public struct ExchangeID: Sendable, Hashable {
        let number: UInt64
    }

    /// Message IDs of answers that are remembered, so that a repeated one is acknowledged again.
    private static let remembered = 16

    private let settings: ClientSettings
    private var randomness: Randomness
    private var nextMessageID: UInt16
    private var nextExchange: UInt64 = 0
    /// In the order of their beginning.
    private var exchanges: [ClientExchange] = []
    /// The last answers that came as messages of their own.
    private var taken: [UInt16] = []

    /// - Parameter seed: random octets, from which message IDs, tokens and the spread of repetitions follow.
    public init(seed: UInt64, settings: ClientSettings = ClientSettings()) {
        self.settings = settings
        randomness = Randomness(seed: seed)
        nextMessageID = UInt16(truncatingIfNeeded: randomness.next())
    }

    /// When ``tick(at:)`` has something to do; nil where nothing is asked.
    public var deadline: UInt64? { exchanges.map(\.deadline).min() }

    /// Sends a request, whose outcome comes as an event.
    public mutating func start(_ request: ClientRequest, at now: UInt64) -> (ExchangeID, [ClientEvent]) {
        let id = ExchangeID(number: nextExchange)
        nextExchange += 1
        exchanges.append(
            ClientExchange(id: id, request, settings, requestTag: randomness.next(), at: now))
        return (id, send(exchanges.count - 1, at: now))
    }

    // MARK: What comes

    /// Takes one datagram of the server.
    public mutating func receive(_ datagram: [UInt8], at now: UInt64) -> [ClientEvent] {
        let message: Message
        do throws(MalformedMessage) { message = try Message(datagram: datagram) } catch {
            return error.answer.map { [.send($0.datagram)] } ?? []
        }
        switch message.code.kind {
        case .empty: return receive(empty: message, at: now)
        case .response: return receive(response: message, octets: datagram.count, at: now)
        // A client serves nothing.
        case .request, .reserved: return reset(message)
        }
    }

    private mutating func receive(empty message: Message, at now: UInt64) -> [ClientEvent] {
        let place = exchanges.firstIndex { $0.messageID == message.messageID }
        switch (message.type, place) {
        case (.acknowledgement, let place?):
            guard exchanges[place].retransmission != nil else { return [] }
            exchanges[place].retransmission = nil
            exchanges[place].separateDeadline = now + settings.separateTimeout
            return []
        case (.reset, let place?): return [finish(place, .reset)]
        case (.confirmable, _): return reset(message)
        default: return []
        }
    }

    /// Options that mean something in an answer.
    private static let known: Set<OptionNumber> = [
        .eTag, .contentFormat, .maxAge, .block1, .block2, .size1, .size2, .locationPath, .locationQuery,
    ]

    private mutating func receive(response: Message, octets: Int, at now: UInt64) -> [ClientEvent] {
        let isPiggybacked = response.type == .acknowledgement
        let place = exchanges.firstIndex {
            $0.token == response.token && (!isPiggybacked || $0.messageID == response.messageID)
        }
        guard let place else {
            guard taken.contains(response.messageID) else { return reset(response) }
            // The acknowledgement was lost.
            return response.type == .confirmable ? [acknowledgement(of: response)] : []
        }
        guard !response.unknownOptions(known: Self.known).contains(where: \.number.isCritical) else {
            return reset(response) + [
                finish(place, .malformed("an answer has a critical option that is not known"))
            ]
        }
        var events: [ClientEvent] = []
        if !isPiggybacked {
            taken.append(response.messageID)
            if taken.count > Self.remembered { taken.removeFirst() }
            if response.type == .confirmable { events.append(acknowledgement(of: response)) }
        }
        guard octets <= settings.blockSize.octets + settings.headerRoom else {
            return events + [finish(place, .tooLarge)]
        }
        switch exchanges[place].take(response) {
        case .next: return events + send(place, at: now)
        case .finish(let outcome): return events + [finish(place, outcome)]
        }
    }

    // MARK: What goes

    private mutating func send(_ place: Int, at now: UInt64) -> [ClientEvent] {
        exchanges[place].messageID = nextMessageID
        nextMessageID &+= 1
        exchanges[place].token = Token(randomness.next())
        let datagram = exchanges[place].message.datagram
        exchanges[place].separateDeadline = nil
        exchanges[place].retransmission =
            exchanges[place].request.isConfirmable ? Retransmission(datagram, at: now, &randomness) : nil
        return [.send(datagram)]
    }

    private mutating func finish(_ place: Int, _ outcome: ClientOutcome) -> ClientEvent {
        .finished(exchanges.remove(at: place).id, outcome)
    }

    private func acknowledgement(of message: Message) -> ClientEvent {
        .send(Message.empty(.acknowledgement, messageID: message.messageID).datagram)
    }

    /// What nobody waits for; an acknowledgement is passed over.
    private func reset(_ message: Message) -> [ClientEvent] {
        guard message.type == .confirmable || message.type == .nonConfirmable else { return [] }
        return [.send(Message.empty(.reset, messageID: message.messageID).datagram)]
    }

    // MARK: Time

    /// Does what is due: repeats what was not acknowledged, and gives up.
    public mutating func tick(at now: UInt64) -> [ClientEvent] {
        var events: [ClientEvent] = []
        var place = 0
        while place < exchanges.count {
            if now >= exchanges[place].giveUpAt {
                events.append(finish(place, .timedOut))
                continue
            }
            if let deadline = exchanges[place].separateDeadline, now >= deadline {
                events.append(finish(place, .timedOutAfterAcknowledgement))
                continue
            }
            switch exchanges[place].retransmission?.step(at: now) {
            case .repeat?:
                if let datagram = exchanges[place].retransmission?.datagram { events.append(.send(datagram)) }
            case .giveUp?:
                events.append(finish(place, .timedOut))
                continue
            case .wait?, nil: break
            }
            place += 1
        }
        return events
    }
}
