import CBOR
import COSE
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import PKIX

/// Makes the fleet's tokens, requests and JWTs. One per worker.
final class Workshop {
    let fleet: Fleet
    private let arithmetic: P256Arithmetic

    init(_ fleet: Fleet) throws(ToolError) {
        self.fleet = fleet
        do {
            arithmetic = try P256Arithmetic()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// A key pair.
    struct Key {
        let scalar: [UInt8]
        let publicKey: P256PublicKey
    }

    func key(_ kind: String, _ index: Int) throws(ToolError) -> Key {
        let scalar = fleet.scalar(kind, index)
        do {
            if let publicKey = P256PublicKey(x963: try arithmetic.publicPoint(ofScalar: scalar)[...]) {
                return Key(scalar: scalar, publicKey: publicKey)
            }
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        throw ToolError(.internalFault, "expected an uncompressed point")
    }

    /// `r || s` over the SHA-256 of `message`, 64 bytes.
    private func sign(_ message: [UInt8], _ key: Key) throws(ToolError) -> [UInt8] {
        do {
            return try arithmetic.signDeterministically(digest: Digest.sha256(message), scalar: key.scalar)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    // MARK: Attestation tokens

    /// The answer of `%ATTESTTOKEN`: the first part is signed as the external data of a nil payload; without a key the
    /// signature is noise.
    func token(_ index: Int, key: Key?, spoiled: Bool) throws(ToolError) -> [UInt8] {
        var body = CBORWriter(reservingCapacity: 64)
        body.tag(55_799)
        body.arrayHeader(5)
        body.unsigned(1)
        body.byteString(fleet.identifier("uuid", index))
        body.unsigned(UInt64(index % 6) + 1)
        body.byteString(fleet.identifier("firmware", index % 3))
        body.byteString(fleet.identifier("nonce", index))
        let signer = key.map(Signer.key) ?? .noise(fleet.digest("noise", index))
        let envelope = try sign1(firstPart: body.bytes, payload: nil, by: signer, spoiled: spoiled)
        return join([body.bytes, envelope])
    }

    /// The answer of `%KEYGEN` with a CSR, of newer firmware: the payload alone is signed.
    func keyGeneration(_ index: Int, request: [UInt8]) throws(ToolError) -> [UInt8] {
        var secTag = CBORWriter(reservingCapacity: 5)
        secTag.unsigned(16_842_753)
        var payload = CBORWriter(reservingCapacity: 96)
        payload.tag(55_799)
        payload.arrayHeader(5)
        payload.unsigned(9)
        payload.byteString(fleet.identifier("uuid", index))
        payload.byteString(secTag.bytes)
        payload.byteString(Digest.sha256(request))
        payload.byteString(fleet.identifier("nonce", index))
        let key = try key("identity", index)
        return join([
            request, try sign1(firstPart: [], payload: payload.bytes, by: .key(key), spoiled: false),
        ])
    }

    private enum Signer {
        case key(Key)
        /// 32 bytes, twice in place of a signature.
        case noise([UInt8])
    }

    /// A COSE_Sign1 by the identity key (kid −2).
    private func sign1(
        firstPart: [UInt8], payload: [UInt8]?, by signer: Signer, spoiled: Bool
    ) throws(ToolError) -> [UInt8] {
        var protected = CBORWriter(reservingCapacity: 3)
        protected.mapHeader(1)
        protected.integer(1)
        protected.integer(-7)
        var keyID = CBORWriter(reservingCapacity: 1)
        keyID.integer(-2)
        var signature: [UInt8]
        switch signer {
        case .noise(let noise): signature = noise + noise
        case .key(let key):
            signature = try sign(
                SigStructure.encode(
                    protected: protected.bytes[...], externalAAD: firstPart[...],
                    payload: payload.map { .bytes($0[...]) } ?? .null), key)
        }
        if spoiled { signature[63] ^= 1 }
        var envelope = CBORWriter(reservingCapacity: 192)
        envelope.tag(18)
        envelope.arrayHeader(4)
        envelope.byteString(protected.bytes)
        envelope.mapHeader(1)
        envelope.integer(4)
        envelope.byteString(keyID.bytes)
        if let payload { envelope.byteString(payload) } else { envelope.null() }
        envelope.byteString(signature)
        return envelope.bytes
    }

    private func join(_ parts: [[UInt8]]) -> [UInt8] {
        Array(parts.map { DeviceIdentity.Base64.encode($0, .url) }.joined(separator: [UInt8(ascii: ".")]))
    }

    // MARK: Device JWTs

    /// A device JWT as a modem writes it: both texts end in as many spaces as make padding unnecessary.
    func jwt(
        _ index: Int, key: Key, issued: Int64, expires: Int64, spoiled: Bool
    ) throws(ToolError) -> [UInt8] {
        var header = JSONWriter()
        header.beginObject()
        header.member("typ", ascii: "JWT")
        header.member("alg", ascii: "ES256")
        header.member("kid", hex: key.publicKey.kid)
        header.endObject()
        var claims = JSONWriter()
        claims.beginObject()
        claims.member("iss", "nRF9160.\(try fleet.uuid("uuid", index))")
        claims.key("jti")
        let random = Hex.encode(fleet.identifier("jti", index))
        claims.string("nRF9160.\(try fleet.uuid("firmware", index % 3)).\(random)")
        claims.member("iat", issued)
        claims.member("exp", expires)
        claims.endObject()
        let signed = join([header.bytes, claims.bytes].map { $0 + Self.spaces(after: $0.count) })
        var signature = try sign(signed, key)
        if spoiled { signature[31] ^= 1 }
        return signed + [UInt8(ascii: ".")] + DeviceIdentity.Base64.encode(signature, .url)
    }

    private static func spaces(after count: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(ascii: " "), count: (3 - count % 3) % 3)
    }

    // MARK: Requests and their authority

    /// A certification request (RFC 2986) as a device makes it, with the key usage extension asked for.
    func request(_ index: Int) throws(ToolError) -> [UInt8] {
        let key = try key("csr", index)
        let name = try Self.name(
            "CN=\(try fleet.uuid("uuid", index)),OU=Cellular IoT,O=Bench Devices,C=NO")
        let usage = CertificateExtension.keyUsage([
            .digitalSignature, .nonRepudiation, .keyEncipherment, .keyAgreement,
        ])
        var information = DERWriter(capacity: 320)
        information.sequence { writer in
            writer.unsignedInteger([0])
            writer.raw(name.der)
            writer.raw(key.publicKey.spki)
            writer.constructed(.constructed(0)) { writer in
                writer.sequence { writer in
                    writer.objectIdentifier(.extensionRequest)
                    writer.constructed(.set) { writer in
                        writer.sequence { writer in
                            writer.sequence { writer in
                                writer.objectIdentifier(usage.oid)
                                writer.octetString(usage.value)
                            }
                        }
                    }
                }
            }
        }
        let signature = try derSignature(information.bytes, key)
        var request = DERWriter(capacity: 420)
        request.sequence { writer in
            writer.raw(information.bytes)
            writer.sequence { $0.objectIdentifier(.ecdsaWithSHA256) }
            writer.bitString(signature)
        }
        return request.bytes
    }

    /// The self-signed CA of the requests: its certificate, DER, and its private key, PKCS#8 in PEM.
    func authority() throws(ToolError) -> (certificate: [UInt8], privateKey: [UInt8]) {
        let key = try key("ca", 0)
        let name = try Self.name("CN=Bench Device CA,O=Bench Devices,C=NO")
        let start: Int64 = 1_735_689_600
        let template = CertificateTemplate(
            issuer: name, algorithm: .ecdsa(.sha256),
            extensions: CertificateTemplate.authorityExtensions(pathLength: 0), issuerKeyIdentifier: nil)
        let number = UInt16(clamping: 0x1000 + fleet.seed.unicodeScalars.count)
        guard let template,
            let serial = CertificateSerial(magnitude: [UInt8(number >> 8), UInt8(number & 0xff)]),
            let validity = ValidityPeriod(notBefore: start, notAfter: start + 30 * 365 * 86_400),
            let info = try? SubjectPublicKeyInfo(der: key.publicKey.spki)
        else { throw ToolError(.internalFault, "cannot make the certificate of the authority") }
        let tbs = template.makeTBS(serial: serial, subject: name, publicKey: info, validity: validity)
        let certificate = template.assemble(tbs, signature: try derSignature(tbs, key))
        do {
            return (certificate, try PrivateKey.p256(scalar: key.scalar).pemUnencrypted())
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private func derSignature(_ message: [UInt8], _ key: Key) throws(ToolError) -> [UInt8] {
        guard let der = ECDSASignature.der(fromFixedWidth: try sign(message, key)[...], width: 32) else {
            throw ToolError(.internalFault, "expected a signature of 64 bytes")
        }
        return der
    }

    private static func name(_ text: String) throws(ToolError) -> DistinguishedName {
        do {
            return try DistinguishedName(text: text)
        } catch {
            throw ToolError(.internalFault, error.reason)
        }
    }
}
