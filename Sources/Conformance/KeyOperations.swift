import DeviceIdentity
import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `key.import`: a public or private key in PEM, DER or JWK that Assay can use.
    ///
    /// A private JWK has to hold the private half of its public numbers.
    func importKey(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let info = try publicKeyInfo(inputs)
        _ = try info.acceptedKind().orRefused()
        let key = try info.usableKey().orRefused()
        return ["public_key_pem": pem(info), "kid": .string(Hex.encode(key.kid))]
    }

    /// The key to verify with, its point known to be on the curve.
    func publicKey(_ inputs: CaseInputs) throws(Refusal) -> PublicKey {
        try publicKeyInfo(inputs).usableKey().orRefused()
    }

    /// The key in whichever of `key_jwk`, `key_pem`, `key_der_hex` and `cert_pem` is there.
    func publicKeyInfo(_ inputs: CaseInputs) throws(Refusal) -> SubjectPublicKeyInfo {
        if let key = inputs.optional("key_jwk") {
            guard let object = key.objectValue else {
                throw Refusal("expected an object in the input 'key_jwk'")
            }
            return try JSONWebKey(object).publicKey()
        }
        if inputs.optional("key_pem") != nil { return try pemKey(try inputs.utf8("key_pem"), inputs) }
        if inputs.optional("key_der_hex") != nil { return try derKey(try inputs.hex("key_der_hex")) }
        if inputs.optional("cert_pem") != nil { return try certificateKey(inputs) }
        throw Refusal(
            "expected a key in one of the inputs key_jwk, key_pem, key_der_hex and cert_pem, found none")
    }

    private func pemKey(_ text: [UInt8], _ inputs: CaseInputs) throws(Refusal) -> SubjectPublicKeyInfo {
        let document: PEMDocument
        do {
            document = try PEMDocument(text)
        } catch {
            // An encrypted SEC 1 or PKCS #1 key has headers, which the strict reader does not take.
            guard let key = try? PrivateKey.read(pem: text, passphrase: passphrase(inputs)) else {
                throw Refusal(error.checkFailure)
            }
            return try info(key.publicKey.spki)
        }
        if document.entries.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) {
            do {
                return try info(PrivateKey.read(pem: text, passphrase: passphrase(inputs)).publicKey.spki)
            } catch {
                throw Refusal("private key: \(error)")
            }
        }
        do {
            return try info(try document.single("PUBLIC KEY"))
        } catch let error as PEMError {
            throw Refusal(error.checkFailure)
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal("\(error)")
        }
    }

    private func passphrase(_ inputs: CaseInputs) -> [UInt8]? {
        inputs.optional("passphrase")?.stringValue.map { Array($0.utf8) }
    }

    /// A SubjectPublicKeyInfo, else a private key in the encodings that PEM labels tell apart.
    private func derKey(_ der: [UInt8]) throws(Refusal) -> SubjectPublicKeyInfo {
        if let info = try? SubjectPublicKeyInfo(der: der) { return info }
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            let text = PEMWriter.encode(label: label, der: der)
            if let key = try? PrivateKey.read(pem: text, passphrase: nil) {
                return try info(key.publicKey.spki)
            }
        }
        throw Refusal(
            "expected a SubjectPublicKeyInfo, PKCS #8, SEC 1 or PKCS #1 key in DER, found none of them")
    }

    private func info(_ spki: [UInt8]) throws(Refusal) -> SubjectPublicKeyInfo {
        do {
            return try SubjectPublicKeyInfo(der: spki)
        } catch {
            throw Refusal(error.checkFailure)
        }
    }
}
