import Batches
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// The result for one certificate, `assay.certificate/1`.
struct CertificateReport: VerdictReport {
    /// What `cert verify` adds.
    struct Check {
        /// Seconds since 1970: the time as of which it was verified.
        let time: Int64
        let purpose: CertificatePurpose
        /// Only with the verdict `verified`.
        var chain: VerifiedChain?
        /// `nil` where no chain was found.
        var weaknesses: [String]?
        /// What RFC 5280 forbids a CA to issue; the same.
        var warnings: [ChainWarning]?
    }

    let location: InputLocation
    var certificate: X509Certificate?
    var verdict: Verdict
    var check: Check?
    var failures: [CheckFailure] = []

    // MARK: JSON

    func write(json writer: inout JSONWriter) {
        writer.beginResult("assay.certificate/1", location)
        if let certificate { Self.write(certificate, &writer) }
        if let check { Self.write(check, &writer) }
        writer.member("verdict", verdict.rawValue)
        writer.endResult(failures)
    }

    private static func write(_ certificate: X509Certificate, _ writer: inout JSONWriter) {
        let pem = certificate.pem
        writer.member("subject", certificate.subject)
        writer.member("issuer", certificate.issuer)
        writer.member("serial", certificate.serial)
        writer.member("notBefore", time(certificate.notBefore))
        writer.member("notAfter", time(certificate.notAfter))
        if let kind = try? certificate.publicKey().kind {
            writer.member("keyType", kind.name)
        }
        writer.member("publicKeyPem", PEMText.publicKey(certificate.spki))
        writer.member("kid", hex: Digest.sha256(certificate.spki))
        writeExtensions(of: certificate, &writer)
        writer.member("signatureAlgorithm", certificate.signatureAlgorithm)
        writer.member("fingerprintSha256", hex: certificate.fingerprintSHA256)
        writer.member("cmngDigest", cmngDigest(pem))
        writer.member("cmngDigestCrlf", cmngDigest(withCRLF(pem)))
        writer.member("certificatePem", asciiBytes: pem)
    }

    private static func writeExtensions(of certificate: X509Certificate, _ writer: inout JSONWriter) {
        writer.member("isCA", certificate.isCA)
        if let length = certificate.pathLength {
            writer.member("pathLength", Int64(length))
        }
        if let usage = certificate.keyUsage {
            writer.key("keyUsage")
            write(usage, &writer)
        }
        if let purposes = certificate.extendedKeyUsage {
            writer.key("extendedKeyUsage")
            write(purposes.map(CertificateNames.purpose), &writer)
        }
        writer.key("subjectAltNames")
        write(certificate.subjectAlternativeNames, &writer)
        if let identifier = certificate.subjectKeyIdentifier {
            writer.member("subjectKeyIdentifier", hex: identifier)
        }
        if let identifier = certificate.authorityKeyIdentifier {
            writer.member("authorityKeyIdentifier", hex: identifier)
        }
    }

    private static func write(_ check: Check, _ writer: inout JSONWriter) {
        writer.member("at", time(check.time))
        writer.member("purpose", check.purpose.rawValue)
        if let chain = check.chain {
            writer.key("chain")
            writer.beginArray()
            for certificate in chain.certificates {
                writer.beginObject()
                writer.member("subject", certificate.subject)
                writer.member("fingerprintSha256", hex: certificate.fingerprintSHA256)
                writer.endObject()
            }
            writer.endArray()
        }
        if let weaknesses = check.weaknesses {
            writer.key("weaknesses")
            write(weaknesses, &writer)
        }
        if let warnings = check.warnings {
            writer.key("warnings")
            writer.beginArray()
            for warning in warnings {
                writer.beginObject()
                writer.member("code", warning.code)
                writer.member("message", warning.message)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func write(_ texts: [String], _ writer: inout JSONWriter) {
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }

    /// The first second of the year 0.
    private static let first: Int64 = -62_167_219_200

    private static func time(_ seconds: Int64) -> String {
        Timestamp.text(min(max(seconds, first), Timestamp.last))
    }

    /// The text with CR LF at the end of each line, as some of the vendor's tools write a certificate.
    private static func withCRLF(_ pem: [UInt8]) -> [UInt8] {
        pem.flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }
    }

    /// SHA-256 of the PEM text in upper case, as AT%CMNG=1 lists a certificate that was written so.
    private static func cmngDigest(_ pem: [UInt8]) -> String {
        Hex.encode(Digest.sha256(pem)).uppercased()
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock(of: location)
        if let certificate { Self.lines(of: certificate, &block) }
        if let check {
            block.line("verified as of", "\(Self.time(check.time)) for purpose \(check.purpose.rawValue)")
            for (depth, certificate) in (check.chain?.certificates ?? []).enumerated() {
                block.line("chain \(depth)", certificate.subject)
            }
            for weakness in check.weaknesses ?? [] { block.line("weakness", weakness) }
            for warning in check.warnings ?? [] {
                block.line("warning", "\(warning.code): \(warning.message)")
            }
        }
        block.line("verdict", verdict.rawValue)
        return block.ended(by: failures)
    }

    private static func lines(of certificate: X509Certificate, _ block: inout TextBlock) {
        block.line("subject", certificate.subject)
        block.line("issuer", certificate.issuer)
        block.line("serial", certificate.serial)
        block.line("not before", time(certificate.notBefore))
        block.line("not after", time(certificate.notAfter))
        block.line(
            "key type",
            (try? certificate.publicKey().kind.name) ?? "a key that cannot be read")
        block.line("kid", Hex.encode(Digest.sha256(certificate.spki)))
        let length = certificate.pathLength.map { ", path length \($0)" } ?? ""
        block.line("CA", (certificate.isCA ? "yes" : "no") + length)
        if let usage = certificate.keyUsage { block.line("key usage", usage.joined(separator: ", ")) }
        if let purposes = certificate.extendedKeyUsage {
            block.line("extended key usage", purposes.map(CertificateNames.purpose).joined(separator: ", "))
        }
        for name in certificate.subjectAlternativeNames { block.line("alternative name", name) }
        if let identifier = certificate.subjectKeyIdentifier {
            block.line("subject key identifier", Hex.encode(identifier))
        }
        if let identifier = certificate.authorityKeyIdentifier {
            block.line("authority key identifier", Hex.encode(identifier))
        }
        block.line("signature algorithm", certificate.signatureAlgorithm)
        block.line("SHA-256", Hex.encode(certificate.fingerprintSHA256))
        block.line("%CMNG digest", cmngDigest(certificate.pem))
        block.line("%CMNG digest, CR LF", cmngDigest(withCRLF(certificate.pem)))
    }
}
