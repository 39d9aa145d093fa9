import OpenSSL
import PKIX

enum Certificates {
    /// A request reads from its PEM as it reads from its DER, and asking for its signature gives an answer.
    static func checkRequest(_ bytes: [UInt8]) -> String? {
        guard let request = try? CertificationRequest(der: bytes) else { return nil }
        guard request.der == bytes else { return "the request holds other bytes than it was read from" }
        let pem = PEMWriter.encode(label: CertificationRequest.pemLabels[0], der: bytes)
        guard let der = try? PEMDocument(pem).single(CertificationRequest.pemLabels[0]),
            let again = try? CertificationRequest(der: der)
        else { return "the request's PEM is not read" }
        guard again.subject == request.subject, again.publicKey == request.publicKey,
            again.informationRange == request.informationRange, again.quirks == request.quirks,
            again.requestedExtensions == request.requestedExtensions,
            again.otherAttributes == request.otherAttributes
        else { return "the request reads differently the second time" }
        if let broken = checkShown(request.subject) { return broken }
        guard let verifier = try? RequestVerifier() else { return "no verifier" }
        switch (request.verify(with: verifier), again.verify(with: verifier)) {
        case (.success, .success): return nil
        case (.failure(let first), .failure(let second)):
            return first == second ? nil : "the verifier changes its mind about what is wrong"
        default: return "the verifier changes its mind"
        }
    }

    static func checkCertificate(_ bytes: [UInt8]) -> String? {
        guard let certificate = try? ParsedCertificate(der: bytes) else { return nil }
        guard certificate.der == bytes else {
            return "the certificate holds other bytes than it was read from"
        }
        guard certificate.tbsRange.upperBound <= certificate.signatureRange.lowerBound,
            certificate.signatureRange.upperBound <= bytes.count
        else { return "the signature lies within what it signs, or outside the certificate" }
        guard certificate.validity.notBefore <= certificate.validity.notAfter else {
            return "the validity ends before it begins"
        }
        // Accessors decode extension bodies anew: none may trap.
        _ = certificate.basicConstraints
        _ = certificate.keyUsage?.names
        _ = certificate.extendedKeyUsage?.map(\.description)
        _ = certificate.subjectKeyIdentifier
        _ = certificate.authorityKeyIdentifier
        _ = certificate.publicKey.acceptedKind()
        return checkShown(certificate.issuer) ?? checkShown(certificate.subject)
    }

    /// What is written for the blocks reads as the same blocks.
    static func checkPEM(_ bytes: [UInt8]) -> String? {
        guard let document = try? PEMDocument(bytes) else { return nil }
        let text = document.entries.flatMap { PEMWriter.encode(label: $0.label, der: $0.der) }
        guard let again = try? PEMDocument(text) else { return "the written blocks are not read" }
        guard again.entries.map(\.label) == document.entries.map(\.label),
            again.entries.map(\.der) == document.entries.map(\.der), !again.hasTextOutside
        else { return "the written blocks read differently" }
        return nil
    }

    /// The text of a name is read back as a name with the same text.
    static func checkName(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let name = try? DistinguishedName(text: text) else { return nil }
        if let broken = checkShown(name) { return broken }
        guard let again = try? DistinguishedName(text: name.description) else {
            return "the text of the name is not read"
        }
        guard again.description == name.description else { return "the text of the name is another name's" }
        guard let parsed = try? DistinguishedName(der: name.der), parsed == name else {
            return "the encoding of the name is not read"
        }
        return nil
    }

    /// The text of a name is printable ASCII.
    private static func checkShown(_ name: DistinguishedName) -> String? {
        name.description.utf8.allSatisfy { 0x20...0x7e ~= $0 } ? nil : "the text of a name is not printable"
    }
}
