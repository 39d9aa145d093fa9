/// Who connects.
public enum AccessTarget: String, Sendable, CaseIterable {
    /// A device with its modem.
    case device
    /// A person, or a program of the maker's.
    case user
}

/// What somebody connects for.
public enum AccessUse: String, Sendable, CaseIterable {
    /// Messages and shadow over MQTT; both ends show certificates.
    case mqtt
    /// The device API over HTTPS; a JWT says who asks.
    case rest
    /// The same over CoAP and DTLS.
    case coap
    /// The download of firmware: only the server shows a certificate.
    case fota
    /// Location services over HTTPS.
    case location
}
