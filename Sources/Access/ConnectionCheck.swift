import Diagnostics
public import OpenSSL
public import PKIX

/// What the other end of a connection with certificates on both sides asks of a chain, a key and a client id.
///
/// One finding for each thing that is wrong. What one broker overlooks another does not: what an RFC asks is asked here.
public struct ConnectionCheck: Sendable {
    /// What a device shows.
    public struct Credentials: Sendable {
        /// What results call the file of the certificates.
        public let file: String
        /// As they stand in the file: the device's own first, those above it after it.
        public let certificates: [X509Certificate]
        /// SubjectPublicKeyInfo of the private key; nil where none was given.
        public let key: [UInt8]?
        /// The id that the device connects with; nil where nobody said.
        public let clientID: String?

        public init(file: String, certificates: [X509Certificate], key: [UInt8]?, clientID: String?) {
            self.file = file
            self.certificates = certificates
            self.key = key
            self.clientID = clientID
        }

        /// The same of a modem that has the first certificate alone.
        var firstAlone: Credentials {
            Credentials(
                file: file, certificates: Array(certificates.prefix(1)), key: key, clientID: clientID)
        }
    }

    /// The longest id that the libraries of devices take.
    private static let longestClientID = 64

    public private(set) var findings: [AccessFinding] = []
    private let file: String

    /// - Parameters:
    ///   - verifier: trusts the CAs that the broker trusts; nil where they are not known.
    ///   - trusted: these CAs.
    ///   - time: Seconds since 1970.
    public init(
        _ credentials: Credentials, verifier: CertificateChainVerifier?, trusted: [X509Certificate] = [],
        at time: Int64
    ) {
        file = credentials.file
        guard let first = credentials.certificates.first else { return }
        let leaf = owner(of: credentials.key, among: credentials.certificates) ?? first
        checkKey(credentials.key, first, leaf)
        checkName(leaf, credentials.clientID)
        let isForClients = checkUsage(leaf)
        let above = credentials.certificates.filter { $0 != leaf }
        let purpose: CertificatePurpose = isForClients ? .client : .any
        // Of those above that are out of date the other end needs none where it finds a way without them.
        let timely = above.filter { $0.notBefore <= time && time <= $0.notAfter }
        let way = verifier.map { $0.verify(leaf, intermediates: timely, at: time, purpose: purpose) }
        let isWay = if case .success? = way { true } else { false }
        let areTimely = checkValidity(
            credentials.certificates, at: time,
            spare: isWay ? above.filter { !timely.contains($0) } : [])
        checkOrder(leaf, above)
        guard let verifier else {
            find(
                .note, .chain, .broker,
                "the chain was not verified: it takes the CA that the broker trusts")
            return
        }
        // What was told of the leaf's use and of its dates is not told again, and hides nothing else.
        let moment = areTimely ? time : min(max(time, leaf.notBefore), leaf.notAfter)
        switch isWay ? way : verifier.verify(leaf, intermediates: above, at: moment, purpose: purpose) {
        case nil: break
        case .failure(let failure):
            let isTold = failure.code == .csrKey && findings.contains { $0.code == .csrKey }
            if !isTold, areTimely || failure.code != .validity {
                find(.error, failure.code, .broker, failure.message)
            }
        case .success(let chain):
            // A broker's TLS library wants 112 bits (OpenSSL's security level 2, as Debian has it).
            let weaknesses = chain.weaknesses.filter { weakness in
                // Of the leaf's key it was told.
                !(weakness.hasPrefix("RSA key") && weakness.contains("(certificate 0,"))
            }
            // Without flags OpenSSL ends a chain at a root only, while nRF Cloud takes the CAs that were registered.
            if !chain.anchor.isSelfIssued,
                !trusted.contains(where: { $0.subjectDER == chain.anchor.issuerDER })
            {
                find(
                    .warning, .chain, .broker,
                    "expected a root CA among those that the broker trusts, found one that another CA issued "
                        + "(\(chain.anchor.subject)): Mosquitto and others with OpenSSL want its root as well"
                )
            }
            for weakness in weaknesses { find(.error, .chain, .broker, "too weak: \(weakness)") }
            for warning in chain.warnings {
                find(.note, .lint, .broker, "\(warning.code): \(warning.message)")
            }
        }
    }

    private mutating func find(
        _ severity: AccessFinding.Severity, _ code: ErrorCode, _ observer: AccessFinding.Observer,
        _ message: String
    ) {
        findings.append(AccessFinding(severity, code, observer, file: file, message))
    }

    // MARK: Key

    private func owner(of key: [UInt8]?, among certificates: [X509Certificate]) -> X509Certificate? {
        key.flatMap { key in certificates.first { $0.spki == key } }
    }

    private mutating func checkKey(_ key: [UInt8]?, _ first: X509Certificate, _ leaf: X509Certificate) {
        if let key, leaf.spki != key {
            find(
                .error, .keyMismatch, .broker,
                "expected the certificate of the private key, found one of another key (\(leaf.subject))")
        } else if leaf != first {
            find(
                .error, .chain, .broker,
                "expected the device's certificate first, found another one before it (\(first.subject))")
        }
        let kind: PublicKey.Kind
        do throws(OpenSSLError) {
            kind = try leaf.publicKey().kind
        } catch {
            return find(.error, .csrKey, .broker, "expected a public key that can be used: \(error.message)")
        }
        switch kind {
        case .p256: break
        case .rsa(let bits) where bits < 2048:
            find(.error, .csrKey, .broker, "expected an RSA key of at least 2048 bits, found \(bits)")
        case .rsa, .p384, .p521:
            find(
                .warning, .csrKey, .modem,
                "expected a P-256 key, the only kind that modems make, found \(Self.name(of: kind)), which has to be "
                    + "written to the modem")
        case .ed25519, .otherCurve, .other:
            find(
                .error, .csrKey, .modem,
                "expected a P-256 key, found \(Self.name(of: kind)), for which modems have no cipher suite")
        }
    }

    private static func name(of kind: PublicKey.Kind) -> String {
        switch kind {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        case .otherCurve(let name): "the curve \(name)"
        case .rsa(let bits): "RSA of \(bits) bits"
        case .ed25519: "Ed25519"
        case .other(let name): name
        }
    }

    // MARK: Name

    private mutating func checkName(_ leaf: X509Certificate, _ clientID: String?) {
        guard let name = try? DistinguishedName(der: leaf.subjectDER), let common = name.commonName else {
            find(.error, .clientID, .broker, "expected a common name, the client id, found none")
            return
        }
        if name.commonNameCount > 1 {
            find(
                .error, .clientID, .broker,
                "expected one common name, the client id, found \(name.commonNameCount)")
        }
        // Octet for octet: what is the same to people in Unicode is another name to a broker.
        if let clientID, !clientID.utf8.elementsEqual(common.utf8) {
            let isCase = clientID.lowercased() == common.lowercased()
            find(
                .error, .clientID, .broker,
                "expected the client id '\(clientID)' as the common name, found '\(common)'"
                    + (isCase ? ", which differs in capitals" : ""))
        }
        let isPlain = common.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: ":"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if !isPlain || common.isEmpty {
            find(
                .warning, .clientID, .service,
                "expected a device id of letters, digits, ':', '_' and '-', found '\(common)'")
        } else if common.utf8.count > Self.longestClientID {
            find(
                .warning, .clientID, .service,
                "expected a device id of at most \(Self.longestClientID) characters, found \(common.utf8.count)"
            )
        }
        if clientID == nil {
            find(.note, .clientID, .broker, "the device has to connect with the client id '\(common)'")
        }
    }

    // MARK: Certificates

    /// Whether the certificate may be shown by a TLS client.
    private mutating func checkUsage(_ leaf: X509Certificate) -> Bool {
        let before = findings.count
        defer { checkAuthority(leaf) }
        if let purposes = leaf.extendedKeyUsage, !purposes.contains(OID.clientAuth.description) {
            let found = purposes.map { OID($0)?.keyPurposeName ?? $0 }.joined(separator: ", ")
            find(
                .error, .chain, .broker,
                "expected clientAuth among the extended key usages, found \(found.isEmpty ? "none" : found)")
        }
        if let usage = leaf.keyUsage, !usage.contains("digitalSignature") {
            find(
                .error, .chain, .broker,
                "expected digitalSignature among the key usages, by which the device proves its key, found "
                    + (usage.isEmpty ? "none" : usage.joined(separator: ", ")))
        }
        return findings.count == before
    }

    private mutating func checkAuthority(_ leaf: X509Certificate) {
        if leaf.isCA {
            find(
                .warning, .chain, .broker,
                "expected a device's certificate, found a CA's: whoever has the device can issue certificates"
            )
        }
    }

    /// Whether all are valid now that have to be.
    ///
    /// - Parameter spare: those that are not needed.
    private mutating func checkValidity(
        _ certificates: [X509Certificate], at time: Int64, spare: [X509Certificate]
    ) -> Bool {
        var areTimely = true
        for certificate in certificates {
            if spare.contains(certificate) {
                find(
                    .warning, .validity, .broker,
                    "the chain goes without a certificate that is out of date (\(certificate.subject)): leave it out"
                )
                continue
            }
            if time < certificate.notBefore {
                find(
                    .error, .validity, .broker,
                    "expected a certificate that is valid now, found one not yet valid (\(certificate.subject))"
                )
            } else if time > certificate.notAfter {
                find(
                    .error, .validity, .broker,
                    "expected a certificate that is valid now, found an expired one (\(certificate.subject))")
            } else {
                continue
            }
            areTimely = false
        }
        return areTimely
    }

    /// Each certificate after the device's certifies the one before it (RFC 5246 section 7.4.2).
    private mutating func checkOrder(_ leaf: X509Certificate, _ above: [X509Certificate]) {
        var issuer = leaf.issuerDER
        for certificate in above {
            guard certificate.subjectDER == issuer else {
                let belongs =
                    above.contains { $0.issuerDER == certificate.subjectDER }
                    || leaf.issuerDER == certificate.subjectDER
                    || above.contains { $0.subjectDER == certificate.issuerDER && $0 != certificate }
                return find(
                    .warning, .chain, .broker,
                    belongs
                        ? "expected each certificate after the one that it certifies, found another order "
                            + "(\(certificate.subject))"
                        : "expected certificates of one chain only, found another (\(certificate.subject))")
            }
            issuer = certificate.issuerDER
        }
    }
}
