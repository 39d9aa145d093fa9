/// A message as it travels in one datagram (RFC 7252 section 3).
public struct Message: Sendable, Equatable {
    /// The octets of the longest datagram that is read.
    public static let maximumSize = 2_048
    /// The most options of one message.
    public static let maximumOptions = 64

    public var type: MessageType
    public var code: Code
    /// Ties acknowledgement and reset to their message, and tells duplicates.
    public var messageID: UInt16
    public var token: Token
    /// In ascending order of their numbers; options of one number in the order that means something.
    public internal(set) var options: [MessageOption]
    public var payload: [UInt8]

    public init(
        _ type: MessageType, _ code: Code, messageID: UInt16, token: Token = .none,
        options: [MessageOption] = [], payload: [UInt8] = []
    ) {
        self.type = type
        self.code = code
        self.messageID = messageID
        self.token = token
        self.options = []
        self.payload = payload
        for option in options { add(option) }
    }

    /// A message without a code: an acknowledgement that only acknowledges, a reset, a ping.
    public static func empty(_ type: MessageType, messageID: UInt16) -> Message {
        Message(type, .empty, messageID: messageID)
    }

    /// Adds an option behind those of its number.
    public mutating func add(_ option: MessageOption) {
        var place = options.count
        while place > 0, options[place - 1].number > option.number { place -= 1 }
        options.insert(option, at: place)
    }

    /// The values of a number, in their order.
    public func values(of number: OptionNumber) -> [MessageOption] {
        options.filter { $0.number == number }
    }

    /// The option of a number that stands once; further ones are not its business (``unknownOptions(known:)``).
    public func option(_ number: OptionNumber) -> MessageOption? {
        options.first { $0.number == number && $0.hasDefinedLength }
    }

    /// The first option of this number as a number.
    public func number(_ number: OptionNumber) -> UInt32? { option(number)?.number32 }

    /// The options that count as not known: of a number that is not in `known`, with a value of a length that the number
    /// does not allow, or given again where only one may stand (RFC 7252 sections 5.4.1, 5.4.3 and 5.4.5).
    public func unknownOptions(known: Set<OptionNumber>) -> [MessageOption] {
        var unknown: [MessageOption] = []
        var last: OptionNumber?
        for option in options {
            let isAgain = last == option.number
            last = option.number
            guard known.contains(option.number), option.hasDefinedLength,
                !isAgain || option.number.definition?.isRepeatable == true
            else {
                unknown.append(option)
                continue
            }
        }
        return unknown
    }
}

extension MessageOption {
    /// Whether the value has a length that its definition allows; true where no definition is known.
    var hasDefinedLength: Bool { number.definition?.lengths.contains(value.count) ?? true }
}
