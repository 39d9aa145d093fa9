import OpenSSL
import Testing

private func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
        guard let digit = Character(Unicode.Scalar(character)).hexDigitValue.map(UInt8.init) else { continue }
        if let value = high {
            bytes.append(value << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return bytes
}

@Suite struct SignatureTests {
    /// RFC 6979 appendix A.2.5, P-256 with SHA-256, message "sample".
    static let scalar = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    static let expected = hex(
        """
        EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
        F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
        """)

    @Test func deterministicSignatureIsThatOfRFC6979() throws {
        let signature = try P256Arithmetic().signDeterministically(
            digest: Digest.sha256(Array("sample".utf8)), scalar: Self.scalar)
        #expect(signature == Self.expected)
    }

    @Test func verifierAcceptsTheSignatureAndNoSingleBitChangeOfIt() throws {
        let key = try #require(
            P256PublicKey(spki: try PrivateKey.p256(scalar: Self.scalar).publicKey.spki[...]))
        let verifier = try P256Verifier()
        let digest = Digest.sha256(Array("sample".utf8))
        #expect(verifier.isValid(signature: Self.expected[...], digest: digest, key: key))
        for bit in 0..<512 {
            var changed = Self.expected
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifier.isValid(signature: changed[...], digest: digest, key: key), "bit \(bit)")
        }
        for bit in 0..<256 {
            var changed = digest
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifier.isValid(signature: Self.expected[...], digest: changed, key: key), "bit \(bit)")
        }
    }

    @Test func aBadPointIsNotTakenForThePreviousKey() throws {
        let key = try #require(
            P256PublicKey(spki: try PrivateKey.p256(scalar: Self.scalar).publicKey.spki[...]))
        let verifier = try P256Verifier()
        let digest = Digest.sha256(Array("sample".utf8))
        #expect(verifier.isValid(signature: Self.expected[...], digest: digest, key: key))
        for point in [
            [0x04] + [UInt8](repeating: 0, count: 64), [0x04] + [UInt8](repeating: 0xff, count: 64),
            Array(key.point.dropLast()) + [key.point[64] ^ 1],
        ] {
            let bad = try #require(P256PublicKey(x963: point[...]))
            #expect(!verifier.isValid(signature: Self.expected[...], digest: digest, key: bad))
        }
        #expect(verifier.isValid(signature: Self.expected[...], digest: digest, key: key))
    }

    @Test(arguments: [
        [UInt8](), [0], [0x04], [0x02] + [UInt8](repeating: 1, count: 32),
        [0x06] + [UInt8](repeating: 1, count: 64), [0x04] + [UInt8](repeating: 1, count: 65),
    ])
    func onlyUncompressedPointsAreKeys(point: [UInt8]) {
        #expect(P256PublicKey(x963: point[...]) == nil)
    }

    @Test func recoveryFindsTheSignerAmongTwoCandidates() throws {
        let key = try #require(
            P256PublicKey(spki: try PrivateKey.p256(scalar: Self.scalar).publicKey.spki[...]))
        let arithmetic = try P256Arithmetic()
        let digest = Digest.sha256(Array("sample".utf8))
        let candidates = try arithmetic.recoverPublicKeys(signature: Self.expected, digest: digest)
        #expect(candidates.count == 2)
        #expect(candidates.contains(key))
        let verifier = try P256Verifier()
        for candidate in candidates {
            #expect(verifier.isValid(signature: Self.expected[...], digest: digest, key: candidate))
        }
        let zero = [UInt8](repeating: 0, count: 64)
        #expect(try arithmetic.recoverPublicKeys(signature: zero, digest: digest) == [])
        #expect(
            try arithmetic.recoverPublicKeys(signature: [UInt8](repeating: 0xff, count: 64), digest: digest)
                == [])
    }

    @Test(arguments: [
        (PrivateKey.GeneratedKind.p256, SignatureAlgorithm.ecdsa(.sha256)),
        (.p384, .ecdsa(.sha384)), (.ed25519, .ed25519), (.rsa3072, .rsaPKCS1(.sha256)),
        (.rsa3072, .rsaPSS(.sha256)),
    ])
    func everyKindSignsAndVerifies(kind: PrivateKey.GeneratedKind, algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(kind)
        let message = Array("message".utf8)
        let signature = try key.sign(message, algorithm: algorithm)
        #expect(key.publicKey.isValid(signature: signature, over: message, algorithm: algorithm))
        #expect(!key.publicKey.isValid(signature: signature, over: message + [0], algorithm: algorithm))
        let wrong: SignatureAlgorithm = algorithm == .ed25519 ? .ecdsa(.sha256) : .ed25519
        #expect(!key.publicKey.isValid(signature: signature, over: message, algorithm: wrong))
    }

    @Test(arguments: [
        (PrivateKey.GeneratedKind.p256, SignatureAlgorithm.ecdsa(.sha256)),
        (.p384, .ecdsa(.sha384)), (.rsa3072, .rsaPKCS1(.sha256)), (.rsa3072, .rsaPSS(.sha512)),
    ])
    func aSignatureOverADigestIsOneOverTheMessage(
        kind: PrivateKey.GeneratedKind, algorithm: SignatureAlgorithm
    ) throws {
        let key = try PrivateKey.generate(kind)
        let message = Array("message".utf8)
        let digest = Digest.hash(try #require(algorithm.hash), message)
        let signature = try key.sign(digest: digest, algorithm: algorithm)
        #expect(key.publicKey.isValid(signature: signature, over: message, algorithm: algorithm))
        #expect(!key.publicKey.isValid(signature: signature, over: message + [0], algorithm: algorithm))
        #expect(throws: OpenSSLError.self) {
            try key.sign(digest: Array(digest.dropLast()), algorithm: algorithm)
        }
        #expect(throws: OpenSSLError.self) { try key.sign(digest: digest, algorithm: .ed25519) }
    }

    @Test func signerAgreesWithVerifier() throws {
        let key = try PrivateKey.generate(.p256)
        let publicKey = try #require(P256PublicKey(spki: key.publicKey.spki[...]))
        let signer = try P256Signer(key: key)
        let verifier = try P256Verifier()
        for index in UInt8(0)..<64 {
            let digest = Digest.sha256([index])
            let signature = try signer.sign(digest: digest)
            #expect(verifier.isValid(derSignature: signature[...], digest: digest, key: publicKey))
            #expect(!verifier.isValid(derSignature: signature[...] + [0], digest: digest, key: publicKey))
            let spki = key.publicKey.spki
            #expect(verifier.isValid(derSignature: signature[...], digest: digest, spki: spki[...]))
            #expect(verifier.isValid(derSignature: signature[...], digest: digest, spki: ([0] + spki)[1...]))
            for other in [Array(spki.dropLast()), spki + [0], [], Array(publicKey.point)] {
                #expect(!verifier.isValid(derSignature: signature[...], digest: digest, spki: other[...]))
            }
        }
        #expect(throws: OpenSSLError.self) { try signer.sign(digest: [1, 2, 3]) }
        #expect(throws: OpenSSLError.self) { try P256Signer(key: PrivateKey.generate(.p384)) }
    }
}
