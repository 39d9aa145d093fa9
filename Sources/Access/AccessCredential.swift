public import DeviceIdentity

/// Something that has to be there before a connection comes about.
public enum AccessCredential: String, Sendable, CaseIterable {
    /// The CA of one's own that certifies the devices.
    case ownAuthority = "own-ca"
    /// The root CA of the server, by which a device knows it.
    case rootCertificate = "root-ca"
    /// The device's private key.
    case privateKey = "private-key"
    /// The device's certificate; its common name is the client id.
    case clientCertificate = "client-certificate"
    /// The cloud's knowledge of the device's certificate, and so of its key and its id.
    case registration = "registration"
    /// A JWT that the device's key signs for each session.
    case deviceJWT = "device-jwt"
    /// The API key of one user in one team.
    case apiKey = "api-key"
    /// The private key of a team's service tokens.
    case serviceKey = "service-key"
    /// A JWT that the service key signs.
    case serviceJWT = "service-jwt"

    /// Where a credential is kept.
    public enum Place: Sendable, Equatable {
        /// In the modem, under the security tag of the connection.
        case modem(CredentialKind)
        /// In files of the maker's.
        case files(String)
        /// With the account, at the service.
        case account
        /// Nowhere: the modem signs one when it is needed.
        case session
    }

    /// Where it is kept (`%CMNG` types; sdk-nrf, `nrf_cloud_credentials.c`).
    public var place: Place {
        switch self {
        case .ownAuthority: .files("ca/")
        case .rootCertificate: .modem(.rootCertificate)
        case .privateKey: .modem(.privateKey)
        case .clientCertificate: .modem(.clientCertificate)
        case .registration: .account
        case .deviceJWT: .session
        case .apiKey: .files("key.txt")
        case .serviceKey: .files("service.key")
        case .serviceJWT: .files("service.jwt")
        }
    }

    /// What it is good for, in one clause.
    public var purpose: String {
        switch self {
        case .ownAuthority: "certifies the devices; made once, kept off line"
        case .rootCertificate: "the device knows the server by it"
        case .privateKey: "made in the modem and never leaves it"
        case .clientCertificate: "its common name is the client id"
        case .registration: "the cloud has to know the device's certificate before the device connects"
        case .deviceJWT: "signed by the modem with the private key; sub is the device id, at most 7 days"
        case .apiKey: "one user's in one team, 40 hexadecimal digits; sent as Authorization: Bearer"
        case .serviceKey: "the team's; a new one takes the place of the old, whose tokens are void then"
        case .serviceJWT: "sent as Authorization: Bearer; aud is the team's id, sub may be a device's"
        }
    }

    /// Whether whoever has it can act with it.
    public var isSecret: Bool {
        switch self {
        case .rootCertificate, .clientCertificate, .registration: false
        case .ownAuthority, .privateKey, .deviceJWT, .apiKey, .serviceKey, .serviceJWT: true
        }
    }
}
