/// The parameters of transmission (RFC 7252 section 4.8), in milliseconds where they are times.
///
/// All times are of a clock of the caller's that only goes forward.
public enum Transmission {
    /// Until the first repetition, times 1 to 1.5 (`ACK_TIMEOUT`, `ACK_RANDOM_FACTOR`); doubled for each further one.
    public static let acknowledgementTimeout: UInt64 = 2_000
    /// Repetitions after the first sending (`MAX_RETRANSMIT`).
    public static let maximumRetransmissions = 4
    /// How long a message ID may come again (`EXCHANGE_LIFETIME`).
    public static let exchangeLifetime: UInt64 = 247_000
    /// How long one side waits for a sign of the other while a body is on its way (`MAX_TRANSMIT_WAIT`).
    public static let maximumTransmitWait: UInt64 = 93_000
    /// How long the server works on a confirmable request before it acknowledges it by itself.
    public static let separateAfter: UInt64 = 1_000
}
