import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `sig.verify`: an ECDSA signature, fixed-width (p1363) or DER, or one of Ed25519 (raw), which hashes by itself.
    func verifySignature(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let info = try publicKeyInfo(inputs)
        let message = try inputs.hex("msg_hex")
        let signature = try inputs.hex("sig_hex")
        let isValid: Bool
        switch (try inputs.text("encoding"), try inputs.text("hash")) {
        case ("raw", "none"):
            let key = try info.usableKey().orRefused()
            isValid = key.isValid(signature: signature, over: message, algorithm: .ed25519)
        case ("raw", _), (_, "none"):
            throw Refusal("expected the encoding 'raw' with the hash 'none', and no other with either")
        case ("der", let hash):
            isValid = try verifies(signature, message, try hashAlgorithm(hash), info, isDER: true)
        case ("p1363", let hash):
            isValid = try verifies(signature, message, try hashAlgorithm(hash), info, isDER: false)
        default: throw Refusal("expected the encoding 'p1363', 'der' or 'raw'")
        }
        guard isValid else { throw Refusal("signature: the signature does not verify") }
        return nil
    }

    private func verifies(
        _ signature: [UInt8], _ message: [UInt8], _ hash: HashAlgorithm, _ info: SubjectPublicKeyInfo,
        isDER: Bool
    ) throws(Refusal) -> Bool {
        if let key = info.p256, hash == .sha256 {
            let digest = Digest.sha256(message)
            return isDER
                ? signatures.isValid(derSignature: signature[...], digest: digest, key: key)
                : signatures.isValid(signature: signature[...], digest: digest, key: key)
        }
        let key = try info.usableKey().orRefused()
        let encoded = isDER ? signature : fixedWidth(signature, key.kind)
        return encoded.map { key.isValid(signature: $0, over: message, algorithm: .ecdsa(hash)) } ?? false
    }

    private func hashAlgorithm(_ name: String) throws(Refusal) -> HashAlgorithm {
        switch name {
        case "SHA-256": return .sha256
        case "SHA-384": return .sha384
        case "SHA-512": return .sha512
        default: throw Refusal("expected the hash SHA-256, SHA-384 or SHA-512")
        }
    }

    private func fixedWidth(_ signature: [UInt8], _ kind: PublicKey.Kind) -> [UInt8]? {
        switch kind {
        case .p256: ECDSASignature.der(fromFixedWidth: signature[...], width: 32)
        case .p384: ECDSASignature.der(fromFixedWidth: signature[...], width: 48)
        case .p521: ECDSASignature.der(fromFixedWidth: signature[...], width: 66)
        default: nil
        }
    }
}
