import CertificateAuthority
import Diagnostics
import InputOutput
import Intake
import Keys
import OpenSSL
import PKIX

/// The folder of a CA: `ca.crt`, `ca.key`, `profiles.json`, and `ca.json` with the ledger that it names.
///
/// The certificate is written last. A folder that has anything of a CA and no certificate is therefore one that was never
/// finished, and is called that; and none that is finished is without a ledger, except those of the first version.
struct CAFolder {
    let path: String

    var certificateFile: String { file("ca.crt") }
    var keyFile: String { file("ca.key") }
    var profilesFile: String { file("profiles.json") }
    var documentFile: String { file("ca.json") }
    /// The ledger of a CA that has one of its own.
    var ledgerFile: String { file("ledger.db") }

    func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    /// Reads and checks the CA.
    ///
    /// - Throws: ``ToolError`` with `io`, `pem`, `passphrase`, and whatever `Issuer` finds wrong.
    func load(_ passphrase: PassphraseSource, at now: Int64) throws(ToolError) -> Issuer {
        try checkIsWhole()
        // What a CA without a ledger issued, nobody would know of.
        _ = try document()
        let chain = try Self.certificates(certificateFile)
        let key = try KeyFile.open(.file(keyFile), passphrase)
        return try Self.issuer(chain, key, at: now, file: certificateFile)
    }

    /// Reads and checks the CA for a dry run: without its key, which is opened and held against the certificate only where
    /// a passphrase was given.
    func loadWithoutKey(_ passphrase: PassphraseSource, at now: Int64) throws(ToolError) -> Issuer {
        if passphrase != .unstated { _ = try load(passphrase, at: now) }
        try checkIsWhole()
        _ = try document()
        let chain = try Self.certificates(certificateFile)
        do throws(ToolError) {
            return try Issuer(withoutKey: chain, at: now)
        } catch {
            throw error.at("file", certificateFile.escapedForTerminal)
        }
    }

    /// The certificates of a PEM file that holds nothing else, at least one.
    static func certificates(_ path: String) throws(ToolError) -> [[UInt8]] {
        let bytes = try SourceReader.contents(
            of: path, for: Expectation(.pem, "a certificate in PEM"), limit: 1 << 20)
        let place = ToolError.Context("file", path.escapedForTerminal)
        let document: PEMDocument
        do {
            document = try PEMDocument(bytes)
        } catch {
            throw ToolError(.pem, error.description, context: [place])
        }
        for entry in document.entries where !X509Certificate.pemLabels.contains(entry.label) {
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
}
