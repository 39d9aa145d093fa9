import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `csr.verify`: a sound PKCS #10 request that its own key signed.
    func verifyRequest(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let verified = try request(inputs).verify(with: requests).orRefused()
        return ["public_key_pem": pem(verified.publicKey)]
    }

    /// `csr.decode`: a sound PKCS #10 request; its signature is not judged.
    func decodeRequest(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let key = try request(inputs).publicKey
        if let failure = key.defect { throw Refusal(failure) }
        return ["public_key_pem": pem(key)]
    }

    private func request(_ inputs: CaseInputs) throws(Refusal) -> CertificationRequest {
        let text = try inputs.utf8("csr_pem")
        do {
            let der = try PEMDocument(text).single("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
            return try CertificationRequest(der: der)
        } catch let error as PEMError {
            throw Refusal(error.checkFailure)
        } catch let error as DERError {
            throw Refusal(error.checkFailure)
        } catch {
            throw Refusal("\(error)")
        }
    }

    /// `cert.decode`: a sound X.509 certificate.
    func decodeCertificate(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        ["public_key_pem": pem(try certificateKey(inputs))]
    }

    /// The public key of the certificate in `cert_pem`.
    func certificateKey(_ inputs: CaseInputs) throws(Refusal) -> SubjectPublicKeyInfo {
        let certificate = try X509Certificate.read(pem: try inputs.utf8("cert_pem")).orRefused()
        do {
            return try certificate.publicKeyInfo()
        } catch {
            throw Refusal(error.checkFailure)
        }
    }

    /// `cert.verify`: a chain from the leaf over any intermediates to one of the anchors, at the time given and
    /// for the purpose and the name. `cert.verify.crl`: with lists of revoked certificates, one of which has to cover the
    /// leaf.
    func verifyChain(_ inputs: CaseInputs, demandsList: Bool = false) throws(Refusal) -> JSONObject? {
        let anchors = try certificates("trust", inputs)
        let intermediates = try certificates("intermediates", inputs)
        let leaf = try X509Certificate.read(pem: try inputs.utf8("leaf")).orRefused()
        guard let time = InternetTime.seconds(try inputs.text("time")) else {
            throw Refusal("expected an RFC 3339 time in the input 'time'")
        }
        let depth = try maximumDepth(inputs)
        let lists = try revocationLists(inputs)
        guard !demandsList || !lists.isEmpty else { throw Refusal("expected a revocation list, found none") }
        let verifier: CertificateChainVerifier
        do {
            verifier = try CertificateChainVerifier(
                anchors: anchors, revocationLists: lists)
        } catch {
            throw Refusal("trust anchors: \(error.message)")
        }
        _ = try verifier.verify(
            leaf, intermediates: intermediates, at: time, purpose: try purpose(inputs),
            name: try expectedName(inputs), maximumDepth: depth
        ).orRefused()
        return nil
    }

    private func certificates(_ name: String, _ inputs: CaseInputs) throws(Refusal) -> [X509Certificate] {
        try inputs.texts(name).map { (text) throws(Refusal) in
            try X509Certificate.read(pem: Array(text.utf8)).orRefused()
        }
    }

    private func revocationLists(_ inputs: CaseInputs) throws(Refusal) -> [RevocationList] {
        guard inputs.optional("crls") != nil else { return [] }
        var lists: [RevocationList] = []
        for text in try inputs.texts("crls") {
            do {
                for entry in try PEMDocument(Array(text.utf8)).entries {
                    guard entry.label == "X509 CRL" else { throw Refusal("pem: expected X509 CRL") }
                    lists.append(try RevocationList(der: entry.der))
                }
            } catch let error as PEMError {
                throw Refusal(error.checkFailure)
            } catch let error as DERError {
                throw Refusal(error.checkFailure)
            } catch {
                throw Refusal("\(error)")
            }
        }
        return lists
    }

    private func maximumDepth(_ inputs: CaseInputs) throws(Refusal) -> Int {
        guard let value = inputs.optional("max_depth") else {
            return CertificateChainVerifier.defaultMaximumDepth
        }
        guard let number = value.integerValue, (0...255).contains(number) else {
            throw Refusal("expected 0 to 255 in the input 'max_depth'")
        }
        return Int(number)
    }

    private func purpose(_ inputs: CaseInputs) throws(Refusal) -> CertificatePurpose {
        switch try inputs.text("purpose") {
        case "serverAuth": return .server
        case "clientAuth": return .client
        case "any": return .any
        default: throw Refusal("expected serverAuth, clientAuth or any in the input 'purpose'")
        }
    }

    private func expectedName(_ inputs: CaseInputs) throws(Refusal) -> ExpectedName? {
        guard let name = inputs.optional("name") else { return nil }
        guard let value = name["value"]?.stringValue else {
            throw Refusal("expected a kind and a value in the input 'name'")
        }
        switch name["kind"]?.stringValue {
        case "DNS": return .host(value)
        case "IP": return .address(value)
        case "RFC822": return .mailbox(value)
        default: throw Refusal("expected the kind DNS, IP or RFC822 in the input 'name'")
        }
    }
}
