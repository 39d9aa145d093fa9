import CertificateAuthority
import Diagnostics
import InputOutput

/// `--ca` of commands that only check: a CA's folder, or a PEM file whose first certificate is the CA's.
enum TrustedAuthority {
    /// Whether a path leads to a certificate file and not to a folder.
    static func isFile(_ path: String) -> Bool {
        switch FileSystem.kind(of: path) {
        case .file, .other: true
        case .folder, nil: false
        }
    }

    /// The file with the certificates: in a CA's folder, that of the CA and those above it.
    static func certificateFile(_ path: String) -> String {
        FileSystem.kind(of: path) == .folder ? CAFolder(path: path).certificateFile : path
    }

    static func read(_ path: String) throws(ToolError) -> KnownAuthority {
        let file = certificateFile(path)
        guard let own = try CAFolder.certificates(file).first else {
            throw ToolError(.pem, "expected a certificate in PEM, found none")
        }
        do throws(ToolError) {
            return try KnownAuthority(der: own)
        } catch {
            throw error.at("file", file.escapedForTerminal)
        }
    }

    /// The profiles of a CA's folder; the built-in ones where a certificate is all that was given.
    static func profiles(_ path: String) throws(ToolError) -> ProfileSet {
        FileSystem.kind(of: path) == .folder ? try CAFolder(path: path).profiles() : .ofCertificate
    }
}
