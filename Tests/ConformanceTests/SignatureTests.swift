import Foundation
import OpenSSL
import PKIX
import Testing

/// `sig.verify` with Ed25519: the signatures of RFC 8032 section 7.1, and what is near them.
@Suite struct SignatureTests {
    struct Vector: Sendable {
        let name: String
        /// Hex, as all of these.
        let key: String
        let message: String
        let signature: String
        /// The same signature with the group's order added to S, which RFC 8032 section 5.1.7 refuses.
        let malleated: String
    }

    static let vectors = [
        Vector(
            name: "TEST 1",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            malleated: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901554c8c7872aa064e04"
                + "9dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b"),
        Vector(
            name: "TEST 2",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            malleated: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69daf52db7415978abc6"
                + "1b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10"),
        Vector(
            name: "TEST 3",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            malleated: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac05d391b0a77904e9"
                + "8404ef037747a56e4a7c15e9716ed28dc027beceea1ec41a"),
        Vector(
            name: "TEST SHA(abc)",
            key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ec"
                + "fdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
            malleated: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589f6081526c7f3c544"
                + "d498bf69432bbf453dca179c138ac17ad9bef1177331a714"),
    ]

    static let refused = "signature: the signature does not verify"

    /// The PEM of a raw Ed25519 key (RFC 8410 section 4).
    private static func pem(_ key: String) -> String {
        let der = bytes("302a300506032b6570032100" + key)
        return String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: der), as: UTF8.self)
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    private func judge(
        _ vector: Vector, message: String? = nil, signature: String? = nil, encoding: String = "raw",
        hash: String = "none", pem: String? = nil
    ) throws -> Result {
        try Program.judge(
            "sig.verify",
            [
                "key_pem": pem ?? Self.pem(vector.key), "msg_hex": message ?? vector.message,
                "sig_hex": signature ?? vector.signature, "encoding": encoding, "hash": hash,
            ])
    }

    @Test(arguments: vectors.indices)
    func publishedSignatures(index: Int) throws {
        let vector = Self.vectors[index]
        #expect(try judge(vector).verdict == "accept", "\(vector.name)")
        let other = Self.vectors[(index + 1) % Self.vectors.count]
        let zeros = String(repeating: "0", count: 128)
        for signature in [
            vector.malleated, other.signature, zeros, "", String(vector.signature.dropLast(2)),
            vector.signature + "00", String(vector.signature.prefix(64)),
        ] {
            let result = try judge(vector, signature: signature)
            #expect(
                result.verdict == "reject" && result.reason == Self.refused, "\(vector.name) \(signature)")
        }
        for message in [vector.message + "00", other.message] {
            #expect(try judge(vector, message: message).reason == Self.refused, "\(vector.name)")
        }
        #expect(try judge(vector, pem: Self.pem(other.key)).reason == Self.refused, "\(vector.name)")
    }

    /// Every bit of a signature counts.
    @Test func noBitOfASignatureIsReadOver() throws {
        let vector = Self.vectors[2]
        let signature = Self.bytes(vector.signature)
        var cases: [[String: Any]] = []
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            cases.append([
                "suite": "s", "case_id": "\(bit)", "operation": "sig.verify",
                "inputs": [
                    "key_pem": Self.pem(vector.key), "msg_hex": vector.message,
                    "sig_hex": changed.map { String(format: "%02x", $0) }.joined(), "encoding": "raw",
                    "hash": "none",
                ],
            ])
        }
        let text = try JSONSerialization.data(withJSONObject: cases)
        let verdicts = try Program.judge(String(decoding: text, as: UTF8.self)).map(\.verdict)
        #expect(verdicts == [String](repeating: "reject", count: 512))
    }

    /// `raw` and `none` belong together, and to Ed25519; nothing is guessed from the key.
    @Test func encodingAndHashAreNotGuessed() throws {
        let vector = Self.vectors[1]
        let together = "expected the encoding 'raw' with the hash 'none', and no other with either"
        for (encoding, hash) in [
            ("raw", "SHA-256"), ("raw", "SHA-512"), ("p1363", "none"), ("der", "none"), ("raw", "None"),
        ] {
            #expect(
                try judge(vector, encoding: encoding, hash: hash).reason == together, "\(encoding) \(hash)")
        }
        for encoding in ["p1363", "der"] {
            let result = try judge(vector, encoding: encoding, hash: "SHA-512")
            #expect(result.verdict == "reject" && result.reason == Self.refused)
        }
        // An ECDSA or RSA key makes no raw signature.
        for kind in [PrivateKey.GeneratedKind.p256, .p384, .rsa3072] {
            let spki = try PrivateKey.generate(kind).publicKey.spki
            let pem = String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: spki), as: UTF8.self)
            #expect(try judge(vector, pem: pem).verdict == "reject")
        }
        let key = try PrivateKey.generate(.p256)
        let signed = try key.sign([0x72], algorithm: .ecdsa(.sha256))
        let pem = String(
            decoding: PEMWriter.encode(label: "PUBLIC KEY", der: key.publicKey.spki), as: UTF8.self)
        let hex = signed.map { String(format: "%02x", $0) }.joined()
        #expect(
            try judge(vector, signature: hex, encoding: "der", hash: "SHA-256", pem: pem).verdict == "accept")
        #expect(try judge(vector, signature: hex, pem: pem).reason == Self.refused)
    }

    /// Under a key of small order a signature fits every message; an encoding that is no point is no key.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        // y of p and of p + 1: not reduced.
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // y = 2 is of no point.
        "0200000000000000000000000000000000000000000000000000000000000000",
    ])
    func unsoundKeysVerifyNothing(key: String) throws {
        // R = the neutral element, S = 0: fits every message under a key of order 1.
        let universal = "01" + String(repeating: "0", count: 126)
        let vector = Self.vectors[0]
        let result = try judge(vector, signature: universal, pem: Self.pem(key))
        #expect(result.verdict == "reject", "\(key)")
        #expect(result.reason?.isEmpty == false)
        #expect(try Program.judge("key.import", ["key_pem": Self.pem(key)]).verdict == "reject", "\(key)")
    }
}
