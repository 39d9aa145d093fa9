package import DeviceIdentity

/// What the rules of a ledger ask of the tables below them, all of it inside one transaction.
///
/// A table engine keeps rows and finds them; what follows from them is said by ``LedgerRules`` alone.
package protocol LedgerTables {
    associatedtype Failure: Error

    /// False only if no row has the key or device of the intent, or a name that it may have: so it is for nearly all, and
    /// an engine should know it at once.
    func mayKnow(_ intent: IssuanceIntent) throws(Failure) -> Bool
    /// All rows with a key, SHA-256 of its SubjectPublicKeyInfo, in the order in which they were made.
    func rows(ofKey keyID: [UInt8]) throws(Failure) -> [LedgerRow]
    /// The rows for which a device vouched and whose subject has a name; others may be among them, which the rules tell
    /// apart.
    func attestedRows(named name: SubjectKeys.Key) throws(Failure) -> [LedgerRow]
    /// The rows for which this device vouched, or one whose mark is the same.
    func attestedRows(of device: DeviceUUID) throws(Failure) -> [LedgerRow]
    /// A row of the device that was not replaced, under this CA and profile.
    ///
    /// - Parameter isAttested: whether only rows count for which the device vouched.
    func currentRow(
        of device: DeviceUUID, authority: [UInt8], profile: String, isAttested: Bool
    ) throws(Failure) -> LedgerRow?
    /// All that is known of a row; nil for one that is gone.
    func record(_ row: Int64) throws(Failure) -> IssuanceRecord?
    /// Whether the row is of a dry run.
    func isPlanned(_ row: Int64) -> Bool
}

/// A row of a ledger, as its rules look at it.
package struct LedgerRow: Sendable, Equatable {
    package let id: Int64
    /// SHA-256 of the CA's name and key, 32 octets.
    package let authority: [UInt8]
    package let profile: String
    /// SHA-256 of the request, 32 octets.
    package let request: [UInt8]
    /// Nil in a dry run.
    package let serial: [UInt8]?
    /// SHA-256 of the key's SubjectPublicKeyInfo, 32 octets.
    package let keyID: [UInt8]
    package let device: DeviceUUID?
    package let subject: String
    package let isAttested: Bool
    /// Whether it is the one that the same request gets again.
    package let isCurrent: Bool
    /// RFC 5280 section 5.3.1, where it was revoked.
    package let reason: Int64?

    package init(
        id: Int64, authority: [UInt8], profile: String, request: [UInt8], serial: [UInt8]?, keyID: [UInt8],
        device: DeviceUUID?, subject: String, isAttested: Bool, isCurrent: Bool, reason: Int64?
    ) {
        self.id = id
        self.authority = authority
        self.profile = profile
        self.request = request
        self.serial = serial
        self.keyID = keyID
        self.device = device
        self.subject = subject
        self.isAttested = isAttested
        self.isCurrent = isCurrent
        self.reason = reason
    }
}
