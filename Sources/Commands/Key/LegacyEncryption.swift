import Diagnostics
import PKIX

/// A private key that is encrypted by a method which OpenSSL 3 has in its legacy provider alone: no passphrase opens it
/// here, and none is wrong.
struct LegacyEncryption {
    let name: String

    /// nil for a key that is encrypted otherwise, or not at all.
    init?(_ pem: [UInt8]) {
        let text = String(decoding: pem.prefix(4096), as: UTF8.self)
        for (mark, name) in [
            ("DEK-Info: DES-CBC,", "DES"), ("DEK-Info: RC2-", "RC2"), ("DEK-Info: RC4", "RC4"),
        ]
        where text.contains(mark) {
            self.name = name
            return
        }
        var scanner = PEMScanner(limit: 1 << 20)
        guard case .block(let block) = scanner.next(in: pem, isLast: true),
            block.label == "ENCRYPTED PRIVATE KEY",
            let der = try? block.decode(in: pem)
        else { return nil }
        let head = der.prefix(128)
        guard let method = Self.methods.first(where: { head.range(of: $0.oid) != nil }) else { return nil }
        name = method.name
    }

    /// RFC 8018 appendix A.3, RFC 7292 appendix C, and the ciphers of PBES2 that are as old.
    private static let methods: [(oid: [UInt8], name: String)] = {
        let pkcs5: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05]
        let pkcs12: [UInt8] = [0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01]
        return [
            (pkcs5 + [0x01], "PBE-MD2-DES"), (pkcs5 + [0x03], "PBE-MD5-DES"),
            (pkcs5 + [0x04], "PBE-MD2-RC2-64"),
            (pkcs5 + [0x06], "PBE-MD5-RC2-64"), (pkcs5 + [0x0a], "PBE-SHA1-DES"),
            (pkcs5 + [0x0b], "PBE-SHA1-RC2-64"), (pkcs12 + [0x01], "PBE-SHA1-RC4-128"),
            (pkcs12 + [0x02], "PBE-SHA1-RC4-40"), (pkcs12 + [0x05], "PBE-SHA1-RC2-128"),
            (pkcs12 + [0x06], "PBE-SHA1-RC2-40"), ([0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x07], "DES"),
            ([0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02], "RC2"),
        ]
    }()

    func error(_ place: ToolError.Context) -> ToolError {
        ToolError(
            .passphrase, "the key is encrypted with \(name), which OpenSSL 3 does not have by default",
            context: [place],
            hint: "encrypt it anew: openssl pkey -in FILE -provider legacy -provider default -aes256 -out NEW"
        )
    }
}
