import Attestation
import DeviceIdentity
import OpenSSL
@testable import Store
import Registry
import TestFleet
import Testing

@Suite struct RegistrationTests {
    let folder: WorkFolder
    let store: SQLiteStore
    let device: TestDevice
    let other: TestDevice

    init() throws {
        folder = try WorkFolder()
        store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        device = try TestDevice(seed: 1)
        other = try TestDevice(seed: 2)
    }

    private func key(_ trust: KeyTrust) -> IdentityKey {
        IdentityKey(publicKey: device.publicKey, trust: trust)
    }

    /// First one registration, then another; the outcome of the second and what is known then.
    private func outcome(
        _ first: Registration, _ second: Registration
    ) throws -> (word: String, record: DeviceRecord?, evidence: [Evidence.How]) {
        #expect(try store.register([first], at: 100) == [.added])
        let outcomes = try store.register([second], at: 200)
        #expect(outcomes.count == 1)
        return (
            outcomes.first?.word ?? "", try store.device(device.uuid),
            try store.evidence(of: device.uuid).map(\.how)
        )
    }

    @Test func theSameAgainChangesNothing() throws {
        let row = device.registration(imei: device.imei, token: "a token")
        let found = try outcome(row, row)
        #expect(found.word == "unchanged")
        #expect(
            found.record
                == DeviceRecord(
                    uuid: device.uuid, imei: device.imei, registeredAt: 100,
                    key: RegisteredKey(identity: key(.trusted), profile: nil, since: 100)))
        #expect(found.evidence == [.imported])
    }

    @Test func aKeyIsFilledIn() throws {
        let found = try outcome(device.registration(nil), device.registration(.observed, how: .added))
        #expect(found.word == "updated")
        #expect(found.record?.key == RegisteredKey(identity: key(.observed), profile: nil, since: 200))
        #expect(found.record?.registeredAt == 100)
        #expect(found.evidence == [.added])
    }

    /// Whether it comes with a new device, is filled in, or both are in one file: nothing of the second row is kept.
    @Test func anIMEIIsOneDevices() throws {
        #expect(try store.register([device.registration(imei: device.imei)], at: 100) == [.added])
        let rows = [other.registration(.trusted, imei: device.imei, token: "a token")]
        #expect(try store.register(rows, at: 200).map(\.word) == ["duplicate-device"])
        #expect(try store.device(other.uuid) == nil)
        #expect(try store.register([other.registration(nil)], at: 300) == [.added])
        #expect(try store.register(rows, at: 400).map(\.word) == ["duplicate-device"])
        #expect(try store.device(other.uuid)?.key == nil)
        #expect(try store.devices(withIMEISerial: device.imei.serial) == [device.uuid])
        // Its own again is no conflict.
        #expect(try store.register([device.registration(imei: device.imei)], at: 500) == [.unchanged])
        let third = try TestDevice(seed: 3)
        let both = [
            third.registration(imei: third.imei), try TestDevice(seed: 4).registration(imei: third.imei),
        ]
        #expect(try store.register(both, at: 600).filter { $0 == .added }.count == 1)
    }

    @Test func anIMEIIsFilledIn() throws {
        let found = try outcome(device.registration(), device.registration(imei: device.imei))
        #expect(found.word == "updated")
        #expect(found.record?.imei == device.imei)
        #expect(found.evidence == [.imported])
    }

    @Test func aTokenIsKept() throws {
        let found = try outcome(device.registration(), device.registration(token: "a token"))
        #expect(found.word == "updated")
        #expect(try store.register([device.registration(token: "a token")], at: 300) == [.unchanged])
        #expect(try store.register([device.registration(token: "another")], at: 300) == [.updated])
        #expect(try StoreState(path: folder.path("assay.db")).tokens.count == 2)
    }

    @Test func aRowWithoutKeyLeavesTheKey() throws {
        let found = try outcome(device.registration(), device.registration(nil))
        #expect(found.word == "unchanged")
        #expect(found.record?.key?.identity == key(.trusted))
    }

    @Test func anotherKeyIsAConflictAndChangesNothing() throws {
        let found = try outcome(
            device.registration(.observed),
            device.registration(.trusted, key: other.publicKey, imei: device.imei, token: "a token"))
        #expect(found.word == "key-conflict")
        #expect(
            found.record
                == DeviceRecord(
                    uuid: device.uuid, imei: nil, registeredAt: 100,
                    key: RegisteredKey(identity: key(.observed), profile: nil, since: 100)))
        #expect(found.evidence == [.imported])
        #expect(try StoreState(path: folder.path("assay.db")).tokens == [])
    }

    @Test func anotherIMEIIsAConflictAndChangesNothing() throws {
        let found = try outcome(
            device.registration(.observed, imei: device.imei),
            device.registration(.trusted, imei: other.imei))
        #expect(found.word == "duplicate-device")
        #expect(found.record?.imei == device.imei)
        #expect(found.record?.key?.identity == key(.observed))
        #expect(found.evidence == [.imported])
    }

    @Test(arguments: [
        (KeyTrust.observed, KeyTrust.trusted, "updated", KeyTrust.trusted, 2),
        (.observed, .given, "updated", .trusted, 2),
        (.observed, .observed, "unchanged", .observed, 1),
        (.trusted, .observed, "unchanged", .trusted, 1),
        (.trusted, .trusted, "unchanged", .trusted, 1),
        (.given, .observed, "unchanged", .trusted, 1),
    ])
    func trustIsRaisedAndNeverLowered(
        _ first: KeyTrust, _ second: KeyTrust, _ word: String, _ trust: KeyTrust, _ evidence: Int
    ) throws {
        let found = try outcome(device.registration(first), device.registration(second, digest: 2))
        #expect(found.word == word)
        #expect(found.record?.key == RegisteredKey(identity: key(trust), profile: nil, since: 100))
        #expect(found.evidence.count == evidence)
        #expect(try store.key(of: device.uuid) == key(trust))
    }

    @Test func evidenceSaysHowWhenAndFromWhat() throws {
        _ = try outcome(
            device.registration(.observed, how: .imported, digest: 7),
            device.registration(.trusted, how: .added, digest: 8))
        #expect(
            try store.evidence(of: device.uuid) == [
                Evidence(
                    how: .imported, at: 100, inputDigest: [UInt8](repeating: 7, count: 32), profile: nil),
                Evidence(how: .added, at: 200, inputDigest: [UInt8](repeating: 8, count: 32), profile: nil),
            ])
        #expect(try store.evidence(of: other.uuid) == [])
    }

    @Test func rowsOfOneDeviceInOneBatchKeepTheirOrder() throws {
        var rows: [Registration] = []
        for _ in 0..<50 {
            rows.append(device.registration())
            rows.append(other.registration())
        }
        rows.append(device.registration(key: other.publicKey))
        let words = try store.register(rows, at: 1).map(\.word)
        #expect(
            words == ["added", "added"] + [String](repeating: "unchanged", count: 98) + ["key-conflict"])
    }

    @Test func aBatchWithAConflictRegistersTheRest() throws {
        #expect(try store.register([device.registration()], at: 1) == [.added])
        let outcomes = try store.register(
            [device.registration(key: other.publicKey), other.registration()], at: 2)
        #expect(outcomes.map(\.word) == ["key-conflict", "added"])
        #expect(try store.key(of: other.uuid)?.publicKey == other.publicKey)
    }

    @Test func nothingIsKnownOfAnUnknownDevice() throws {
        #expect(try store.key(of: device.uuid) == nil)
        #expect(try store.device(device.uuid) == nil)
    }

    @Test func devicesComeByUUIDAndOneAtATime() throws {
        let devices = try (10..<60).map { try TestDevice(seed: $0) }
        _ = try store.register(devices.map { $0.registration() }, at: 1)
        var seen: [DeviceUUID] = []
        try store.forEachDevice {
            seen.append($0.uuid)
            return true
        }
        #expect(seen.map(\.description) == devices.map(\.uuid.description).sorted())
        seen = []
        try store.forEachDevice {
            seen.append($0.uuid)
            return seen.count < 3
        }
        #expect(seen.count == 3)
    }

    // MARK: A person's word

    @Test func confirmationRaisesTrustOnce() throws {
        _ = try store.register([device.registration(.observed)], at: 100)
        let kid = device.publicKey.kid
        #expect(
            try store.confirm(device.uuid, expectedKeyID: other.publicKey.kid, at: 200).word == "kid-mismatch"
        )
        #expect(try store.key(of: device.uuid) == key(.observed))
        #expect(try store.confirm(device.uuid, expectedKeyID: kid, at: 300) == .updated)
        #expect(try store.key(of: device.uuid) == key(.trusted))
        #expect(try store.confirm(device.uuid, expectedKeyID: nil, at: 400) == .unchanged)
        #expect(
            try store.evidence(of: device.uuid).last
                == Evidence(how: .confirmed, at: 300, inputDigest: nil, profile: nil))
        #expect(try store.evidence(of: device.uuid).count == 2)
    }

    @Test func confirmationNeedsAKey() throws {
        #expect(try store.confirm(device.uuid, expectedKeyID: nil, at: 1).word == "unknown-key")
        _ = try store.register([device.registration(nil)], at: 1)
        #expect(try store.confirm(device.uuid, expectedKeyID: nil, at: 1).word == "unknown-key")
    }

    // MARK: Keys that give way

    private func replacing(_ trust: KeyTrust, key: P256PublicKey? = nil) -> Registration {
        var row = device.registration(trust, key: key, digest: 5)
        row.replacesObserved = true
        return row
    }

    @Test func aTrustedKeyTakesThePlaceOfAnObservedOne() throws {
        let found = try outcome(device.registration(.observed, key: other.publicKey), replacing(.trusted))
        #expect(found.word == "replaced")
        #expect(found.record?.key == RegisteredKey(identity: key(.trusted), profile: nil, since: 200))
        #expect(found.record?.registeredAt == 100)
        #expect(found.evidence == [.imported])
        #expect(try store.evidence(of: device.uuid).map(\.at) == [200])
        #expect(try store.verifyLedger().findings == [])
        #expect(try store.register([replacing(.trusted)], at: 300) == [.unchanged])
    }

    @Test(arguments: [
        (KeyTrust.observed, KeyTrust.observed), (.trusted, .trusted), (.trusted, .observed),
        (.given, .trusted),
    ])
    func noOtherKeyGivesWay(_ first: KeyTrust, _ second: KeyTrust) throws {
        let found = try outcome(device.registration(first, key: other.publicKey), replacing(second))
        #expect(found.word == "key-conflict")
        #expect(found.record?.key?.identity.publicKey == other.publicKey)
    }

    @Test func anotherIMEIIsAConflictAlsoForAKeyThatWouldTakeThePlace() throws {
        var row = replacing(.trusted)
        row.imei = other.imei
        let found = try outcome(
            device.registration(.observed, key: other.publicKey, imei: device.imei), row)
        #expect(found.word == "duplicate-device")
        #expect(found.record?.key?.identity.publicKey == other.publicKey)
    }

    @Test func aRemovedDeviceLeavesItsNoncesAlone() throws {
        let nonce = [UInt8](repeating: 5, count: 16)
        _ = try store.register([device.registration(token: "a token"), other.registration()], at: 100)
        _ = try store.use([(device.uuid, nonce)], at: 150)
        #expect(try store.remove(device.uuid, at: 200) == .removed)
        #expect(try store.remove(device.uuid, at: 200).word == "unknown-key")
        #expect(try store.device(device.uuid) == nil)
        #expect(try store.evidence(of: device.uuid) == [])
        #expect(try store.device(other.uuid) != nil)
        let state = try StoreState(path: folder.path("assay.db"))
        #expect(state.tokens == [])
        #expect(state.devices.count == 1)
        #expect(try store.verifyLedger().findings == [])
        #expect(try store.register([device.registration()], at: 300) == [.added])
        #expect(try store.use([(device.uuid, nonce)], at: 400) == [false])
        #expect(try store.verifyLedger().findings == [])
    }

    // MARK: Nonces

    @Test func aNonceIsNewOnce() throws {
        let nonce = [UInt8](repeating: 5, count: 16)
        let different = [UInt8](repeating: 6, count: 16)
        let first = try store.use(
            [(device.uuid, nonce), (other.uuid, nonce), (device.uuid, different), (device.uuid, nonce)], at: 1
        )
        #expect(first == [true, true, true, false])
        let second = try SQLiteStore(path: folder.path("assay.db"), access: .readWrite)
        #expect(try second.use([(device.uuid, nonce), (other.uuid, different)], at: 2) == [false, true])
    }
}
