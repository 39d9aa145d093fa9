import OpenSSL
import Testing

@Suite struct PrivateKeyTests {
    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func plainAndEncryptedFilesReadBack(kind: PrivateKey.GeneratedKind) throws {
        let key = try PrivateKey.generate(kind)
        let plain = try PrivateKey.read(pem: key.pemUnencrypted(), passphrase: nil)
        #expect(plain.publicKey.spki == key.publicKey.spki)
        let sealed = try key.pemEncrypted(passphrase: Array("correct horse".utf8))
        #expect(sealed.starts(with: Array("-----BEGIN ENCRYPTED PRIVATE KEY-----\n".utf8)))
        let opened = try PrivateKey.read(pem: sealed, passphrase: Array("correct horse".utf8))
        #expect(opened.publicKey.spki == key.publicKey.spki)
    }

    @Test func theReasonOfARefusalIsTold() throws {
        let sealed = try PrivateKey.generate(.p256).pemEncrypted(passphrase: Array("a".utf8))
        #expect(reason(sealed, nil) == "needed")
        #expect(reason(sealed, Array("b".utf8)) == "wrong")
        #expect(reason(sealed, []) == "wrong")
        #expect(reason(Array("no key here".utf8), nil) == "malformed")
        #expect(reason([], nil) == "malformed")
    }

    private func reason(_ pem: [UInt8], _ passphrase: [UInt8]?) -> String {
        do {
            _ = try PrivateKey.read(pem: pem, passphrase: passphrase)
            return "read"
        } catch {
            switch error {
            case .passphraseNeeded: return "needed"
            case .wrongPassphrase: return "wrong"
            case .malformed: return "malformed"
            case .unsound: return "unsound"
            }
        }
    }
}
