public import DeviceIdentity

/// Which credentials a connection needs, where each lives, and in what order they come about.
///
/// The table is a rule of the domain (sdk-nrf, `nrf_cloud_credentials.c`; the device API; the account's tokens): root CA and
/// private key for all that devices do, a client certificate for MQTT alone, nothing but the root CA for a download.
public struct AccessPlan: Sendable, Equatable {
    /// How the connection is made.
    public struct Connection: Sendable, Equatable {
        /// `MQTT over TLS`.
        public let protocolName: String
        public let port: UInt16
        /// How each end knows the other.
        public let authentication: String

        init(_ protocolName: String, _ port: UInt16, _ authentication: String) {
            self.protocolName = protocolName
            self.port = port
            self.authentication = authentication
        }
    }

    public let target: AccessTarget
    public let use: AccessUse
    public let connection: Connection
    /// In the order in which they are needed.
    public let credentials: [AccessCredential]
    public let steps: [AccessStep]
    /// What else to know.
    public let notes: [String]

    private init(
        _ target: AccessTarget, _ use: AccessUse, _ connection: Connection,
        _ credentials: [AccessCredential],
        _ steps: [AccessStep], _ notes: [String] = []
    ) {
        self.target = target
        self.use = use
        self.connection = connection
        self.credentials = credentials
        self.steps = steps
        self.notes = notes
    }

    /// What a modem has to have under the security tag.
    public var modemKinds: [CredentialKind] {
        credentials.compactMap { credential in
            if case .modem(let kind) = credential.place { kind } else { nil }
        }
    }

    /// The plan for a use; nil where there is none: MQTT and CoAP are for devices.
    public static func of(_ target: AccessTarget, _ use: AccessUse) -> AccessPlan? {
        all.first { $0.target == target && $0.use == use }
    }

    private static let oneWay = "the server shows a certificate, the device a JWT that its private key signs"
    private static let certified: [AccessStep] = [.makeAuthority, .makeDeviceKey, .issueCertificate]
    private static let withJWT: [AccessCredential] = [
        .ownAuthority, .rootCertificate, .privateKey, .registration, .deviceJWT,
    ]
    private static let clockNote = "the modem signs a JWT with a lifetime only once it has the time"

    /// Every plan there is.
    public static let all: [AccessPlan] = [
        AccessPlan(
            .device, .mqtt,
            Connection(
                "MQTT over TLS", 8883, "both ends show certificates; the client id is the common name"),
            [.ownAuthority, .rootCertificate, .privateKey, .clientCertificate, .registration],
            certified + [.registerCertificate, .writeCertificates, .checkModem],
            [
                "the broker closes the connection of a device whose certificate is not registered: register first, "
                    + "then let the device connect"
            ]),
        AccessPlan(
            .device, .rest, Connection("HTTPS", 443, oneWay), withJWT,
            certified + [.registerCertificate, .writeRootCertificate, .checkModem, .checkDeviceJWT],
            ["the certificate tells the cloud the public key; the modem does not need it", clockNote]),
        AccessPlan(
            .device, .coap, Connection("CoAP over DTLS 1.2", 5684, oneWay), withJWT,
            certified + [.registerCertificate, .writeCoAPRootCertificate, .checkModem, .checkDeviceJWT],
            [
                "the CoAP server has a root CA of its own, which stands under the tag beside the other one",
                clockNote,
            ]),
        AccessPlan(
            .device, .fota,
            Connection("HTTPS", 443, "the server shows a certificate, the device nothing (one-way TLS)"),
            [.rootCertificate], [.writeRootCertificate, .checkModem],
            ["the job that names the download comes by mqtt, rest or coap, which have plans of their own"]),
        AccessPlan(
            .device, .location, Connection("HTTPS", 443, oneWay), withJWT,
            certified + [.registerCertificate, .writeRootCertificate, .checkModem, .checkDeviceJWT],
            ["a device that is connected by mqtt or coap asks there and needs nothing more", clockNote]),
        AccessPlan(
            .user, .rest, Connection("HTTPS", 443, "the server shows a certificate, the user an API key"),
            [.apiKey],
            [.getAPIKey], ["the API key of the new application is another one: the API answers 401 to it"]),
        AccessPlan(
            .user, .fota, Connection("HTTPS", 443, "the server shows a certificate, the user an API key"),
            [.apiKey],
            [.getAPIKey], ["users make the jobs; the devices' downloads have a plan of their own"]),
        AccessPlan(
            .user, .location,
            Connection("HTTPS", 443, "the server shows a certificate, the user a JWT of the service key"),
            [.apiKey, .serviceKey, .serviceJWT], [.getAPIKey, .getServiceKey, .signServiceJWT],
            ["to try it out, an owner's service evaluation token does for 30 days"]),
    ]
}
