import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Foundation
import Ledger
import OpenSSL
import PKIX
import Registry
import SQLite
import TestFleet
import TestSupport
import Testing

@testable import Commands
@testable import Store

/// Names under one CA: whose they are, whatever the order in which requests come.
@Suite struct NameTests {
    /// An intent of a key that nobody had, with the word of a device or without.
    private func intent(
        _ ledger: TestLedger, _ subject: String, device: DeviceUUID?, isAttested: Bool,
        profile: String = "device",
        authority: [UInt8]? = nil, isNameProven: Bool = false
    ) throws -> IssuanceIntent {
        let plain = try ledger.intent()
        return IssuanceIntent(
            authority: authority ?? plain.authority, profile: profile, request: plain.request,
            serial: plain.serial,
            keyID: plain.keyID, device: device, subject: try DistinguishedName(text: subject).description,
            notBefore: plain.notBefore, notAfter: plain.notAfter, tbsDigest: plain.tbsDigest,
            attestation: isAttested
                ? AttestationEvidence(profile: .plain, keyID: [UInt8](repeating: 5, count: 32)) : nil,
            isNameProven: isNameProven)
    }

    private func code(
        _ ledger: TestLedger, _ intent: IssuanceIntent, reissue: Bool = false
    ) throws -> String {
        switch try ledger.store.exchange([], [intent], reissue: reissue, at: TestLedger.now).outcomes.first {
        case .sign(let draft): draft.isOwn ? "sign" : "complete"
        case .existing: "existing"
        case .sameAs: "sameAs"
        case .rejected(let failure): failure.code.rawValue
        case nil: "none"
        }
    }

    private func device(_ number: UInt8) throws -> DeviceUUID {
        try #require(DeviceUUID(bytes: [UInt8](repeating: number, count: 16)[...]))
    }

    /// Two texts, and whether they are one name.
    static let pairs: [(String, String, Bool)] = [
        ("CN=sensor-7", "CN=sensor-7", true), ("CN=sensor-7", "CN=SENSOR-7", true),
        ("CN=sensor 7", "CN=sensor   7", true), ("CN=sensor-7", "CN=sensor-7\\ ", true),
        ("CN=sensor-7", "CN=sensor-7,O=Example", true), ("O=A,CN=sensor-7", "CN=sensor-7,O=B", true),
        ("CN=sensor-7", "CN=sensor-7,UID=2", true), ("CN=sensor-7,UID=2", "CN=sensor-7", true),
        ("CN=sensor-7", "CN=\u{FF53}ensor-7", true),
        ("CN=sensor-7", "CN=sens\u{043E}r-7", true), ("CN=sensor-7", "CN=sensor\u{2010}7", true),
        ("CN=sensor-7", "CN=sensor-\u{0667}", true), ("CN=caf\u{E9}", "CN=cafe\u{301}", true),
        ("CN=\u{451}lka", "CN=\u{435}\u{308}lka", true), ("CN=\u{3AC}-1", "CN=\u{3B1}\u{301}-1", true),
        ("CN=\u{D55C}-1", "CN=\u{1112}\u{1161}\u{11AB}-1", true), ("CN=a\u{37E}b", "CN=a\\;b", true),
        ("CN=sensor,serialNumber=1", "serialNumber=1,CN=sensor", true),
        ("CN=a+serialNumber=1", "CN=a,serialNumber=1", true),
        ("CN=nrf-352656100367872", "CN=352656100367872", true),
        ("CN=nrf-352656100367872", "CN=sensor,serialNumber=35-265610-036787-2", true),
        ("O=Hall 3", "O=HALL 3", true),
        ("CN=sensor-7", "CN=sensor-8", false), ("CN=sensor-7", "CN=sensor7", false),
        ("CN=sensor,serialNumber=1", "CN=sensor,serialNumber=2", false),
        ("CN=caf\u{E9}", "CN=cafe", false), ("CN=\u{4E00}-1", "CN=\u{4E8C}-1", false),
        ("CN=nrf-352656100367872", "CN=nrf-352656100367880", false), ("CN=a", "UID=a", false),
    ]

    @Test(arguments: pairs)
    func oneNameIsOneDevices(_ first: String, _ second: String, _ isSame: Bool) throws {
        for reissue in [false, true] {
            let ledger = try TestLedger()
            let (a, b) = (try device(1), try device(2))
            #expect(try code(ledger, intent(ledger, first, device: a, isAttested: true)) == "sign")
            let taken = isSame ? "name-taken" : "sign"
            // A request without a device, and another device; under another profile too.
            for profile in ["device", "operator"] {
                let bare = try intent(ledger, second, device: nil, isAttested: false, profile: profile)
                #expect(try code(ledger, bare, reissue: reissue) == taken, "\(second) after \(first)")
            }
            for profile in ["device", "operator"] {
                let other = try intent(ledger, second, device: b, isAttested: true, profile: profile)
                #expect(try code(ledger, other, reissue: reissue) == taken, "\(second) after \(first)")
            }
            // Another CA has names of its own; the device itself is not in its own way.
            let elsewhere = try intent(
                ledger, second, device: b, isAttested: true, authority: [UInt8](repeating: 9, count: 32))
            #expect(try code(ledger, elsewhere) == "sign")
            let again = try intent(ledger, first, device: a, isAttested: true)
            #expect(try code(ledger, again, reissue: true) == "sign")
            #expect(try ledger.store.duplicates().filter { $0.failure.code == .nameTaken } == [])
            #expect(try ledger.findings() == [])
        }
    }

    /// Neither revoking nor the end of validity frees a name; nor does the move of marks to the large table.
    @Test(arguments: [Int64(1), 1_000])
    func aNameIsKeptForEver(_ rowsPerMove: Int64) throws {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = rowsPerMove
        let intent = try intent(ledger, "CN=pump", device: device(1), isAttested: true)
        guard
            case .sign(let draft)? = try ledger.store.exchange(
                [], [intent], reissue: false, at: TestLedger.now
            )
            .outcomes.first
        else { throw SQLiteError(damage: "no order to sign") }
        let tbs = try ledger.tbs(intent)
        _ = try ledger.store.exchange(
            [TestLedger.signed(draft, try ledger.sign(tbs))], [], reissue: false, at: TestLedger.now)
        _ = try ledger.store.revoke([intent.serial], reason: .superseded, at: TestLedger.now)
        for _ in 0..<40 { try ledger.issue() }
        let other = try self.intent(ledger, "CN=pump", device: device(2), isAttested: true)
        #expect(try code(ledger, other) == "name-taken")
    }

    @Test func anUnattestedRowStandsInNoDevicesWay() throws {
        let ledger = try TestLedger()
        let (a, b) = (try device(1), try device(2))
        #expect(try code(ledger, intent(ledger, "CN=pump", device: nil, isAttested: false)) == "sign")
        #expect(try code(ledger, intent(ledger, "CN=\(a)", device: a, isAttested: false)) == "sign")
        // Between two without a device's word all is as it was: one with a UUID renews on request, others are not told apart.
        #expect(try code(ledger, intent(ledger, "CN=pump", device: nil, isAttested: false)) == "sign")
        #expect(
            try code(ledger, intent(ledger, "CN=\(a)", device: a, isAttested: false)) == "duplicate-device")
        #expect(try code(ledger, intent(ledger, "CN=\(a)", device: a, isAttested: true)) == "sign")
        #expect(try code(ledger, intent(ledger, "CN=pump", device: b, isAttested: true)) == "sign")
        let plain = a.description.filter { $0 != "-" }
        for (subject, named) in [
            ("CN=\(a)", a), ("CN=pump", nil), ("UID=\(a),CN=x", nil), ("CN=x-\(a)", nil),
            ("CN=device\(a)", nil),
            ("CN=nrf\(plain)", nil), ("CN=x,serialNumber=\(plain)0", nil), ("CN=device\(a)\u{1EA1}", nil),
        ] {
            let bare = try intent(ledger, subject, device: named, isAttested: false)
            #expect(try code(ledger, bare, reissue: true) == "name-taken", "\(subject)")
        }
        // A device that has its certificate asks with another key: as ever.
        #expect(
            try code(ledger, intent(ledger, "CN=\(a)", device: a, isAttested: true)) == "duplicate-device")
    }

    /// Without a registry the ledger alone knows which 32 digits of a longer number are a device's.
    @Test func aNumberAroundTheUUIDOfAnotherIsNotGivenAway() throws {
        let ledger = try TestLedger()
        let (a, b) = (try device(0xA1), try device(2))
        let plain = a.description.filter { $0 != "-" }
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        #expect(try code(ledger, intent(ledger, "CN=nrf\(plain)", device: b, isAttested: true)) == "sign")
        #expect(try code(ledger, intent(ledger, "CN=\(a)", device: a, isAttested: true)) == "sign")
        for subject in ["CN=device\(plain)", "CN=\(plain)0", "CN=x,serialNumber=f\(plain)"] {
            let other = try intent(ledger, subject, device: b, isAttested: true)
            #expect(try code(ledger, other, reissue: true) == "name-taken", "\(subject)")
            let own = try intent(ledger, subject, device: a, isAttested: true)
            #expect(try code(ledger, own, reissue: true) == "sign", "\(subject)")
        }
        #expect(
            try code(ledger, intent(ledger, "CN=\(digest)", device: b, isAttested: true), reissue: true)
                == "sign")
    }

    /// Texts that are one to Unicode are under one look-up key.
    @Test func equivalentNamesHaveOneMark() {
        for value in UInt32(0x80)...0x2FA1F {
            guard let scalar = Unicode.Scalar(value), !scalar.isInvisible,
                !(0xAC00...0xD7A3 ~= value && value % 64 != 0), !(0x16D60...0x16D7F ~= value)
            else { continue }
            let one = "CN=x\(scalar)y"
            let several = one.decomposedStringWithCanonicalMapping
            if several.unicodeScalars.elementsEqual(one.unicodeScalars) { continue }
            let keys = [SubjectKeys(one), SubjectKeys(several)]
            #expect(keys[0] == keys[1], "U+\(String(value, radix: 16))")
        }
    }

    /// A request that was certified on nobody's word, and comes again with the device's.
    @Test(arguments: [true, false])
    func aDevicesWordThatComesLaterIsPutOnRecord(_ isNameProven: Bool) throws {
        let ledger = try TestLedger()
        let a = try device(1)
        let bare = try intent(ledger, "CN=pump", device: nil, isAttested: false)
        guard
            case .sign(let draft)? = try ledger.store.exchange([], [bare], reissue: false, at: TestLedger.now)
                .outcomes.first
        else { throw SQLiteError(damage: "no order to sign") }
        let certificate = try ledger.sign(ledger.tbs(bare))
        _ = try ledger.store.exchange(
            [TestLedger.signed(draft, certificate)], [], reissue: false, at: TestLedger.now)
        let attested = IssuanceIntent(
            authority: bare.authority, profile: bare.profile, request: bare.request, serial: [0x11],
            keyID: bare.keyID, device: a, subject: bare.subject, notBefore: bare.notBefore,
            notAfter: bare.notAfter, tbsDigest: bare.tbsDigest,
            attestation: AttestationEvidence(profile: .plain, keyID: [UInt8](repeating: 5, count: 32)),
            isNameProven: isNameProven)
        #expect(try code(ledger, attested) == (isNameProven ? "existing" : "sign"))
        if !isNameProven {
            let other = try intent(ledger, "CN=pump", device: device(2), isAttested: true)
            #expect(try code(ledger, other) == "name-taken")
        }
    }

    @Test func whatMayNotBeCertifiedAnewKeepsWhatItHas() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        let row = try #require(try ledger.store.issuance(ofSerial: serial))
        func again(_ keyID: [UInt8]) -> IssuanceIntent {
            IssuanceIntent(
                authority: row.authority, profile: row.profile, request: row.request, serial: [9],
                keyID: keyID,
                device: row.device, subject: row.subject, notBefore: row.notBefore, notAfter: row.notAfter,
                tbsDigest: row.tbsDigest, attestation: nil, objection: CheckFailure(.notAttested, "no"))
        }
        #expect(try code(ledger, again(row.keyID)) == "existing")
        #expect(try code(ledger, again(row.keyID), reissue: true) == "not-attested")
        #expect(try code(ledger, again([UInt8](repeating: 1, count: 32))) == "not-attested")
    }

    /// Two processes at once: one wins.
    @Test func twoConnectionsDoNotBothWin() throws {
        let ledger = try TestLedger()
        let other = try SQLiteStore(path: ledger.path, access: .readWrite)
        let first = try intent(ledger, "CN=pump", device: device(1), isAttested: true)
        let second = try intent(ledger, "CN=pump", device: device(2), isAttested: true)
        #expect(try code(ledger, first) == "sign")
        guard
            case .rejected(let failure)? = try other.exchange(
                [], [second], reissue: false, at: TestLedger.now
            )
            .outcomes.first
        else { throw SQLiteError(damage: "both won") }
        #expect(failure.code == .nameTaken)
    }

    /// A ledger from before names were looked after is told what is in it.
    @Test func anAuditFindsTwoDevicesOfOneName() throws {
        let ledger = try TestLedger()
        let (a, b) = (try device(1), try device(2))
        #expect(try code(ledger, intent(ledger, "CN=pump", device: a, isAttested: true)) == "sign")
        #expect(try code(ledger, intent(ledger, "CN=valve", device: b, isAttested: true)) == "sign")
        try ledger.tamper("UPDATE issuance SET subject = 'CN=Pump' WHERE id = 2")
        // The marks no longer fit; an upgrade files them anew.
        try ledger.store.write("test") { () throws(SQLiteError) in try ledger.store.lookup.rebuild() }
        let findings = try ledger.store.duplicates().map(\.failure)
        #expect(findings.map(\.code) == [.nameTaken])
        #expect(findings.first?.message.contains("gives device \(b) the name of device \(a)") == true)
    }

    // MARK: Look-up keys

    @Test func lookupKeysAreOfTheFileAlone() throws {
        let (first, second) = (try TestLedger(), try TestLedger())
        let uuid = try device(7)
        let (one, two) = (try first.store.lookup.secret(), try second.store.lookup.secret())
        #expect(one.device(uuid) != two.device(uuid))
        let again = try SQLiteStore(path: first.path, access: .readOnly).lookup.secret()
        #expect(again.device(uuid) == one.device(uuid))
        #expect(one.name(.imei(1)) != two.name(.imei(1)))
    }

    /// What made 16,000 UUIDs come under one key once.
    @Test func chosenUUIDsHaveKeysOfTheirOwn() throws {
        let secret = try TestLedger().store.lookup.secret()
        var marks: Set<Int64> = []
        for high in UInt64(1)...4_000 {
            let low = (high &* 0x9E37_79B9_7F4A_7C15) ^ 0x1234
            let bytes = [high, low].flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
            }
            marks.insert(secret.device(try #require(DeviceUUID(bytes: bytes[...]))).bits)
        }
        #expect(marks.count == 4_000)
    }

    @Test func aLedgerWithoutItsSecretIsNotUsed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        let path = ledger.path
        try ledger.tamper("DELETE FROM mark_secret")
        #expect(throws: ToolError.self) {
            let store = try SQLiteStore(path: path, access: .readWrite)
            _ = try store.exchange([], [try ledger.intent()], reissue: false, at: TestLedger.now)
        }
    }
}
