package import Diagnostics
import InputOutput
package import OpenSSL
import PKIX

/// A certificate with its chain and key, as the server shows them.
package struct TLSMaterial: Sendable {
    /// In DER, the server's own first.
    package let chain: [[UInt8]]
    package let key: PrivateKey
    /// Seconds since 1970.
    package let notAfter: Int64

    /// Reads the server's certificate, leaf first, and its key, both in PEM.
    ///
    /// - Throws: ``ToolError`` with `io`, `pem`, `csr-key` or `passphrase`.
    package static func read(certificate: String, key: String) throws(ToolError) -> TLSMaterial {
        try TLSMaterial(
            chain: try ByteSource.contents(of: certificate, limit: 1 << 20), in: certificate,
            key: try ByteSource.contents(of: key, limit: 1 << 20), in: key)
    }

    private init(
        chain: [UInt8], in certificateFile: String, key: [UInt8], in keyFile: String
    ) throws(ToolError) {
        let privateKey = try Self.privateKey(key, keyFile)
        let certificates = try Self.certificates(chain, certificateFile)
        guard let leaf = certificates.first, leaf.spki == privateKey.publicKey.spki else {
            throw ToolError(
                .issuerKeyMismatch, "expected the key of the first certificate, found another key",
                context: [Self.place(certificateFile), Self.place(keyFile)],
                hint: "the server's own certificate comes first, then the CAs above it")
        }
        notAfter = leaf.notAfter
        self.chain = certificates.map(\.der)
        self.key = privateKey
    }

    /// Where a library does not take what was read.
    package static func refusal(_ message: String) -> ToolError { ToolError(.pem, message) }

    private static func place(_ file: String) -> ToolError.Context { .init("file", file.escapedForTerminal) }

    private static func certificates(
        _ pem: [UInt8], _ file: String
    ) throws(ToolError) -> [X509Certificate] {
        let document: PEMDocument
        do { document = try PEMDocument(pem) } catch {
            throw ToolError(.pem, error.description, context: [place(file)])
        }
        var certificates: [X509Certificate] = []
        for entry in document.entries where entry.label == X509Certificate.pemLabel {
            switch X509Certificate.read(der: entry.der) {
            case .success(let certificate): certificates.append(certificate)
            case .failure(let failure):
                throw ToolError(failure.code, failure.message, context: [place(file)])
            }
        }
        guard !certificates.isEmpty else {
            throw ToolError(
                .pem, "expected a certificate in PEM, found none", context: [place(file)],
                hint: "expected -----BEGIN CERTIFICATE-----")
        }
        return certificates
    }

    private static func privateKey(_ pem: [UInt8], _ file: String) throws(ToolError) -> PrivateKey {
        do {
            return try PrivateKey.read(pem: pem, passphrase: nil)
        } catch .passphraseNeeded, .wrongPassphrase {
            throw ToolError(
                .passphrase, "expected a key that is not encrypted, found an encrypted one",
                context: [place(file)],
                hint: "a service starts without a person: keep the file to its user alone (mode 0600)")
        } catch .unsound(let reason) {
            throw ToolError(.csrKey, reason, context: [place(file)])
        } catch {
            throw ToolError(
                .pem, "expected a private key in PEM, found something else", context: [place(file)])
        }
    }
}
