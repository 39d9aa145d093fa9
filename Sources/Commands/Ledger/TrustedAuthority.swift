import CertificateAuthority
import Diagnostics
import InputOutput

/// `--ca` of commands that only check: a CA's folder, or a PEM file whose first certificate is the CA's.
enum TrustedAuthority {
    static func read(_ path: String) throws(ToolError) -> KnownAuthority {
        let file = FileSystem.kind(of: path) == .folder ? CAFolder(path: path).certificateFile : path
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
