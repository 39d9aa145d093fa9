/// What a verb changes of claimed devices.
package enum FleetChange: Sendable, Equatable {
    /// These tags, and no others.
    case tag([String])
    case block, unblock, unclaim
    /// A command: the named one, or the one that failed.
    case skip(command: String?)
    case retry(command: String?)
}

/// A verb that changes claimed devices.
package protocol FleetChangeVerb: NetworkVerb {
    var devices: [String] { get }
    var change: FleetChange { get }
    var service: ServiceOptions { get }
    var output: OutputOptions { get }
}
