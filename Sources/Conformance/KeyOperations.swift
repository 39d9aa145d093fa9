import DeviceIdentity
import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `key.import`: a public or private key in PEM, DER or JWK that Assay can use, read as `key inspect` reads a file and
    /// `jwt verify --jwks` a set.
    ///
    /// A private JWK has to hold the private half of its public numbers.
    func importKey(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let info: SubjectPublicKeyInfo
        if let set = inputs.optional("jwks") {
            info = try usableKey(of: set)
        } else if inputs.optional("key_text") != nil {
            info = try textKey(try inputs.utf8("key_text"), inputs)
        } else {
            info = try publicKeyInfo(inputs)
        }
        _ = try info.soundKind().orRefused()
        return ["public_key_pem": pem(info), "kid": .string(Hex.encode(Digest.sha256(info.der)))]
    }

    /// The first key of a set that is usable: RFC 7517 section 5 wants the others ignored.
    private func usableKey(of set: JSONValue) throws(Refusal) -> SubjectPublicKeyInfo {
        guard let elements = set["keys"]?.arrayValue else {
            throw Refusal("expected a JWK Set, an object with the array 'keys'")
        }
        var reasons: [String] = []
        for element in elements {
            do throws(Refusal) {
                guard let object = element.objectValue else { throw Refusal("expected an object in the set") }
                return try JSONWebKey(object).publicKey()
            } catch {
                reasons.append(error.reason)
            }
        }
        throw Refusal("expected a usable key in the set, found none: " + reasons.joined(separator: "; "))
    }

    /// A file as it is: PEM, or a JWK or JWK Set.
    private func textKey(_ text: [UInt8], _ inputs: CaseInputs) throws(Refusal) -> SubjectPublicKeyInfo {
        guard text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return try pemKey(text, inputs) }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw Refusal("json: \(error.message)")
        }
        if value["keys"] != nil { return try usableKey(of: value) }
        guard let object = value.objectValue else { throw Refusal("expected a JWK, found another value") }
        return try JSONWebKey(object).publicKey()
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
        do {
            switch try KeyDocument.read(text, passphrase: passphrase(inputs)) {
            case .privateKey(let key): return try info(key.publicKey.spki)
            case .publicKey(let info, _): return info
            }
        } catch let fault as KeyDocument.Fault {
            switch fault {
            case .privateKey(let error): throw Refusal("private key: \(error)")
            case .failure(let failure, _): throw Refusal(failure)
            }
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
            if case .privateKey(let key)? = try? KeyDocument.read(text, passphrase: nil) {
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
