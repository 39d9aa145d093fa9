/// What a service is started with.
package struct ServiceConfiguration: Sendable {
    /// What becomes of the commands after one that failed; the vendor's documents say both.
    package enum FailureRule: String, CaseIterable, Sendable {
        /// They stay and wait until a person acts.
        case suspend
        /// They go.
        case clear
    }

    /// The folder with `service.db` and `assay.db`; it must exist.
    package var dataFolder: String
    package var onFailure: FailureRule = .suspend
    /// Whether the key of an unknown device is learned from its own signatures.
    package var learnKeys = false
    /// The folder of the CA that signs for auto-onboarding.
    package var authorityFolder: String?
    /// Opens the CA's key; nil for one that is not encrypted.
    package var authorityPassphrase: [UInt8]?
    /// Octets of status line and headers, with the empty line, of an answer to a device: the transport keeps
    /// below.
    package var deviceHeadLimit = 150
    /// Requests that one API key may make in a minute; 0 for any number.
    package var requestsPerMinute = 0
    /// Fetches that one device may make in a minute before it is told to back off; 0 for any number.
    package var fetchesPerMinute = 0
    /// Seconds in progress after which a command that has no time-out of its own is overdue; 0 for none. A device takes
    /// at most two minutes each to go off line and back, and its requests half a minute: after ten no report is to come.
    package var commandTimeout: Int64 = 600
    /// Where clients reach the service, without a stroke at its end: for the addresses in answers. Nil leaves
    /// them out.
    package var publicAddress: String?
    /// Told of each trouble of the service's own; never holds a secret.
    package var noteFault: @Sendable (String) -> Void = { _ in }
    /// Seconds since 1970.
    package var clock: @Sendable () -> Int64
    /// So many random octets; nil if there are none to be had.
    package var randomness: @Sendable (Int) -> [UInt8]?

    package init(
        dataFolder: String, clock: @escaping @Sendable () -> Int64,
        randomness: @escaping @Sendable (Int) -> [UInt8]?
    ) {
        self.dataFolder = dataFolder
        self.clock = clock
        self.randomness = randomness
    }
}
