import DeviceIdentity
import Diagnostics
import JSON
import JWT
import OpenSSL
import PKIX

/// What is said of a key, `assay.key/1`.
struct KeyReport {
    let file: String
    let spki: [UInt8]
    let kind: PublicKey.Kind
    /// `nil` where it goes without saying.
    var isPrivate: Bool?

    private init(_ file: String, _ spki: [UInt8], _ kind: PublicKey.Kind, isPrivate: Bool? = nil) {
        self.file = file.withheld
        self.spki = spki
        self.kind = kind
        self.isPrivate = isPrivate
    }

    init(file: String, key: PublicKey) { self.init(file, key.spki, key.kind) }

    /// - Parameter showsDetails: whether more than the key itself is said.
    init(file: String, _ document: KeyDocument, showsDetails: Bool = false) {
        switch document {
        case .privateKey(let key):
            self.init(file, key.publicKey.spki, key.publicKey.kind, isPrivate: showsDetails ? true : nil)
        case .publicKey(let info, let kind):
            self.init(file, info.der, kind, isPrivate: showsDetails ? false : nil)
        }
    }

    var bytesAsJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.key/1")
        writer.member("file", file)
        if let isPrivate {
            writer.member("half", isPrivate ? "private" : "public")
        }
        writer.member("type", kind.name)
        writer.member("kid", hex: Digest.sha256(spki))
        writer.member("thumbprint", ifPresent: thumbprint)
        writer.member("publicKeyPem", PEMText.publicKey(spki))
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    /// RFC 7638 in base64url; `nil` where it is not printed and for keys that JWK has no form for.
    private var thumbprint: String? {
        guard isPrivate != nil, let components = try? SubjectPublicKeyInfo(der: spki).components else {
            return nil
        }
        return String(decoding: Base64.encode(components.thumbprint, .url), as: UTF8.self)
    }

    var bytesAsText: [UInt8] {
        var block = TextBlock()
        block.line("file", file)
        if let isPrivate { block.line("half", isPrivate ? "private" : "public") }
        block.line("type", kind.name)
        block.line("kid", Hex.encode(Digest.sha256(spki)))
        if let thumbprint { block.line("thumbprint", thumbprint) }
        return block.bytes + Array(PEMText.publicKey(spki).utf8)
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
