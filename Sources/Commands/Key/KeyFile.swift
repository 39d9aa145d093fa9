import Diagnostics
import InputOutput
import Intake
import Keys
import OpenSSL
import PKIX

/// Private and public keys in PEM files.
enum KeyFile {
    /// The text of a file that should hold a key; what is something else altogether is refused by its name.
    static func contents(of path: String) throws(ToolError) -> [UInt8] {
        let bytes = try SourceReader.contents(
            of: path, for: Expectation(.pem, "a key in PEM"), limit: 1 << 20)
        if bytes.first(where: { !$0.isBlank }) == UInt8(ascii: "{"), !bytes[...].contains("-----BEGIN ") {
            throw ToolError(
                .pem, "expected a key in PEM, found JSON", context: [.init("file", path.escapedForTerminal)],
                hint:
                    "a JWK or a JWK Set is for --jwks of assay jwt verify; of another object give the key alone (jq -r)"
            )
        }
        return bytes
    }

    /// Opens a private key, asking for the passphrase if it needs one that was not given.
    ///
    /// - Throws: ``ToolError`` with `io`, `pem`, `csr-key` or `passphrase`.
    static func open(_ reference: KeyReference, _ source: PassphraseSource) throws(ToolError) -> PrivateKey {
        switch reference {
        case .file(let path): try readPrivate(path, source)
        }
    }

    private static func readPrivate(
        _ path: String, _ source: PassphraseSource
    ) throws(ToolError) -> PrivateKey {
        let bytes = try contents(of: path)
        guard KeyDocument.hasPrivateKey(bytes), case .privateKey(let key) = try read(bytes, path, source)
        else {
            throw notPrivate(bytes, .init("file", path.escapedForTerminal))
        }
        return key
    }

    /// Reads a key of either half, or the public key of a certificate or a certification request.
    static func readAny(_ path: String, _ source: PassphraseSource) throws(ToolError) -> KeyDocument {
        try read(try contents(of: path), path, source)
    }

    /// Reads a public key, alone or in a certificate or a certification request.
    static func readPublic(_ path: String) throws(ToolError) -> SubjectPublicKeyInfo {
        try readPublic(try contents(of: path), path)
    }

    static func readPublic(_ bytes: [UInt8], _ path: String) throws(ToolError) -> SubjectPublicKeyInfo {
        do {
            return try KeyDocument.readPublic(bytes)
        } catch {
            throw self.error(error, bytes, ToolError.Context("file", path.escapedForTerminal))
        }
    }

    /// Asks for the passphrase if it needs one that was not given.
    static func read(
        _ bytes: [UInt8], _ path: String, _ source: PassphraseSource
    ) throws(ToolError) -> KeyDocument {
        let place = ToolError.Context("file", path.escapedForTerminal)
        let secret = try source.stated()
        do {
            return try KeyDocument.read(bytes, passphrase: secret)
        } catch .privateKey(.passphraseNeeded) where source == .unstated {
            // No passphrase opens it, so none is asked for.
            if let encryption = LegacyEncryption(bytes) { throw encryption.error(place) }
            guard let answer = try PassphraseSource.ask("passphrase for \(path.escapedForTerminal)") else {
                throw error(.passphraseNeeded, place)
            }
            do {
                return try KeyDocument.read(bytes, passphrase: answer)
            } catch {
                throw self.error(error, bytes, place)
            }
        } catch {
            throw self.error(error, bytes, place)
        }
    }

    private static func error(
        _ fault: KeyDocument.Fault, _ bytes: [UInt8], _ place: ToolError.Context
    ) -> ToolError {
        switch fault {
        case .privateKey(.wrongPassphrase):
            LegacyEncryption(bytes)?.error(place) ?? error(.wrongPassphrase, place)
        case .privateKey(.malformed): notPrivate(bytes, place)
        case .privateKey(let error): self.error(error, place)
        case .failure(let failure, let hint):
            ToolError(failure.code, failure.message, context: [place], hint: hint)
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
                hint: privateHint)
        case .unsound(let reason): ToolError(.csrKey, reason, context: [place])
        }
    }

    /// What stands in the place of a private key, by its label.
    private static func notPrivate(_ bytes: [UInt8], _ place: ToolError.Context) -> ToolError {
        if let encryption = LegacyEncryption(bytes) { return encryption.error(place) }
        var scanner = PEMScanner(limit: CertificateBlocks.limit)
        var found = "something else"
        if case .block(let block) = scanner.next(in: bytes, isLast: true),
            !block.label.hasSuffix("PRIVATE KEY")
        {
            found = "\(block.label), which is the public half"
        }
        return ToolError(
            .pem, "expected a private key in PEM, found \(found)", context: [place], hint: privateHint)
    }

    private static let privateHint: Hint =
        "expected -----BEGIN PRIVATE KEY-----, or ENCRYPTED, EC or RSA PRIVATE KEY"

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
