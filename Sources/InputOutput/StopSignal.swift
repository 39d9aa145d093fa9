/// The question whether work should end in good order, which long loops ask between two pieces of it.
public struct StopSignal: Sendable {
    private let ask: @Sendable () -> Bool

    public init(_ ask: @escaping @Sendable () -> Bool) { self.ask = ask }

    public var isRequested: Bool { ask() }

    /// The signals that end the process in good order.
    public static let interruption = StopSignal { Interruption.requested }
    /// Work that nobody ends early.
    public static let never = StopSignal { false }
}
