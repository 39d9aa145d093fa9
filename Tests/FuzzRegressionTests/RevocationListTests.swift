import FuzzTargets
import OpenSSL
import PKIX
import Testing

/// Lists as Assay signs them keep the rules of the fuzz target, and so does whatever one damage makes of them.
@Suite struct RevocationListTests {
    private static func list(_ entries: Int) throws -> [UInt8] {
        let key = try PrivateKey.generate(.p256)
        let revoked = try (0..<entries).map { index in
            RevokedEntry(
                serial: try #require(CertificateSerial("4d\(1000 + index)")), revokedAt: 1_799_000_000,
                reason: index % 2 == 0 ? .unspecified : .keyCompromise)
        }
        let list = RevocationListTBS(
            issuer: try DistinguishedName(text: "CN=Root,O=Example"), thisUpdate: 1_800_000_000,
            nextUpdate: 1_800_604_800, number: 7, authorityKeyIdentifier: [UInt8](repeating: 5, count: 20),
            entries: revoked)
        let tbs = try #require(list.der(.ecdsa(.sha256)))
        let signature = try key.sign(tbs, algorithm: .ecdsa(.sha256))
        return try #require(
            RevocationListTBS.assemble(tbs, algorithm: .ecdsa(.sha256), signature: signature))
    }

    @Test(arguments: [0, 1, 2, 40])
    func listsAndTheirBeginningsKeepTheRules(entries: Int) throws {
        let list = try Self.list(entries)
        #expect(try RevocationList(der: list).count == entries)
        for length in 0...list.count {
            #expect(FuzzTarget.crl.check(Array(list.prefix(length))) == nil, "\(length)")
        }
    }

    @Test func damagedListsKeepTheRules() throws {
        let list = try Self.list(3)
        for index in list.indices {
            for change: UInt8 in [0x01, 0x20, 0x80, 0xff] {
                var damaged = list
                damaged[index] ^= change
                #expect(FuzzTarget.crl.check(damaged) == nil, "octet \(index), \(change)")
            }
            var shorter = list
            shorter.remove(at: index)
            #expect(FuzzTarget.crl.check(shorter) == nil, "without octet \(index)")
        }
    }
}
