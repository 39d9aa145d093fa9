import DeviceIdentity
import Diagnostics
import JSON
import JWT
import OpenSSL
import PKIX

/// What is said of a key, `assay.key/1`.
struct KeyReport {
    let file: String
    let key: PublicKey
    /// `nil` where it goes without saying.
    var isPrivate: Bool?

    var bytesAsJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.key/1")
        writer.key("file")
        writer.string(file)
        if let isPrivate {
            writer.key("half")
            writer.string(isPrivate ? "private" : "public")
        }
        writer.key("type")
        writer.string(key.kind.name)
        writer.key("kid")
        writer.hex(key.kid)
        if let thumbprint {
            writer.key("thumbprint")
            writer.string(thumbprint)
        }
        writer.key("publicKeyPem")
        writer.string(PEMText.publicKey(key.spki))
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    /// RFC 7638 in base64url; `nil` where it is not printed and for keys that JWK has no form for.
    private var thumbprint: String? {
        guard isPrivate != nil, let components = try? SubjectPublicKeyInfo(der: key.spki).components else {
            return nil
        }
        return String(decoding: Base64.encode(components.thumbprint, .url), as: UTF8.self)
    }

    var bytesAsText: [UInt8] {
        var block = TextBlock()
        block.line("file", file)
        if let isPrivate { block.line("half", isPrivate ? "private" : "public") }
        block.line("type", key.kind.name)
        block.line("kid", Hex.encode(key.kid))
        if let thumbprint { block.line("thumbprint", thumbprint) }
        return block.bytes + Array(PEMText.publicKey(key.spki).utf8)
    }

    func bytes(json: Bool) -> [UInt8] { json ? bytesAsJSON : bytesAsText }
}

extension PublicKey.Kind {
    /// The name of results and of `--type`: `p256`, `rsa3072`.
    var name: String {
        switch self {
        case .p256: "p256"
        case .p384: "p384"
        case .p521: "p521"
        case .ed25519: "ed25519"
        case .rsa(let bits): "rsa\(bits)"
        case .otherCurve(let name), .other(let name): name
        }
    }
}
