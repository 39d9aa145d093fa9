import CertificateAuthority
import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// The folder of a CA: `ca.crt`, `ca.key` and `profiles.json`.
///
/// The certificate is written last. A folder with a key alone is therefore one that was never finished, and
/// is called that.
struct CAFolder {
    let path: String

    var certificateFile: String { file("ca.crt") }
    var keyFile: String { file("ca.key") }
    var profilesFile: String { file("profiles.json") }

    private func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    /// Reads and checks the CA.
    ///
    /// - Throws: ``ToolError`` with `io`, `pem`, `passphrase`, and whatever `Issuer` finds wrong.
    func load(_ passphrase: PassphraseSource, at now: Int64) throws(ToolError) -> Issuer {
        let place = path.escapedForTerminal
        switch (FileSystem.kind(of: certificateFile), FileSystem.kind(of: keyFile)) {
        case (nil, nil):
            throw ToolError(
                .io, "expected a CA folder with ca.crt and ca.key, found neither",
                context: [.init("file", place)],
                hint: "assay ca init makes one")
        case (nil, _), (_, nil): throw halfMade
        default: break
        }
        let chain = try Self.certificates(certificateFile)
        let key = try KeyFile.readPrivate(keyFile, passphrase)
        return try Self.issuer(chain, key, at: now, file: certificateFile)
    }

    /// The certificates of a PEM file that holds nothing else, at least one.
    static func certificates(_ path: String) throws(ToolError) -> [[UInt8]] {
        let bytes = try ByteSource.contents(of: path, limit: 1 << 20)
        let place = ToolError.Context("file", path.escapedForTerminal)
        let document: PEMDocument
        do {
            document = try PEMDocument(bytes)
        } catch {
            throw ToolError(.pem, error.description, context: [place])
        }
        for entry in document.entries where entry.label != "CERTIFICATE" {
            throw ToolError(
                .pem, "expected PEM blocks CERTIFICATE, found \(entry.label) on line \(entry.line)",
                context: [place])
        }
        guard !document.entries.isEmpty else {
            throw ToolError(.pem, "expected a certificate in PEM, found none", context: [place])
        }
        return document.entries.map(\.der)
    }

    /// The checked CA, with the file in its errors.
    static func issuer(
        _ chain: [[UInt8]], _ key: PrivateKey, at now: Int64, file: String
    ) throws(ToolError) -> Issuer {
        do {
            return try Issuer(chain: chain, key: Rehearsal.of(key), at: now)
        } catch {
            throw error.at("file", file.escapedForTerminal)
        }
    }

    /// Asserts that a new CA may be made here: nothing there, or a folder without a CA.
    func checkIsFree() throws(ToolError) {
        switch FileSystem.kind(of: path) {
        case nil: return
        case .folder: break
        case .file, .other:
            throw ToolError(
                .wouldOverwrite, "expected a folder or nothing, found a file",
                context: [.init("file", path.escapedForTerminal)])
        }
        switch (FileSystem.kind(of: certificateFile), FileSystem.kind(of: keyFile)) {
        case (nil, nil): return
        case (nil, _), (_, nil): throw halfMade
        default:
            throw ToolError(
                .wouldOverwrite, "the folder holds a CA", context: [.init("file", path.escapedForTerminal)],
                hint: "choose another folder; a CA is never replaced")
        }
    }

    private var halfMade: ToolError {
        let isKey = FileSystem.kind(of: keyFile) != nil
        return ToolError(
            .io,
            "the CA folder is half-made: "
                + (isKey ? "ca.key is there, ca.crt is missing" : "ca.crt is there, ca.key is missing"),
            context: [.init("file", path.escapedForTerminal)],
            hint: isKey
                ? "an interrupted assay ca init or import leaves this; remove ca.key and run it again"
                : "put the key of this certificate there, mode 0600")
    }

    /// Writes a new CA: the profiles and the key, then, when they are on disk, the certificates. What fails leaves
    /// nothing behind.
    func create(
        chain: [[UInt8]], keyPEM: [UInt8], profiles: ProfileSet = .standard
    ) throws(ToolError) {
        let isNew = FileSystem.kind(of: path) == nil
        if isNew { try FileSystem.makeFolder(path) }
        var written: [String] = []
        do {
            if try prepareProfiles(profiles) { written.append(profilesFile) }
            try NewFile.write(keyPEM, to: keyFile, mode: .ownerOnly, replaces: false)
            written.append(keyFile)
            let pem = chain.flatMap { PEMWriter.encode(label: "CERTIFICATE", der: $0) }
            try NewFile.write(pem, to: certificateFile, replaces: false)
        } catch {
            for file in written { FileSystem.removeFile(file) }
            if isNew { FileSystem.removeEmptyFolder(path) }
            throw error
        }
    }
}
