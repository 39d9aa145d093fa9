import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// Private and public keys in PEM files.
enum KeyFile {
    /// Reads a private key, asking for the passphrase if it needs one that was not given.
    ///
    /// - Throws: ``ToolError`` with `io`, `pem`, `csr-key` or `passphrase`.
    static func readPrivate(_ path: String, _ source: PassphraseSource) throws(ToolError) -> PrivateKey {
        let bytes = try ByteSource.contents(of: path, limit: 1 << 20)
        return try readPrivate(bytes, path, source)
    }

    static func readPrivate(
        _ bytes: [UInt8], _ path: String, _ source: PassphraseSource
    ) throws(ToolError) -> PrivateKey {
        let place = ToolError.Context("file", path.escapedForTerminal)
        let secret = try source.stated()
        do {
            return try PrivateKey.read(pem: bytes, passphrase: secret)
        } catch .passphraseNeeded where source == .unstated {
            guard let answer = try PassphraseSource.ask("passphrase for \(path.escapedForTerminal)") else {
                throw error(.passphraseNeeded, place)
            }
            do {
                return try PrivateKey.read(pem: bytes, passphrase: answer)
            } catch {
                throw self.error(error, place)
            }
        } catch {
            throw self.error(error, place)
        }
    }

    private static func error(_ error: PrivateKeyError, _ place: ToolError.Context) -> ToolError {
        switch error {
        case .passphraseNeeded:
            ToolError(
                .passphrase, "the key is encrypted, expected a passphrase, found none", context: [place],
                hint: "give --passphrase-file, --passphrase-fd or --passphrase-env")
        case .wrongPassphrase:
            ToolError(.passphrase, "the passphrase does not open the key", context: [place])
        case .malformed:
            ToolError(
                .pem, "expected a private key in PEM, found something else", context: [place],
                hint:
                    "expected -----BEGIN PRIVATE KEY-----, or ENCRYPTED, EC or RSA PRIVATE KEY"
            )
        case .unsupported(let name):
            ToolError(
                .csrKey, "expected a P-256, P-384, P-521, Ed25519 or RSA key, found \(name)", context: [place]
            )
        }
    }

    /// A key file of either half.
    struct Contents {
        let publicKey: PublicKey
        let isPrivate: Bool
    }

    /// Reads a private key, or a public key (`PUBLIC KEY`).
    static func readAny(_ path: String, _ source: PassphraseSource) throws(ToolError) -> Contents {
        let bytes = try ByteSource.contents(of: path, limit: 1 << 20)
        let text = bytes[...]
        if text.contains("PRIVATE KEY-----") {
            return Contents(publicKey: try readPrivate(bytes, path, source).publicKey, isPrivate: true)
        }
        let place = ToolError.Context("file", path.escapedForTerminal)
        let spki: [UInt8]
        do {
            spki = try PEMDocument(bytes).single("PUBLIC KEY")
        } catch {
            throw ToolError(
                .pem, error.description, context: [place],
                hint: "expected a private key or a public key (-----BEGIN PUBLIC KEY-----) in PEM")
        }
        do {
            return Contents(publicKey: try PublicKey(spki: spki), isPrivate: false)
        } catch {
            throw ToolError(.der, "expected a SubjectPublicKeyInfo: \(error.message)", context: [place])
        }
    }

    /// The PEM of a private key, encrypted unless there is no passphrase.
    static func pem(_ key: PrivateKey, passphrase: [UInt8]?) throws(ToolError) -> [UInt8] {
        do {
            if let passphrase { return try key.pemEncrypted(passphrase: passphrase) }
            return try key.pemUnencrypted()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes of `text` stand anywhere in this slice.
    func contains(_ text: StaticString) -> Bool { range(of: Array(text.description.utf8)) != nil }

    /// Where `pattern` first stands in this slice.
    func range(of pattern: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first else { return startIndex..<startIndex }
        var position = startIndex
        while let start = self[position...].firstIndex(of: first) {
            if self[start...].starts(with: pattern) { return start..<(start + pattern.count) }
            position = start + 1
        }
        return nil
    }
}
