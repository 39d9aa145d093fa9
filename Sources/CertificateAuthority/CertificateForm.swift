import Diagnostics
import Keys
import OpenSSL
import PKIX

/// What all certificates of one CA under one profile have in common: encoded once to write them, and kept once more to
/// check what was written.
final class CertificateForm: Sendable {
    let algorithm: SignatureAlgorithm
    let template: CertificateTemplate
    let lint: CertificateLint
    private let profile: CertificateProfile
    /// Octets of the CA's longest signature.
    private let signatureLength: Int

    /// - Parameters:
    ///   - issuer: the CA's own certificate.
    ///   - extensions: the profile's own unless the caller chose a path length.
    /// - Throws: ``ToolError`` with code `issuer-invalid` when the CA's key makes no signature for certificates, and
    ///   `profile` when it makes none with the profile's hash.
    init(
        profile: CertificateProfile, issuer: ParsedCertificate, extensions: [CertificateExtension]? = nil
    ) throws(ToolError) {
        guard case .success(let kind) = issuer.publicKey.statedKind(),
            SigningScheme.algorithm(for: kind) != nil
        else { throw ToolError(.issuerInvalid, "the CA's key makes no signature for certificates") }
        let extensions = extensions ?? profile.extensions
        let rule = profile.extensionRule
        let identifier: [UInt8]? =
            rule.hasAuthorityKeyIdentifier
            ? issuer.subjectKeyIdentifier ?? issuer.publicKey.keyIdentifier : nil
        let namesDevice = rule.alternativeName == .deviceUUID
        guard let algorithm = profile.signatureHash.algorithm(for: kind),
            let algorithmDER = SignatureAlgorithmIdentifier.der(algorithm),
            let template = CertificateTemplate(
                issuer: issuer.subject, algorithm: algorithm, extensions: extensions,
                issuerKeyIdentifier: identifier,
                uriLength: namesDevice ? CertificateProfile.uriLength : nil,
                writesKeyIdentifier: rule.hasSubjectKeyIdentifier)
        else {
            throw ToolError(
                .profile,
                "profile \(profile.name) demands \(profile.signatureHash.rawValue) of a CA whose key has a hash of its own",
                hint: "signatureHash auto takes what the key has")
        }
        self.algorithm = algorithm
        self.template = template
        self.profile = profile
        signatureLength = Self.signatureLength(kind)
        lint = CertificateLint(
            algorithm: algorithmDER, issuer: issuer.subject, issuerValidity: issuer.validity,
            extensions: extensions, namesDevice: namesDevice,
            hasSubjectKeyIdentifier: rule.hasSubjectKeyIdentifier, issuerKeyIdentifier: identifier)
    }

    /// Two integers as long as the curve's order, each with a sign octet, in a SEQUENCE.
    private static func signatureLength(_ kind: PublicKey.Kind) -> Int {
        switch kind {
        case .p256: 72
        case .p384: 104
        case .p521: 139
        case .ed25519: 64
        case .rsa(let bits): (bits + 7) / 8
        case .otherCurve, .other: 0
        }
    }

    /// The octets to sign, which depend on nothing but the form and these values.
    func makeTBS(
        serial: CertificateSerial, validity: ValidityPeriod, subject: CertificateLint.Subject
    ) -> [UInt8] {
        template.makeTBS(
            serial: serial, subject: subject.name, key: subject.key, validity: validity,
            uri: lint.namesDevice ? subject.device.map(CertificateProfile.uri) : nil,
            alternativeName: subject.alternativeName)
    }

    /// The certificate of a TBSCertificate and its signature.
    func assemble(_ tbs: [UInt8], signature: [UInt8]) -> [UInt8] {
        template.assemble(tbs, signature: signature)
    }

    /// Why octets are not to be signed; `nil` if nothing is wrong with them.
    func finding(
        in tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod,
        subject: CertificateLint.Subject
    ) -> String? {
        lint.finding(in: tbs, serial: serial, validity: validity, subject: subject)
            ?? sizeFinding(tbs) ?? profile.validity.objection(to: validity)
    }

    /// Why a certificate is too long for where it goes; `nil` if it is not.
    func sizeFinding(_ tbs: [UInt8]) -> String? {
        let octets = template.certificateLength(tbs: tbs.count, signature: signatureLength)
        let length = PEMWriter.length(label: "CERTIFICATE", of: octets)
        guard length > profile.maximumPEMLength else { return nil }
        return "it can have \(length) octets as PEM, the profile allows \(profile.maximumPEMLength)"
    }
}

extension ValidityRule {
    /// Why a validity is not one of these; `nil` if it is. Whether the CA lasts as long is not judged here.
    func objection(to period: ValidityPeriod) -> String? {
        guard case .days(let days) = maximum else { return nil }
        guard period.notAfter - period.notBefore > Int64(days) * 86_400 else { return nil }
        return "the validity is longer than the \(maximum) that the profile allows"
    }
}
