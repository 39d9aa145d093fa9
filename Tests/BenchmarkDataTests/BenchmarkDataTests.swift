import Attestation
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import PKIX
import Testing

@testable import assay_benchmark_data

/// SHA-256 of each file for 1,000 devices, seed `alpha`, 37 ‰ bad; a separate implementation in Python (with its own
/// RFC 6979 signatures) made the same bytes.
private let expectedDigests = [
    "tokens": [
        "bad.txt": "ae5ac6c12b3b8a6a5f2c55bbdf5d6329460712234656a918438a421cb628b28a",
        "pubkeys.csv": "0a6627abdc1303fda66092920ea633e97724aa08891dfe61192d28bc1f5c5940",
        "tokens.txt": "cd30012e3cb03b3157b826e9b08f6c5176f29fb42500b2334016327eddd8248a",
    ],
    "claims": [
        "attestation_tokens.csv": "48c959d1900494ce290f9a223cfefe32f154453de0fef3f744c09a8d642a54a1",
        "bad.txt": "ae5ac6c12b3b8a6a5f2c55bbdf5d6329460712234656a918438a421cb628b28a",
        "pubkeys.csv": "0a6627abdc1303fda66092920ea633e97724aa08891dfe61192d28bc1f5c5940",
    ],
    "claims --unsigned": [
        "attestation_tokens.csv": "84c4ad13dece07f8c226ed506190141f03c48993242ae31039972b09ea14bbfe",
        "bad.txt": "ae5ac6c12b3b8a6a5f2c55bbdf5d6329460712234656a918438a421cb628b28a",
    ],
    "jwts": [
        "bad.txt": "ae5ac6c12b3b8a6a5f2c55bbdf5d6329460712234656a918438a421cb628b28a",
        "jwts.txt": "76eb6ad72bd27c7c881aaf07e133a8a70a1e3c9c720df1c2f5d380f12df1bec9",
        "pubkeys.csv": "0a6627abdc1303fda66092920ea633e97724aa08891dfe61192d28bc1f5c5940",
    ],
    "csrs": [
        "bad.txt": "ae5ac6c12b3b8a6a5f2c55bbdf5d6329460712234656a918438a421cb628b28a",
        "csrs.pem": "475bd15b1ef799daa72cbe4e7977602b963387b29323301df6fb05f4b7ab2ef1",
        "keygen.txt": "39ec443fc714e05735d708c7003d318699c3b58ed53fa37d460ef5553e576b1f",
    ],
]

private func namedRecipe(_ kind: String) -> Recipe? {
    switch kind {
    case "tokens": .tokens
    case "claims": .claims(signed: true)
    case "claims --unsigned": .claims(signed: false)
    case "jwts": .jwts(issued: 1_760_000_000, expires: 2_390_720_000)
    case "csrs": .requests(folder: nil, keyGeneration: true)
    default: nil
    }
}

/// Runs `body` with a folder of its own.
private func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

private func lines(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
}

@Test(arguments: expectedDigests.keys.sorted(), [1, 3])
func bytesFollowFromTheSeedAlone(kind: String, jobs: Int) throws {
    let recipe = try #require(namedRecipe(kind))
    let digests = try withFolder { folder in
        let production = Production(recipe: recipe, fleet: Fleet(seed: "alpha"), count: 1000, badPerMille: 37)
        #expect(try production.run(into: folder + "/new", jobs: jobs) == 37)
        var digests: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/new") {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/new/" + name)))
            digests[name] = Digest.sha256(bytes).map { String(format: "%02x", $0) }.joined()
        }
        return digests
    }
    #expect(digests == expectedDigests[kind])
}

@Test func exactlyTheTokensOfTheListAreBad() throws {
    try withFolder { folder in
        let production = Production(recipe: .tokens, fleet: Fleet(seed: "β"), count: 300, badPerMille: 100)
        let count = try production.run(into: folder, jobs: 2)
        let keys = try lines(folder + "/pubkeys.csv").map { row in
            let fields = row.split(separator: ",").map(String.init)
            let spki = [UInt8](try #require(Data(base64Encoded: fields[1])))
            return (fields[0], try #require(P256PublicKey(spki: spki[...])))
        }
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        var bad: [String] = []
        for (index, text) in try lines(folder + "/tokens.txt").enumerated() {
            let token = try AttestationToken(Array(text.utf8)[...])
            #expect(token.deviceUUID.description == keys[index].0)
            let key = IdentityKey(publicKey: keys[index].1, trust: .given)
            switch verifier.verify(token, key: key) {
            case .verified: break
            case .rejected(let failures):
                #expect(failures.map(\.code) == [.signature])
                bad.append(String(index))
            }
        }
        #expect(bad.count == count)
        #expect(bad == (try lines(folder + "/bad.txt")))
        #expect(bad.isEmpty == false)
    }
}

@Test func requestsAndKeyGenerationsVerify() throws {
    let workshop = try Workshop(Fleet(seed: "γ"))
    let requests = try RequestVerifier()
    let verifier = try AttestationVerifier(policy: AttestationPolicy())
    for index in 0..<20 {
        let der = try workshop.request(index)
        let request = try CertificationRequest(der: der)
        let uuid = try workshop.fleet.uuid("uuid", index)
        #expect(request.subject.description == "CN=\(uuid),OU=Cellular IoT,O=Bench Devices,C=NO")
        _ = try request.verify(with: requests).get()
        let token = try AttestationToken(try workshop.keyGeneration(index, request: der)[...])
        let key = IdentityKey(publicKey: try workshop.key("identity", index).publicKey, trust: .given)
        guard case .verified(let verified) = verifier.verify(token, key: key, expectedUUID: uuid) else {
            Issue.record("expected a verified token")
            continue
        }
        #expect(verified.profile == .plain)
        #expect(verified.request?.request.der == der)
    }
}

@Test func authorityIsSelfSignedAndItsKeyFits() throws {
    let authority = try Workshop(Fleet(seed: "δ")).authority()
    let certificate = try ParsedCertificate(der: authority.certificate)
    let key = try PrivateKey.read(pem: authority.privateKey, passphrase: nil)
    #expect(key.publicKey.spki == certificate.publicKey.der)
    #expect(certificate.subject == certificate.issuer)
    #expect(
        key.publicKey.isValid(
            signature: Array(authority.certificate[certificate.signatureRange]),
            over: Array(authority.certificate[certificate.tbsRange]), algorithm: .ecdsa(.sha256)))
}

@Test(arguments: [
    ([], 1), ([0], 1), ([1], 2), ([0xff], 0x100),
    // n − 2, n − 1 and n, with n the order of the curve.
    (order(-2), nil), (order(-1), 1), (order(0), 2),
])
func scalarsAreReducedModuloTheOrderLessOne(number: [UInt8], small: Int?) {
    let result = Scalar.reduced(number)
    guard let small else {
        #expect(result == order(-1))
        return
    }
    let expected = [UInt8](repeating: 0, count: 30) + [UInt8(small >> 8), UInt8(small & 0xff)]
    #expect(result == expected)
}

/// n + `offset`, 32 bytes.
private func order(_ offset: Int) -> [UInt8] {
    [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, UInt8(0x51 + offset),
    ]
}
