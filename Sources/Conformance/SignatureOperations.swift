import JSON
import OpenSSL
import PKIX

extension ConformanceJudge {
    /// `sig.verify`: an ECDSA signature, fixed-width (p1363) or DER.
    func verifySignature(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let info = try publicKeyInfo(inputs)
        let message = try inputs.hex("msg_hex")
        let signature = try inputs.hex("sig_hex")
        let hash = try hashAlgorithm(try inputs.text("hash"))
        let encoding = try inputs.text("encoding")
        guard encoding == "p1363" || encoding == "der" else {
            throw Refusal("expected the encoding 'p1363' or 'der'")
        }
        let isValid: Bool
        if let key = info.p256, hash == .sha256 {
            let digest = Digest.sha256(message)
            isValid =
                encoding == "der"
                ? signatures.isValid(derSignature: signature[...], digest: digest, key: key)
                : signatures.isValid(signature: signature[...], digest: digest, key: key)
        } else {
            let key = try info.usableKey().orRefused()
            let encoded = encoding == "der" ? signature : fixedWidth(signature, key.kind)
            isValid =
                encoded.map { key.isValid(signature: $0, over: message, algorithm: .ecdsa(hash)) } ?? false
        }
        guard isValid else { throw Refusal("signature: the signature does not verify") }
        return nil
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
