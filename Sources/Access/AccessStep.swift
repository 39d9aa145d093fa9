/// A thing to do before a connection comes about. Each interface has its own words for how.
public enum AccessStep: Sendable, Equatable, CaseIterable {
    /// A CA of one's own is made.
    case makeAuthority
    /// The modem makes its key, and the request for its certificate is fetched.
    case makeDeviceKey
    /// Certificates are issued for the requests.
    case issueCertificate
    /// The cloud is told of the certificates.
    case registerCertificate
    /// Root CA and client certificate are written to the modem.
    case writeCertificates
    /// The root CA alone is written to the modem.
    case writeRootCertificate
    /// The same with the root CA of the CoAP server.
    case writeCoAPRootCertificate
    /// What the modem has is held against what it should have.
    case checkModem
    /// A JWT of the device is looked at.
    case checkDeviceJWT
    /// The API key comes from the portal; whose it is is asked.
    case getAPIKey
    /// The service key comes from the service.
    case getServiceKey
    /// A service token is signed.
    case signServiceJWT

    /// The credentials that are there after it.
    public var makes: [AccessCredential] {
        switch self {
        case .makeAuthority: [.ownAuthority]
        case .makeDeviceKey: [.privateKey]
        case .issueCertificate: []
        case .registerCertificate: [.registration]
        case .writeCertificates: [.rootCertificate, .clientCertificate]
        case .writeRootCertificate, .writeCoAPRootCertificate: [.rootCertificate]
        case .checkModem: []
        case .checkDeviceJWT: [.deviceJWT]
        case .getAPIKey: [.apiKey]
        case .getServiceKey: [.serviceKey]
        case .signServiceJWT: [.serviceJWT]
        }
    }
}
