import Batches
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// The result for one request, `assay.csr/1`.
struct RequestReport: VerdictReport {
    let location: InputLocation
    var request: CertificationRequest?
    var verdict: Verdict
    var failures: [CheckFailure] = []

    // MARK: JSON

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.csr/1", location)
        if let request { Self.write(request, &writer) }
        writer.member("verdict", verdict.rawValue)
        writer.endResult(failures)
    }

    private static func write(_ request: CertificationRequest, _ writer: inout JSONWriter) {
        writer.member("subject", request.subject.description)
        writer.member("publicKeyPem", PEMText.publicKey(request.publicKey.der))
        if case .success(let kind) = request.publicKey.acceptedKind() {
            writer.member("keyType", kind.name)
        }
        writer.member("kid", hex: Digest.sha256(request.publicKey.der))
        writer.key("requestedExtensions")
        writer.beginArray()
        for element in request.requestedExtensions { write(element, &writer) }
        writer.endArray()
        if !request.otherAttributes.isEmpty {
            writer.key("otherAttributes")
            writer.beginArray()
            for oid in request.otherAttributes { writer.string(name(of: oid)) }
            writer.endArray()
        }
        writer.key("quirks")
        writer.beginArray()
        for quirk in request.quirks { writer.string(quirk.rawValue) }
        writer.endArray()
        writer.member("sha256", hex: Digest.sha256(request.der))
        writer.member("pem", PEMText.request(request.der))
    }

    /// The name of an attribute whose value a CA of ours does not use: the value may be a secret, and is not shown.
    private static func name(of attribute: OID) -> String {
        attributeNames[attribute.description] ?? attribute.description
    }

    private static let attributeNames = [
        "1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.7": "challengePassword",
        "1.2.840.113549.1.9.8": "unstructuredAddress", "1.3.6.1.4.1.311.13.2.3": "osVersion",
        "1.3.6.1.4.1.311.13.2.2": "enrolmentCSP", "1.3.6.1.4.1.311.21.20": "requestClientInfo",
        "1.3.6.1.4.1.311.2.1.14": "certExtensions",
    ]

    private static func write(_ element: CertificateExtension, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("oid", element.oid.description)
        writer.member("critical", element.isCritical)
        writer.member("valueHex", hex: element.value)
        if element.oid == .keyUsage, let usage = try? KeyUsage(der: element.value) {
            writer.key("keyUsage")
            writer.beginArray()
            for name in usage.names { writer.string(name) }
            writer.endArray()
        }
        if element.oid == .subjectAlternativeName {
            writer.key("subjectAltNames")
            writer.beginArray()
            for name in element.generalNameTexts { writer.string(name) }
            writer.endArray()
        }
        writer.endObject()
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock(of: location)
        if let request {
            block.line("subject", request.subject.description)
            switch request.publicKey.acceptedKind() {
            case .success(let kind):
                block.line("key type", kind.name)
                if let weakness = kind.weakness { block.line("weakness", weakness) }
            case .failure(let failure):
                block.line("key type", "not one that is certified: \(failure.message)")
            }
            block.line("kid", Hex.encode(Digest.sha256(request.publicKey.der)))
            for element in request.requestedExtensions {
                block.line("requested extension", Self.text(element))
            }
            for oid in request.otherAttributes {
                block.line("other attribute", "\(Self.name(of: oid)) (its value is not shown)")
            }
            if !request.quirks.isEmpty {
                block.line("quirks", request.quirks.map(\.rawValue).joined(separator: ", "))
            }
            block.line("SHA-256", Hex.encode(Digest.sha256(request.der)))
        }
        block.line("verdict", verdict.rawValue)
        return block.ended(by: failures)
    }

    private static func text(_ element: CertificateExtension) -> String {
        let critical = element.isCritical ? ", critical" : ""
        if element.oid == .keyUsage, let usage = try? KeyUsage(der: element.value) {
            return "keyUsage\(critical): \(usage.names.joined(separator: ", "))"
        }
        let name = element.oid.extensionName ?? element.oid.description
        switch element.oid {
        case .subjectAlternativeName:
            return "\(name)\(critical): \(element.generalNameTexts.joined(separator: ", "))"
        case .extendedKeyUsage:
            let purposes = element.keyPurposes.map { CertificateNames.purpose($0.description) }
            return "\(name)\(critical): \(purposes.joined(separator: ", "))"
        case .basicConstraints:
            return "\(name)\(critical): \(element.asksForAuthority ? "a CA" : "no CA")"
        default: return "\(name)\(critical): \(Hex.encode(element.value))"
        }
    }
}
