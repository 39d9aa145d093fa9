import COpenSSL

/// Where a certificate stands in a chain; a chain of one is an anchor.
enum ChainPlace {
    case leaf, intermediate, anchor
}

extension CertificatePurpose {
    /// libcrypto's number for the purpose.
    var identifier: Int32 {
        switch self {
        case .client: X509_PURPOSE_SSL_CLIENT
        case .server: X509_PURPOSE_SSL_SERVER
        case .ca, .any: X509_PURPOSE_ANY
        }
    }

    /// The key purpose that restricting certificates have to name (RFC 5280 section 4.2.1.12).
    fileprivate var keyPurpose: String? {
        switch self {
        case .client: "1.3.6.1.5.5.7.3.2"
        case .server: "1.3.6.1.5.5.7.3.1"
        case .ca, .any: nil
        }
    }
}

extension X509Certificate {
    /// Whether it may issue certificates: a CA whose key usage, if stated, includes keyCertSign.
    var mayIssue: Bool { isCA && (keyUsage?.contains("keyCertSign") ?? true) }

    /// What libcrypto's strict mode lets pass and we do not; nil if nothing.
    func unfitness(as place: ChainPlace, at time: Int64, for purpose: CertificatePurpose) -> String? {
        if place == .anchor, !mayIssue { return "the trust anchor is not a CA certificate" }
        // Roots with the number zero exist and do no harm; nobody signs under it but they themselves.
        guard hasSoundSerial || (place == .anchor && serial == "00") else {
            return "serial number is not positive or too long"
        }
        // Nobody relies on an anchor's own signature.
        if place != .anchor, signatureStrength < (time < CertificateChainVerifier.endOfSHA1 ? 63 : 80) {
            return "signature is made with a hash that is too weak: \(signatureAlgorithm)"
        }
        // libcrypto takes «server gated crypto» of the nineties for serverAuth.
        if let needed = purpose.keyPurpose, let purposes = extendedKeyUsage, !purposes.contains(needed) {
            return "extended key usage does not include the purpose"
        }
        if place != .leaf || isCA, subjectDER != issuerDER, authorityKeyIdentifier == nil {
            return "authority key identifier is missing (RFC 5280 section 4.2.1.1)"
        }
        return extensionUnfitness(isCA: isCA)
    }

    /// Bits of security of the signature's hash as libcrypto counts them: 39 for MD5, 63 for SHA-1, 128 for SHA-256.
    var signatureStrength: Int32 {
        var bits: Int32 = 0
        return X509_get_signature_info(pointer, nil, nil, &bits, nil) == 1 ? bits : 0
    }

    /// RFC 5280 section 4.1.2.2: positive, at most 20 octets as an INTEGER.
    private var hasSoundSerial: Bool {
        let digits = serial.utf8
        guard digits.contains(where: { $0 != UInt8(ascii: "0") }), digits.first != UInt8(ascii: "-") else {
            return false
        }
        return digits.count < 40
            || (digits.count == 40 && digits.first.map { $0 < UInt8(ascii: "8") } ?? false)
    }

    private func extensionUnfitness(isCA: Bool) -> String? {
        for index in 0..<max(0, X509_get_ext_count(pointer)) {
            guard let element = X509_get_ext(pointer, index), assay_extension_is_sound(element) == 1 else {
                return "an extension is malformed"
            }
        }
        if !isCA, X509_get_ext_by_NID(pointer, NID_name_constraints, -1) >= 0 {
            return "name constraints in a certificate that is not a CA's (RFC 5280 section 4.2.1.10)"
        }
        return assay_name_constraints_are_empty(pointer) == 1 ? "name constraints are empty" : nil
    }
}
