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
        writer.key("schema")
        writer.string(ascii: "assay.ca/1")
        writer.key("directory")
        writer.string(directory)
        writer.key("subject")
        writer.string(certificate.subject.description)
        writer.key("issuer")
        writer.string(certificate.issuer.description)
        writer.key("serial")
        writer.string(certificate.serialText)
        writer.key("notBefore")
        writer.string(Timestamp.text(certificate.validity.notBefore))
        writer.key("notAfter")
        writer.string(Timestamp.text(certificate.validity.notAfter))
        if let length = certificate.basicConstraints?.pathLength {
            writer.key("pathLength")
            writer.integer(Int64(length))
        }
        if let keyType {
            writer.key("keyType")
            writer.string(keyType)
        }
        writer.key("kid")
        writer.hex(Digest.sha256(certificate.publicKey.der))
        writer.key("fingerprintSha256")
        writer.hex(Digest.sha256(certificate.der))
        writer.key("certificatePem")
        writer.string(PEMText.certificate(certificate.der))
        writer.key("warnings")
        writer.beginArray()
        for finding in certificate.oddities {
            writer.beginObject()
            writer.key("code")
            writer.string(finding.rule.code)
            writer.key("message")
            writer.string(finding.message)
            writer.endObject()
        }
        writer.endArray()
        writer.key("ledger")
        writer.string(ledger.path)
        writer.key("ledgerId")
        writer.string(ledger.id.description)
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
