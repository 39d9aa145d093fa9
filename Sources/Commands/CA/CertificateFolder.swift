import CertificateAuthority
import Diagnostics
import InputOutput
import PKIX

/// `--out-dir`: one file for each certificate.
struct CertificateFolder: Sendable {
    let path: String
    let replaces: Bool

    /// Makes the folder if it is missing.
    init(path: String, replaces: Bool) throws(ToolError) {
        self.path = path
        self.replaces = replaces
        switch FileSystem.kind(of: path) {
        case nil: try FileSystem.makeFolder(path)
        case .folder: break
        case .file, .other:
            throw ToolError(
                .io, "expected a folder, found a file", context: [.init("file", path.escapedForTerminal)])
        }
    }

    /// Writes the certificate of a result, if it has one; says why it could not.
    func write(_ report: IssuanceReport, chain: [UInt8]) -> CheckFailure? {
        guard let name = report.fileName, let certificate = report.certificate else { return nil }
        let file = path.hasSuffix("/") ? path + name : path + "/" + name
        do {
            try NewFile.write(
                PEMWriter.encode(label: "CERTIFICATE", der: certificate.der) + chain, to: file,
                replaces: replaces)
            return nil
        } catch {
            return CheckFailure(error.code, "\(file.escapedForTerminal): \(error.message)")
        }
    }
}
