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
    ///
    /// A file that holds this very certificate already is left as it is: a run that is repeated finds its own files.
    func write(_ report: IssuanceReport, chain: [UInt8]) -> CheckFailure? {
        guard let name = report.fileName, let certificate = report.certificate else { return nil }
        let file = path.hasSuffix("/") ? path + name : path + "/" + name
        let pem = PEMWriter.encode(label: "CERTIFICATE", der: certificate.der) + chain
        do throws(ToolError) {
            try NewFile.write(pem, to: file, replaces: replaces)
            return nil
        } catch {
            if error.code == .wouldOverwrite, (try? ByteSource.contents(of: file, limit: 1 << 20)) == pem {
                return nil
            }
            return CheckFailure(error.code, "\(file.escapedForTerminal): \(error.message)")
        }
    }
}
