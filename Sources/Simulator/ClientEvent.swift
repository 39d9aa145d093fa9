/// What the device library tells its application, by the numbers of its header.
public enum ClientEvent: Int, Sendable, CaseIterable {
    case started = 1
    case stopped
    /// `finished` was acknowledged.
    case done
    case failed
    case noCommands
    case tooManyCommands
    /// Carries the attestation token, with which the application may have the device claimed.
    case notClaimed
    case wrongRootCertificate
    case noValidTime
    case needsOffline
    case needsOnline
    case scheduled
    case fatal
}
