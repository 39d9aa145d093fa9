import Attestation
import CBOR
import COSE
import DeviceIdentity
import OpenSSL
import PKIX
import Testing

/// Makes tokens as a modem does, sound or with one thing changed; the same input gives the same token.
struct TokenBuilder: Sendable {
    enum Kind: Sendable {
        case identity, certificationRequest, publicKey
    }

    /// What the signature covers.
    enum Form: Sendable {
        case bound, plain
        /// RFC 9052's own detached form, which no device makes.
        case standardDetached
    }

    static let identityScalar = [UInt8](repeating: 0x11, count: 32)
    static let otherScalar = [UInt8](repeating: 0x22, count: 32)
    static let subjectScalar = [UInt8](repeating: 0x33, count: 32)

    var kind = Kind.identity
    var form = Form.bound
    var scalar = identityScalar
    var uuid = [UInt8](0x50...0x5f)
    var nonce = [UInt8](0xa0...0xaf)
    var deviceType: UInt64 = 6
    /// The content of the protected bstr.
    var protected: [UInt8] = [0xa1, 0x01, 0x26]
    /// The encoded unprotected map.
    var unprotected: [UInt8] = [0xa1, 0x04, 0x41, 0x21]
    /// The CBOR in the security tag's byte string.
    var nestedTag: [UInt8] = [0x11]
    /// The CSR's common name; nil for the device UUID.
    var commonName: String?
    /// Instead of the digest of the first part.
    var digest: [UInt8]?
    /// Whether the CSR's signature is good.
    var hasGoodRequestSignature = true
    /// Changes the messages' CBOR before they are signed.
    var editMessage: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    /// Changes the signature.
    var editSignature: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    var messageType: UInt64?

    static func key(_ scalar: [UInt8] = identityScalar) throws -> P256PublicKey {
        try #require(P256PublicKey(spki: PrivateKey.p256(scalar: scalar).publicKey.spki[...]))
    }

    func text() throws -> [UInt8] {
        let first = try firstPart()
        return tokenText(first, try envelope(first))
    }

    func token() throws -> AttestationToken { try AttestationToken(text()[...]) }

    private func firstPart() throws -> [UInt8] {
        switch kind {
        case .identity:
            var writer = CBORWriter()
            writer.tag(55_799)
            writer.arrayHeader(5)
            writer.unsigned(messageType ?? 1)
            writer.byteString(uuid)
            writer.unsigned(deviceType)
            writer.byteString([UInt8](repeating: 0xf0, count: 16))
            writer.byteString(nonce)
            return editMessage(writer.bytes)
        case .publicKey: return try Self.key(Self.subjectScalar).spki
        case .certificationRequest: return try request()
        }
    }

    private func keyMessage(_ first: [UInt8]) -> [UInt8] {
        var writer = CBORWriter()
        writer.tag(55_799)
        writer.arrayHeader(5)
        writer.unsigned(messageType ?? (kind == .publicKey ? 8 : 9))
        writer.byteString(uuid)
        writer.byteString(nestedTag)
        writer.byteString(digest ?? Digest.sha256(first))
        writer.byteString(nonce)
        return editMessage(writer.bytes)
    }

    private func envelope(_ first: [UInt8]) throws -> [UInt8] {
        let payload = kind == .identity ? nil : keyMessage(first)
        let signed: [UInt8]
        if form == .standardDetached {
            signed = SigStructure.encode(
                protected: protected[...], externalAAD: [], payload: .bytes(first[...]))
        } else {
            signed = SigStructure.encode(
                protected: protected[...], externalAAD: form == .bound ? first[...] : [],
                payload: payload.map { .bytes($0[...]) } ?? .null)
        }
        let signature = try P256Arithmetic().signDeterministically(
            digest: Digest.sha256(signed), scalar: scalar)
        return envelope(payload, editSignature(signature))
    }

    private func envelope(_ payload: [UInt8]?, _ signature: [UInt8]) -> [UInt8] {
        var head = CBORWriter()
        head.tag(18)
        head.arrayHeader(4)
        head.byteString(protected)
        var tail = CBORWriter()
        if let payload { tail.byteString(payload) } else { tail.null() }
        tail.byteString(signature)
        return head.bytes + unprotected + tail.bytes
    }

    private func request() throws -> [UInt8] {
        let name = try commonName ?? uuidText()
        let key = try Self.key(Self.subjectScalar)
        let type = try #require(OID("2.5.4.3"))
        var information = DERWriter()
        information.sequence { writer in
            writer.unsignedInteger([])
            writer.sequence { writer in
                writer.constructed(.set) { writer in
                    writer.sequence { writer in
                        writer.objectIdentifier(type)
                        writer.primitive(.utf8String, name.utf8)
                    }
                }
            }
            writer.raw(key.spki)
            writer.constructed(.constructed(0)) { _ in }
        }
        let scalar = hasGoodRequestSignature ? Self.subjectScalar : Self.otherScalar
        let signature = try P256Arithmetic().signDeterministically(
            digest: Digest.sha256(information.bytes), scalar: scalar)
        let encoded = try #require(ECDSASignature.der(fromFixedWidth: signature[...], width: 32))
        var outer = DERWriter()
        outer.sequence { writer in
            writer.raw(information.bytes)
            writer.sequence { $0.objectIdentifier(.ecdsaWithSHA256) }
            writer.bitString(encoded)
        }
        return outer.bytes
    }

    private func uuidText() throws -> String {
        try #require(DeviceUUID(bytes: uuid[...])).description
    }
}
