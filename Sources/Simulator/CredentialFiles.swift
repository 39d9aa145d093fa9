import DeviceIdentity
public import OpenSSL
import PKIX

extension DeviceOutcome {
    /// The files of ``CredentialStore/files(prefix:)`` for this device, whose UUID they begin with.
    public func credentialFiles() throws(OpenSSLError) -> [(name: String, content: [UInt8])] {
        try credentials?.files(prefix: deviceUUID.description) ?? []
    }
}

extension CredentialStore {
    /// What tools that speak TLS in the device's place want to read of its modem, in PEM, as names and contents: the
    /// client certificate (`<prefix>.<tag>.crt`), its private key (`.key`) and the CA certificates (`.ca`).
    ///
    /// A modem gives no private key away. These are simulated, and whoever knows the seed has the identity keys anyway.
    func files(prefix: String) throws(OpenSSLError) -> [(name: String, content: [UInt8])] {
        let arithmetic = try P256Arithmetic()
        var files: [(name: String, content: [UInt8])] = []
        for (slot, _) in listing {
            guard let content = content(slot) else { continue }
            let name = "\(prefix).\(slot.secTag.rawValue)"
            switch slot.kind {
            case .rootCertificate: files.append((name + ".ca", content))
            case .clientCertificate: files.append((name + ".crt", content))
            case .privateKey: files.append((name + ".key", try Self.pem(content, arithmetic)))
            default: break
            }
        }
        return files
    }

    /// A private key in PEM: what was written to the modem, or a scalar that the modem made, as an ECPrivateKey
    /// (RFC 5915).
    private static func pem(_ content: [UInt8], _ arithmetic: P256Arithmetic) throws(OpenSSLError) -> [UInt8]
    {
        guard content.count == 32 else { return content }
        let point = try arithmetic.publicPoint(ofScalar: content)
        var writer = DERWriter(capacity: 121)
        writer.sequence { key in
            key.unsignedInteger([1])
            key.octetString(content)
            key.constructed(.constructed(0)) { $0.objectIdentifier(SubjectPublicKeyInfo.p256Curve) }
            key.constructed(.constructed(1)) { $0.bitString(point) }
        }
        return PEMWriter.encode(label: "EC PRIVATE KEY", der: writer.bytes)
    }
}
