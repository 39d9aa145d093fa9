import CertificateAuthority
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX
import Store

/// What is said of a CA, `assay.ca/1`.
struct CAReport {
    let directory: String
    let certificate: ParsedCertificate
    let ledger: LedgerPlace

    func bytes(json: Bool) -> [UInt8] { json ? bytesAsJSON : bytesAsText }

    private var keyType: String? {
        (try? certificate.publicKey.acceptedKind().get())?.name
    }

    private var bytesAsJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.ca/1")
        writer.member("directory", directory)
        writer.member("subject", certificate.subject.description)
        writer.member("issuer", certificate.issuer.description)
        writer.member("serial", certificate.serialText)
        writer.member("notBefore", Timestamp.text(certificate.validity.notBefore))
        writer.member("notAfter", Timestamp.text(certificate.validity.notAfter))
        if let length = certificate.basicConstraints?.pathLength {
            writer.member("pathLength", Int64(length))
        }
        writer.member("keyType", ifPresent: keyType)
        writer.member("kid", hex: Digest.sha256(certificate.publicKey.der))
        writer.member("fingerprintSha256", hex: Digest.sha256(certificate.der))
        writer.member("certificatePem", PEMText.certificate(certificate.der))
        writer.key("warnings")
        writer.beginArray()
        for finding in certificate.oddities {
            writer.beginObject()
            writer.member("code", finding.rule.code)
            writer.member("message", finding.message)
            writer.endObject()
        }
        writer.endArray()
        writer.member("ledger", ledger.path)
        writer.member("ledgerId", ledger.id.description)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private var bytesAsText: [UInt8] {
        var block = TextBlock()
        block.line("directory", directory)
        block.line("subject", certificate.subject.description)
        if certificate.issuer != certificate.subject { block.line("issuer", certificate.issuer.description) }
        block.line("serial", certificate.serialText)
        block.line("not before", Timestamp.text(certificate.validity.notBefore))
        block.line("not after", Timestamp.text(certificate.validity.notAfter))
        if let length = certificate.basicConstraints?.pathLength { block.line("path length", "\(length)") }
        if let keyType { block.line("key type", keyType) }
        block.line("kid", Hex.encode(Digest.sha256(certificate.publicKey.der)))
        block.line("SHA-256", Hex.encode(Digest.sha256(certificate.der)))
        for finding in certificate.oddities {
            block.line("warning", "\(finding.rule.code): \(finding.message)")
        }
        block.line("ledger", ledger.path)
        block.line("ledger id", ledger.id.description)
        return block.bytes
    }
}

extension CertificateSerial {
    /// A serial number from OpenSSL's generator: 20 octets, positive.
    static func fresh() throws(ToolError) -> CertificateSerial {
        do {
            if let serial = CertificateSerial(random: try RandomBytes.make(20)) { return serial }
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        throw ToolError(.internalFault, "20 random octets made no serial number")
    }
}
