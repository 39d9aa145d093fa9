import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

/// The files that a verification relies on: all of their contents must be readable, or nothing is verified.
enum TrustFiles {
    /// Bundles of the public roots have 250 KB.
    private static let certificateLimit = 16 << 20

    private static let certificateNames = [".pem", ".crt", ".cer", ".der"]

    /// The certificates that are trusted: all of PEM or DER files, the own one of a CA's folder, and all of another
    /// folder's files that are named like certificates.
    static func anchors(_ paths: [String]) throws(ToolError) -> [X509Certificate] {
        var anchors: [X509Certificate] = []
        for path in paths {
            guard FileSystem.kind(of: path) == .folder else {
                anchors += try certificates([path])
                continue
            }
            let own = CAFolder(path: path).certificateFile
            if FileSystem.kind(of: own) == .file {
                // Those above it are there to be handed out, not to be trusted.
                anchors += try certificates([own]).prefix(1)
            } else {
                anchors += try certificates(certificateFiles(in: path))
            }
        }
        return anchors
    }

    private static func certificateFiles(in folder: String) throws(ToolError) -> [String] {
        let names = try FileSystem.names(in: folder).filter { name in
            !name.hasPrefix(".") && certificateNames.contains { name.lowercased().hasSuffix($0) }
        }
        let files = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { folder.hasSuffix("/") ? folder + $0 : folder + "/" + $0 }
            .filter { FileSystem.kind(of: $0) == .file }
        guard !files.isEmpty else {
            throw ToolError(
                .pem,
                "expected a CA's folder or files named \(certificateNames.joined(separator: ", ")), found none",
                context: [.init("file", folder.escapedForTerminal)])
        }
        return files
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
    static func revocationLists(_ paths: [String]) throws(ToolError) -> [RevocationList] {
        var lists: [RevocationList] = []
        // Base64 is a third longer, line feeds included a little more.
        let limit = RevocationList.maximumSize / 2 * 3
        for path in paths {
            let bytes = try SourceReader.contents(
                of: path, for: Expectation(.pem, "a revocation list", takesBinary: true), limit: limit)
            for block in try blocks(bytes, path, CertificateBlocks.revocationList, "a revocation list", limit)
            {
                do throws(DERError) {
                    lists.append(try RevocationList(der: block.der))
                } catch {
                    throw self.error(error.checkFailure, path, block.line)
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
