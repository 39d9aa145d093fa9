import DeviceIdentity
import OpenSSL
import PKIX

/// What a modem looks at before it stores a credential.
enum CredentialContent {
    static func isValid(_ content: [UInt8], _ kind: CredentialKind, password: String?) -> Bool {
        switch kind {
        case .rootCertificate: certificates(content).map { !$0.isEmpty } ?? false
        case .clientCertificate: certificates(content)?.count == 1
        case .privateKey: isPrivateKey(content, password)
        case .preSharedKey: isHexadecimal(content)
        case .keyIdentity: !content.isEmpty
        case .commandKey, .ownershipKey: isPublicKey(content)
        case .identityKey, .reserved, .endorsementKey, .identityRoot, .vendorKey: false
        }
    }

    /// The certificates of a PEM text; `nil` for anything but certificates in a text that a modem takes.
    private static func certificates(_ content: [UInt8]) -> [[UInt8]]? {
        guard let document = document(content) else { return nil }
        for entry in document.entries {
            guard entry.label == "CERTIFICATE", (try? X509Certificate(der: entry.der)) != nil else {
                return nil
            }
        }
        return document.entries.map(\.der)
    }

    /// PEM with lines that end in LF, the last one too: modems refuse CR LF and a missing end.
    private static func document(_ content: [UInt8]) -> PEMDocument? {
        guard !content.contains(UInt8(ascii: "\r")), content.last == UInt8(ascii: "\n"),
            let document = try? PEMDocument(content), !document.entries.isEmpty, !document.hasTextOutside
        else { return nil }
        return document
    }

    private static func isPrivateKey(_ content: [UInt8], _ password: String?) -> Bool {
        guard document(content)?.entries.count == 1 else { return false }
        return (try? PrivateKey.read(pem: content, passphrase: password.map { Array($0.utf8) })) != nil
    }

    private static func isPublicKey(_ content: [UInt8]) -> Bool {
        guard let document = document(content), document.entries.count == 1,
            let entry = document.entries.first
        else { return false }
        return entry.label == "PUBLIC KEY" && (try? PublicKey(spki: entry.der)) != nil
    }

    private static func isHexadecimal(_ content: [UInt8]) -> Bool {
        !content.isEmpty && Hex.decode(String(decoding: content, as: UTF8.self)) != nil
    }
}
