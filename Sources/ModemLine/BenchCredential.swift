import ATCommands
public import DeviceIdentity
public import Diagnostics
import OpenSSL
import PKIX
import ProvisioningCommands

/// A credential that is to be in a modem: what it is by its content, and the text that is stored.
///
/// The text may be a secret: it has no description and belongs into no message.
public struct BenchCredential: Sendable {
    /// The longest text that is sent: a modem takes less.
    public static let limit = 16_384

    /// What results call it: a path, or the option that gave it.
    public let source: String
    public let kind: CredentialKind
    let text: String

    /// SHA-256 of the text as it is stored.
    public var digest: [UInt8] { Digest.sha256(Array(text.utf8)) }

    /// A root certificate, a client certificate or a private key in PEM, told apart by what it says.
    ///
    /// - Throws: ``ToolError`` with `pem`, `chain`, `passphrase`, `csr-key`.
    public init(pem bytes: [UInt8], source: String) throws(ToolError) {
        do throws(ToolError) {
            let content = try CredentialText(bytes)
            text = content.text
            kind = try Self.kind(of: content)
        } catch {
            throw error.at("file", source.escapedForTerminal)
        }
        self.source = source
    }

    /// A pre-shared key or its identity.
    ///
    /// - Parameter kind: `preSharedKey`, hexadecimal digits, or `keyIdentity`.
    /// - Throws: ``ToolError`` with `usage`.
    public init(_ kind: CredentialKind, text: String, source: String) throws(ToolError) {
        if kind == .preSharedKey, Hex.decode(text)?.isEmpty ?? true {
            throw ToolError(
                .usage,
                "\(source): expected a pre-shared key in hexadecimal digits, two a byte, found something else",
                hint: "openssl rand -hex 32 makes one")
        }
        guard !text.isEmpty, text.utf8.count <= 256 else {
            throw ToolError(.usage, "\(source): expected 1 to 256 characters, found \(text.utf8.count)")
        }
        do throws(ToolError) {
            _ = try ATRequest.writeCredential(kind, under: SecTag(0), text)
        } catch {
            throw ToolError(error.code, "\(source): \(error.message)", hint: error.hint)
        }
        self.kind = kind
        self.text = text
        self.source = source
    }

    private static func kind(of content: CredentialText) throws(ToolError) -> CredentialKind {
        guard content.text.utf8.count <= limit else {
            throw ToolError(
                .pem, "expected a credential of at most \(limit) octets, found \(content.text.utf8.count)")
        }
        switch content.labels {
        case ["PRIVATE KEY"], ["EC PRIVATE KEY"], ["RSA PRIVATE KEY"]:
            try demandWhole(Array(content.text.utf8))
            return .privateKey
        case ["ENCRYPTED PRIVATE KEY"]:
            throw ToolError(
                .passphrase, "expected a private key without a passphrase, found an encrypted one",
                hint:
                    "better have the modem make its own; openssl pkey takes the passphrase off"
            )
        case let labels where labels.allSatisfy { $0 == "CERTIFICATE" }:
            return try kindOfCertificates(content)
        default:
            throw ToolError(
                .pem,
                "expected certificates or one private key, found "
                    + content.labels.prefix(4).map { $0.escapedForTerminal }.joined(separator: ", "),
                hint: nextStep(content.labels))
        }
    }

    private static func nextStep(_ labels: [String]) -> Hint {
        if labels == ["EC PARAMETERS", "EC PRIVATE KEY"] {
            return "openssl pkey -in FILE -out NEW writes the key alone"
        }
        if labels.contains(where: { $0.hasSuffix("CERTIFICATE REQUEST") }) {
            return .issueCertificate
        }
        return "give each credential a file of its own"
    }

    private static func demandWhole(_ pem: [UInt8]) throws(ToolError) {
        do throws(PrivateKeyError) {
            _ = try PrivateKey.read(pem: pem, passphrase: nil)
        } catch {
            throw ToolError(
                .csrKey, "expected a private key that can be used, found one that cannot be read",
                hint: "write the key to the file again; it has to be whole, and of a kind that can be used")
        }
    }

    /// Certificates of CAs belong together in one place, the device's own stands alone.
    private static func kindOfCertificates(_ content: CredentialText) throws(ToolError) -> CredentialKind {
        var areAuthorities: [Bool] = []
        do throws(PEMError) {
            for entry in try PEMDocument(Array(content.text.utf8)).entries {
                guard let certificate = try? X509Certificate(der: entry.der) else {
                    throw PEMError(line: entry.line, "expected a certificate, found something else")
                }
                // Roots of version 1 have no basic constraints.
                areAuthorities.append(certificate.isCA || certificate.subjectDER == certificate.issuerDER)
            }
        } catch {
            throw ToolError(.pem, error.description, hint: "each block has to be a whole certificate")
        }
        if areAuthorities.allSatisfy({ $0 }) { return .rootCertificate }
        guard areAuthorities.count == 1 else {
            throw ToolError(
                .chain, "expected the device's certificate alone or those of CAs alone, found both",
                hint: "keep the first certificate of the chain only")
        }
        return .clientCertificate
    }
}
