import Diagnostics
import OpenSSL

/// Holds a certificate against the rules of RFC 5280 and of the standards for keys and signatures: ``LintRule/all``.
///
/// It judges what one certificate says, not whether its signature holds or whether it is trusted.
public struct CertificateRules {
    private let reading: CertificateReading
    private let judgesKey: Bool
    private var findings: [LintFinding] = []

    private init(_ reading: CertificateReading, judgesKey: Bool) {
        self.reading = reading
        self.judgesKey = judgesKey
    }

    /// Every breach, in the order of the certificate.
    ///
    /// - Parameter judgesKey: whether the key is one that somebody should hold, and not a specimen of its kind.
    public static func findings(in reading: CertificateReading, judgesKey: Bool = true) -> [LintFinding] {
        var rules = CertificateRules(reading, judgesKey: judgesKey)
        rules.checkForm()
        rules.checkNames()
        rules.checkValidity()
        rules.checkKey()
        rules.checkExtensionList()
        rules.checkIdentifiers()
        rules.checkKeyUsage()
        rules.checkConstraints()
        rules.checkCriticality()
        return rules.findings
    }

    private mutating func add(_ rule: LintRule, _ found: String? = nil, reason: String? = nil) {
        findings.append(LintFinding(rule, found, reason: reason))
    }

    private var isCA: Bool { reading.isCA == true }

    /// Whether the names say that it signed itself.
    private var isSelfIssued: Bool { reading.octets(reading.issuer) == reading.octets(reading.subject) }

    // MARK: Fields

    private mutating func checkForm() {
        if reading.version != 2 {
            let found = reading.version.map { "version \($0 + 1)" } ?? "another version"
            if reading.extensions != nil || reading.version == nil {
                add(.version, found)
            } else {
                add(.oldVersion, found)
            }
        }
        let serial = reading.octets(reading.serial)
        if (serial.first ?? 0x80) >= 0x80 {
            add(.serialNumber, "a negative number")
        } else if serial.allSatisfy({ $0 == 0 }) {
            add(.serialNumber, "zero")
        } else if serial.count > 20 {
            add(.serialNumber, "\(serial.count) octets")
        }
        if let outer = reading.outerAlgorithm, reading.octets(outer) != reading.octets(reading.innerAlgorithm)
        {
            add(.signatureAlgorithms)
        }
        checkAlgorithm()
        if reading.hasUniqueIdentifier { add(.uniqueIdentifier) }
    }

    private mutating func checkAlgorithm() {
        guard let algorithm = reading.algorithm else { return add(.signatureAlgorithm) }
        if let scheme = PostQuantumAlgorithm.named(algorithm.oid), scheme.signs {
            if reading.hasSignatureParameters { add(.signatureAlgorithm, "parameters of \(scheme.name)") }
            return
        }
        if algorithm.quirks.contains(.ecdsaNullParameters) {
            add(.signatureAlgorithm, "parameters of ECDSA")
        }
        if algorithm.quirks.contains(.rsaAbsentParameters) {
            add(.signatureAlgorithm, "RSA without the parameter NULL")
        }
        switch algorithm.meaning {
        case .supported: break
        case .weak(let hash): add(.signatureWeak, hash)
        case .unknown(let found): add(.signatureUnknown, found)
        }
    }

    private mutating func checkNames() {
        checkName(reading.issuerName, "issuer")
        if reading.issuerName?.isEmpty == true { add(.issuerEmpty) }
        // A self-issued name is the same once more.
        if !isSelfIssued { checkName(reading.subjectName, "subject") }
        guard reading.subjectName?.isEmpty == true else { return }
        let alternative = reading.extensions?.first { $0.oid == .subjectAlternativeName }
        if isCA || alternative?.isCritical != true { add(.subjectEmpty) }
    }

    private mutating func checkName(_ name: DistinguishedName?, _ role: String) {
        guard let name else { return add(.nameMalformed, "a malformed \(role)") }
        if let reason = name.unfitness { add(.nameAttribute, reason: "in the \(role), \(reason)") }
        var odd: String?
        for place in name.places {
            let modern: Set<DERTag> = [.utf8String, .printableString, .ia5String, .numericString]
            if modern.contains(place.tag) { continue }
            odd = "\(Self.stringName(place.tag)) in \(place.known?.name ?? "an attribute") of the \(role)"
            break
        }
        if let odd { add(.nameString, odd) }
    }

    private static func stringName(_ tag: DERTag) -> String {
        switch tag {
        case .t61String: "TeletexString"
        case .bmpString: "BMPString"
        case .universalString: "UniversalString"
        default: "another type"
        }
    }

    private mutating func checkValidity() {
        let reader = DERReader(reading.der)
        for (element, name) in [
            (reading.validity.notBefore, "notBefore"), (reading.validity.notAfter, "notAfter"),
        ] {
            do {
                _ = try DERTime.strictSeconds(reader, element)
            } catch {
                add(.validityEncoding, reason: "in \(name), \(error.reason)")
            }
        }
        if let notBefore = reading.times.notBefore, let notAfter = reading.times.notAfter,
            notAfter < notBefore
        {
            add(.validityOrder)
        }
    }

    private mutating func checkKey() {
        guard let key = reading.subjectKey else { return add(.keyEncoding, "a malformed key") }
        switch key.judged {
        case .known: break
        case .postQuantum(let algorithm):
            if let reason = algorithm.objection(to: key) { add(.keyEncoding, reason: reason) }
            return
        case .other(let name): return add(.keyUnknown, name)
        }
        switch judgesKey ? key.soundKind() : key.statedKind() {
        case .failure(let failure): add(.keyEncoding, reason: failure.message)
        case .success(let kind):
            if case .rsa(let bits) = kind, kind.weakness != nil { add(.keyWeak, "\(bits)") }
        }
    }

    // MARK: Extensions

    private static let known: Set<OID> = [
        .subjectKeyIdentifier, .keyUsage, .subjectAlternativeName, .basicConstraints, .nameConstraints,
        .crlDistributionPoints, .certificatePolicies, .authorityKeyIdentifier, .policyConstraints,
        .extendedKeyUsage, .inhibitAnyPolicy, .authorityInformationAccess,
    ]

    private mutating func checkExtensionList() {
        guard let extensions = reading.extensions else { return }
        if extensions.isEmpty { add(.extensionsEmpty) }
        var seen: Set<OID> = []
        for element in extensions {
            if !seen.insert(element.oid).inserted { add(.extensionTwice, "\(element.oid) twice") }
            if element.critical == false { add(.extensionDefault, "FALSE in \(element.oid)") }
            if element.isCritical, !Self.known.contains(element.oid) {
                add(.extensionUnknown, "\(element.oid)")
            }
            do throws(DERError) {
                try ExtensionBody.check(element.oid, DERReader(reading.der, in: element.value))
            } catch {
                add(.extensionMalformed, reason: "in \(element.oid), \(error.reason)")
            }
        }
    }

    private func has(_ oid: OID) -> Bool { reading.extensions?.contains { $0.oid == oid } ?? false }

    private func isCritical(_ oid: OID) -> Bool? {
        reading.extensions?.first { $0.oid == oid }?.isCritical
    }

    private mutating func checkIdentifiers() {
        if reading.authorityKeyIdentifier == nil, !isSelfIssued { add(.authorityKeyIdentifier) }
        if !has(.subjectKeyIdentifier) { add(isCA ? .subjectKeyIdentifierOfCA : .subjectKeyIdentifier) }
        for oid in [OID.authorityKeyIdentifier, .subjectKeyIdentifier] where isCritical(oid) == true {
            add(.identifierCritical)
        }
    }

    private mutating func checkKeyUsage() {
        guard let usage = reading.keyUsage else {
            if isCA, !has(.keyUsage) { add(.keyUsageOfCA) }
            return
        }
        if isCritical(.keyUsage) == false { add(.keyUsageCritical) }
        if usage.contains(.keyCertSign) != isCA {
            add(.keyUsageSigning, isCA ? "a CA without keyCertSign" : "keyCertSign without CA:TRUE")
        }
        if !usage.isDisjoint(with: [.encipherOnly, .decipherOnly]), !usage.contains(.keyAgreement) {
            add(.keyUsageAgreement)
        }
        checkUsage(usage)
        guard let purposes = reading.extendedKeyUsage else { return }
        for (purpose, wanted) in Self.wantedUsages
        where purposes.contains(purpose) && usage.isDisjoint(with: wanted) {
            add(
                .purposeUsage,
                "\(purpose.keyPurposeName ?? "\(purpose)") with \(usage.names.joined(separator: ", "))")
        }
    }

    private mutating func checkUsage(_ usage: KeyUsage) {
        let allowed: (usages: KeyUsage, name: String)
        if case .postQuantum(let algorithm)? = reading.subjectKey?.judged {
            allowed = (algorithm.usages, "a key of \(algorithm.name)")
        } else if case .success(let kind)? = reading.subjectKey?.statedKind() {
            allowed = (Self.usages(of: kind), Self.name(of: kind))
        } else {
            return
        }
        let misfit = usage.subtracting(allowed.usages)
        if !misfit.isEmpty {
            add(.keyUsageOfKey, "\(misfit.names.joined(separator: ", ")) for \(allowed.name)")
        }
    }

    /// RFC 8813 section 3 and RFC 5480 section 3 for ECDSA keys, RFC 8410 section 5 and RFC 9295 for Ed25519,
    /// RFC 3279 section 2.3.1 for RSA.
    private static func usages(of kind: PublicKey.Kind) -> KeyUsage {
        let signing: KeyUsage = [.digitalSignature, .nonRepudiation, .keyCertSign, .crlSign]
        return switch kind {
        case .p256, .p384, .p521: signing.union([.keyAgreement, .encipherOnly, .decipherOnly])
        case .ed25519: signing
        case .rsa: signing.union([.keyEncipherment, .dataEncipherment])
        case .otherCurve, .other: KeyUsage(rawValue: .max)
        }
    }

    private static func name(of kind: PublicKey.Kind) -> String {
        switch kind {
        case .p256, .p384, .p521, .otherCurve: "a key on an elliptic curve"
        case .ed25519: "an Ed25519 key"
        case .rsa: "an RSA key"
        case .other: "a key of this type"
        }
    }

    /// The usages of which RFC 5280 section 4.2.1.12 wants at least one for a purpose.
    private static let wantedUsages: [(purpose: OID, usages: KeyUsage)] = [
        (.serverAuth, [.digitalSignature, .keyEncipherment, .keyAgreement]),
        (.clientAuth, [.digitalSignature, .keyAgreement]),
    ]

    private mutating func checkConstraints() {
        if isCA, isCritical(.basicConstraints) == false { add(.constraintsCritical) }
        if let length = reading.pathLength, !isCA || reading.keyUsage?.contains(.keyCertSign) == false {
            add(.pathLength, "a path length of \(length)")
        }
        if let critical = isCritical(.nameConstraints), !critical || !isCA {
            add(.constraintsOnNames, critical ? "some in a certificate that is no CA" : "some that are not")
        }
        if reading.extendedKeyUsage?.contains(.anyExtendedKeyUsage) == true {
            add(.purposeAny, "anyExtendedKeyUsage")
        }
    }

    private mutating func checkCriticality() {
        for oid in [OID.policyConstraints, .inhibitAnyPolicy] where isCritical(oid) == false {
            add(.policyCritical, "\(oid) not critical")
        }
        if isCritical(.authorityInformationAccess) == true { add(.accessCritical) }
        if isCritical(.crlDistributionPoints) == true { add(.distributionCritical) }
        if isCritical(.subjectAlternativeName) == true, reading.subjectName?.isEmpty == false {
            add(.alternativeNameCritical)
        }
    }
}
