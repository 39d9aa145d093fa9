/// Why the modem refuses an AT command: the number of `+CME ERROR`.
///
/// Only numbers whose meaning is published are here.
public struct ModemError: Error, Sendable, Hashable {
    public let code: UInt32

    public init(_ code: UInt32) { self.code = code }

    /// The parameters of the command are not as they should be.
    public static let badParameters = ModemError(50)
    public static let notFound = ModemError(513)
    /// Credentials of the modem's own, private keys that somebody wants to read.
    public static let notAllowed = ModemError(514)
    public static let memoryFull = ModemError(515)
    /// Writing, deleting and making keys needs the modem off line (`+CFUN=4`).
    public static let notAllowedWhileActive = ModemError(518)
    public static let alreadyExists = ModemError(519)
    public static let keyGeneration = ModemError(523)
    /// No JWT was made: no clock, or no key.
    public static let jwt = ModemError(525)
    /// What was to be stored is not what its type says.
    public static let invalidContent = ModemError(527)
    public static let claimToken = ModemError(529)
}
