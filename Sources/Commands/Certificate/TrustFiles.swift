import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

/// The files that a verification relies on: all of their contents must be readable, or nothing is verified.
enum TrustFiles {
    /// Bundles of the public roots have 250 KB.
    private static let certificateLimit = 16 << 20

    /// The certificates that `--ca` trusts: those of a CA's folder, or of a PEM or DER file.
    static func anchors(_ paths: [String]) throws(ToolError) -> [X509Certificate] {
        try certificates(paths.map(TrustedAuthority.certificateFile))
    }

    /// All certificates of PEM or DER files.
    static func certificates(_ paths: [String]) throws(ToolError) -> [X509Certificate] {
        var certificates: [X509Certificate] = []
        for path in paths {
            let bytes = try SourceReader.contents(
                of: path, for: CertificateStream.expected, limit: certificateLimit)
            for block in try blocks(bytes, path, CertificateBlocks.certificate, "a certificate") {
                switch X509Certificate.read(der: block.der) {
                case .success(let certificate): certificates.append(certificate)
                case .failure(let failure): throw error(failure, path, block.line)
                }
            }
        }
        return certificates
    }

    /// All revocation lists of PEM or DER files.
    static func revocationLists(_ paths: [String]) throws(ToolError) -> [X509RevocationList] {
        var lists: [X509RevocationList] = []
        // Base64 is a third longer, line feeds included a little more.
        let limit = X509RevocationList.maximumSize / 2 * 3
        for path in paths {
            let bytes = try SourceReader.contents(
                of: path, for: Expectation(.pem, "a revocation list", takesBinary: true), limit: limit)
            for block in try blocks(bytes, path, CertificateBlocks.revocationList, "a revocation list", limit)
            {
                do {
                    lists.append(try X509RevocationList(der: block.der))
                } catch {
                    throw self.error(CheckFailure(.der, error.message), path, block.line)
                }
            }
        }
        return lists
    }

    private static func blocks(
        _ bytes: [UInt8], _ path: String, _ labels: Set<String>, _ name: String,
        _ limit: Int = CertificateBlocks.limit
    ) throws(ToolError) -> [CertificateBlocks.Block] {
        do {
            return try CertificateBlocks.read(bytes, labels, name: name, limit: limit)
        } catch {
            throw self.error(error.failure, path, error.line)
        }
    }

    private static func error(_ failure: CheckFailure, _ path: String, _ line: Int) -> ToolError {
        ToolError(
            failure.code, failure.message.escapedForTerminal,
            context: [.init("file", "\(path.escapedForTerminal):\(line)")])
    }
}
