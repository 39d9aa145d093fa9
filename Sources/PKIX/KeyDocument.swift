public import Diagnostics
public import OpenSSL

/// The one key of a file in PEM: a private key, a public key, or the public key that a certificate or a certification
/// request holds. What every verb that takes a key reads it with.
///
/// Reading it says nothing of the certificate or the request: neither is verified.
public enum KeyDocument: Sendable {
    case privateKey(PrivateKey)
    case publicKey(SubjectPublicKeyInfo, PublicKey.Kind)

    /// Why a file gives no key.
    public enum Fault: Error, Sendable {
        /// The private key cannot be opened, or is unsound.
        case privateKey(PrivateKeyError)
        /// `pem`, `der` or `csr-key`, with the next step where there is one.
        case failure(CheckFailure, hint: Hint?)
    }

    /// What may stand for a public key.
    private static let publicLabels =
        ["PUBLIC KEY"] + X509Certificate.pemLabels + CertificationRequest.pemLabels

    /// - Parameter passphrase: of an encrypted private key.
    public static func read(_ text: [UInt8], passphrase: [UInt8]?) throws(Fault) -> KeyDocument {
        if let label = PrivateKeyForm.label(in: text) {
            let key = try privateKey(text, label, passphrase)
            try demandAgreement(text, with: key.publicKey.spki)
            return .privateKey(key)
        }
        let info = try publicInfo(text)
        switch info.soundKind() {
        case .success(let kind): return .publicKey(info, kind)
        case .failure(let failure): throw .failure(failure, hint: nil)
        }
    }

    /// Whether a text holds a private key, whatever else is in it.
    public static func hasPrivateKey(_ text: [UInt8]) -> Bool { PrivateKeyForm.label(in: text) != nil }

    /// The same where a private key has no business; a file that holds one is refused.
    public static func readPublic(_ text: [UInt8]) throws(Fault) -> SubjectPublicKeyInfo {
        if hasPrivateKey(text) {
            throw .failure(
                CheckFailure(.pem, "expected a public key, found a private one"),
                hint: .makePublicHalf)
        }
        guard case .publicKey(let info, _) = try read(text, passphrase: nil) else {
            throw .failure(CheckFailure(.pem, "expected a public key"), hint: nil)
        }
        return info
    }

    private static func privateKey(
        _ text: [UInt8], _ label: PrivateKeyForm.Label, _ passphrase: [UInt8]?
    ) throws(Fault) -> PrivateKey {
        guard label != .openSSH else {
            throw .failure(
                CheckFailure(.pem, "expected a private key in PKCS#8, SEC 1 or PKCS#1, found an OpenSSH one"),
                hint: "ssh-keygen -p -m PKCS8 -f FILE rewrites it")
        }
        var text = text
        var form: PrivateKeyForm?
        // Headers of an encrypted key of the old kind are not PEM as RFC 7468 has it; libcrypto opens those.
        if label != .oldEncrypted {
            let entries: [PEMDocument.Entry]
            do {
                entries = try PEMDocument(text).entries.filter { $0.label.hasSuffix("PRIVATE KEY") }
            } catch {
                throw .failure(error.checkFailure, hint: nil)
            }
            guard let entry = entries.first, entries.count == 1 else {
                throw .failure(
                    CheckFailure(.pem, "expected one private key, found \(entries.count)"),
                    hint: "give a file with one key")
            }
            do {
                form = try PrivateKeyForm(entry)
            } catch {
                throw .failure(
                    CheckFailure(.csrKey, "expected a private key in DER: \(error.description)"), hint: nil)
            }
            text = PEMWriter.encode(label: entry.label, der: form?.older ?? entry.der)
        }
        let key: PrivateKey
        do {
            key = try PrivateKey.read(pem: text, passphrase: passphrase)
        } catch {
            throw .privateKey(error)
        }
        // libcrypto computes the public half of an Ed25519 key and reads over the one in the file.
        if let stated = form?.publicBits,
            (try? SubjectPublicKeyInfo(der: key.publicKey.spki))?.keyOctets.elementsEqual(stated) != true
        {
            throw .privateKey(
                .unsound("expected a private key that belongs to its public key, found one that does not"))
        }
        return key
    }

    /// What else is in the file has to be of the same key: which of two counts, nobody can know. Of certificates one has
    /// to be, for a chain may follow it.
    private static func demandAgreement(_ text: [UInt8], with spki: [UInt8]) throws(Fault) {
        var scanner = PEMScanner()
        var certificates: [Bool] = []
        // Of a key of the old encrypted kind libcrypto reads more than the scanner, which passes it over.
        while true {
            switch scanner.next(in: text, isLast: true) {
            case .block(let block) where publicLabels.contains(block.label):
                guard let der = try? block.decode(in: text), let info = try? publicInfo(der, block.label)
                else { continue }
                let isSame = info.der == spki
                if X509Certificate.pemLabels.contains(block.label) {
                    certificates.append(isSame)
                } else if !isSame {
                    throw differs(block.label)
                }
            case .block, .malformed: continue
            case .more, .end:
                if !certificates.isEmpty, !certificates.contains(true) {
                    throw differs(X509Certificate.pemLabel)
                }
                return
            }
        }
    }

    private static func differs(_ label: String) -> Fault {
        .failure(
            CheckFailure(.pem, "expected one key, found a private key and a \(label) of another"),
            hint: "give a file with one key")
    }

    private static func publicInfo(_ text: [UInt8]) throws(Fault) -> SubjectPublicKeyInfo {
        let entries: [PEMDocument.Entry]
        do {
            entries = try PEMDocument(text).entries
        } catch {
            throw .failure(error.checkFailure, hint: hint)
        }
        guard let entry = entries.first else {
            throw .failure(
                PEMError(line: 1, "expected a PEM block PUBLIC KEY, found none").checkFailure, hint: hint)
        }
        guard entries.count == 1 else {
            let error = PEMError(line: entries[1].line, "expected one PEM block, found \(entries.count)")
            throw .failure(error.checkFailure, hint: hint)
        }
        guard publicLabels.contains(entry.label) else {
            let error = PEMError(line: entry.line, "expected a PEM block PUBLIC KEY, found \(entry.label)")
            let isPKCS1 = entry.label == "RSA PUBLIC KEY"
            throw .failure(
                error.checkFailure,
                hint: isPKCS1 ? "openssl rsa -RSAPublicKey_in -in FILE -pubout rewrites it" : hint)
        }
        do {
            return try publicInfo(entry.der, entry.label)
        } catch let error as DERError {
            throw .failure(error.checkFailure, hint: nil)
        } catch let failure as CheckFailure {
            throw .failure(failure, hint: nil)
        } catch {
            throw .failure(CheckFailure(.der, "\(error)"), hint: nil)
        }
    }

    private static func publicInfo(_ der: [UInt8], _ label: String) throws -> SubjectPublicKeyInfo {
        switch label {
        case "PUBLIC KEY": try publicInfo(der: der)
        case _ where X509Certificate.pemLabels.contains(label):
            try X509Certificate.read(der: der).get().publicKeyInfo()
        default: try CertificationRequest(der: der).publicKey
        }
    }

    private static func publicInfo(der: [UInt8]) throws -> SubjectPublicKeyInfo {
        let error: DERError
        do throws(DERError) {
            return try SubjectPublicKeyInfo(der: der)
        } catch let fault {
            error = fault
        }
        guard PublicKey.begins(der) else { throw error }
        throw CheckFailure(.csrKey, "expected a public key in DER, found another form: \(error.description)")
    }

    private static let hint: Hint =
        "expected one key (-----BEGIN PUBLIC KEY-----), certificate or certification request in PEM"
}
