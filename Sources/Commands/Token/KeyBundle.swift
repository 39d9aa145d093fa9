import Attestation
import Diagnostics
import Intake
import OpenSSL
import PKIX

/// Identity keys that do not say whose they are: a file of PEM blocks, each a public key, a certificate or a
/// certification request.
enum KeyBundle {
    /// - Throws: ``ToolError`` with `pem`, `der`, `csr-key` or `io`, and the place.
    static func read(path: String, text: [UInt8]) throws(ToolError) -> Set<P256PublicKey> {
        let name = path.escapedForTerminal
        if let line = TextBetweenBlocks.firstRow(in: text) {
            throw ToolError(
                .mixedInput, "expected keys in PEM alone, found a row of a table beside them",
                context: [.init("file", "\(name):\(line)")],
                hint: "put the keys that say whose they are into a table of their own")
        }
        // Beside sound ones too: without it, its device would be told that its signature is wrong.
        if let damage = PEMReview.error(in: text, of: path) { throw damage }
        var keys: Set<P256PublicKey> = []
        let entries: [PEMDocument.Entry]
        do throws(PEMError) {
            entries = try PEMDocument(text).entries
        } catch {
            throw ToolError(.pem, error.reason, context: [.init("file", "\(name):\(error.line)")])
        }
        for entry in entries {
            let block = PEMWriter.encode(label: entry.label, der: entry.der)
            guard let key = try KeyFile.readPublic(block, "\(path):\(entry.line)").p256 else {
                throw KeySource.notP256.at("file", "\(name):\(entry.line)")
            }
            keys.insert(key)
        }
        guard !keys.isEmpty else {
            throw ToolError(.pem, "expected public keys in PEM, found none", context: [.init("file", name)])
        }
        return keys
    }
}

/// The keys of a bundle as one worker asks for them.
///
/// A signature leaves two keys possible, which can be calculated: the one of them that is in the bundle is the key to
/// verify with. Trying one key after the other would cost as many verifications as there are keys.
final class BundledKeys {
    private let keys: Set<P256PublicKey>
    /// The key that stands for all of them where none can have signed: whatever its device, it has to be one of these.
    private let representative: P256PublicKey?
    private let arithmetic: P256Arithmetic

    init(_ keys: Set<P256PublicKey>) throws(ToolError) {
        self.keys = keys
        representative = keys.min { $0.point.lexicographicallyPrecedes($1.point) }
        do throws(OpenSSLError) {
            arithmetic = try P256Arithmetic()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// The key that can have signed the token; another one where none can, under which the token is rejected. A key is
    /// known for every device here, so no token is ever one that nothing is known of.
    func key(for token: AttestationToken) throws(ToolError) -> IdentityKey? {
        var found: P256PublicKey?
        do throws(TokenError) {
            found = try KeyRecovery.candidates(token, arithmetic).values.joined().first(where: keys.contains)
        } catch {
            if error.code == .internalFault { throw ToolError(error.code, error.message) }
            // No signature of an identity key: with whatever key, the verifier says what is wrong.
        }
        return (found ?? representative).map { IdentityKey(publicKey: $0, trust: .given) }
    }
}
