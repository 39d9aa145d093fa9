/// The next step that an error or a failure suggests.
///
/// What can be said in everybody's words is said in them. A step that has a name of its own in each interface - an option of
/// the command line, a member of a request - is told by what it is, and each interface has its own words for it.
public enum Hint: Sendable, Equatable {
    case text(String)
    /// The clock is right although it is far from the last entry's: somebody has to say so.
    case confirmClock
    /// There is no store: name another, or register a device, which makes one.
    case nameStore
    /// A store is a file.
    case chooseStoreFile
    /// The store is empty: registering a device makes one of it.
    case fillStore
    /// The file is something else than a store.
    case chooseOtherStore
    /// A ledger stands in the place of a store.
    case storeIsOfDevices
    /// The issuances of a CA of the first version are in a store, out of which its ledger can be made.
    case attachLedger
    /// A store stands in the place of a ledger.
    case attachLedgerOfStore
    /// Another ledger than the CA's own is in its place.
    case putLedgerBack
    /// The store is of an older version: it is brought up to date by whoever writes to it.
    case upgradeStore
    /// Commands that are of one device have no place in a rule.
    case composeForEachDevice
    /// Which key a file holds, and which a certificate wants.
    case compareKeyIDs
    /// CAs are not issued from requests.
    case makeIntermediate
    /// No more than so many days are left of the CA's own certificate.
    case issueFor(days: Int64)
    /// Something else than what was expected separates the fields of a table, by its name.
    case delimiter(String)
    /// What a file is for whose rows onboard devices.
    case sendOnboarding
    /// A store's file among inputs.
    case nameAsStore
    /// A private key where a public one does.
    case makePublicHalf
    /// A request where its certificate is wanted.
    case issueCertificate
    /// The identity key of a device is not known.
    case registerKey
    /// The identity key of a device is observed only.
    case confirmKey
    /// Something is in the way of a result: another name, or the explicit word that it may go.
    case renameOrReplace
    /// Something else is in a modem where a credential is to be: the explicit word that it may go.
    case replaceStored
    /// Nobody answers at a serial port.
    case silentPort
    /// What comes from a serial port is no answer of a modem.
    case noisyPort
    /// A modem that answered before does not answer in time.
    case slowModem
    /// A result would replace a file of a CA's folder, which nothing allows.
    case spareAuthority
    /// The request has its certificate: a new one has to be asked for.
    case reissue
    /// The CA was revoked.
    case replaceAuthority
}

extension Hint: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self = .text(text) }
}
