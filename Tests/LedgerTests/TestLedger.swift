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
import Testing

@testable import Store

/// A CA in memory and a store in a folder of its own.
final class TestLedger {
    static let now: Int64 = 1_790_000_000

    let folder: URL
    let path: String
    let store: SQLiteStore
    let issuer: Issuer
    private let key: PrivateKey
    let profile = CertificateProfile.device
    private let plan: IssuancePlan
    private var count: UInt16 = 0

    /// - Parameter role: what kind of file it is.
    init(as role: FileRole = .store) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("assay.db").path
        store = try SQLiteStore(path: path, access: .create, as: role)
        (issuer, key) = try Self.authority("CN=Root")
        plan = try IssuancePlan(issuer: issuer, profile: profile, at: Self.now)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func authority(_ name: String) throws -> (Issuer, PrivateKey) {
        let key = try PrivateKey.generate(.p256)
        let request = AuthorityRequest(
            subject: try DistinguishedName(text: name), lifetime: .days(7300), pathLength: nil,
            serial: try #require(CertificateSerial(magnitude: [1])))
        let chain = [try AuthorityCertificate.root(request, key: key, at: now)]
        return (try Issuer(chain: chain, key: key, at: now), key)
    }

    func known() throws -> KnownAuthority { try KnownAuthority(der: issuer.certificate.der) }

    /// The octets to which each intent commits, by its serial.
    private var drafts: [[UInt8]: [UInt8]] = [:]

    func tbs(_ intent: IssuanceIntent) throws -> [UInt8] { try #require(drafts[intent.serial]) }

    /// An intent for a new key of device number `count`; its serial is `40…count`.
    func intent(
        attestation: AttestationEvidence? = nil, device: DeviceUUID? = nil
    ) throws -> IssuanceIntent {
        count += 1
        let number = [UInt8(count >> 8), UInt8(count & 0xFF)]
        let key = try PrivateKey.generate(.p256)
        let serial = try #require(
            CertificateSerial(random: [UInt8](repeating: 0, count: 18) + number))
        let subject = try DistinguishedName(text: "CN=device-\(count)")
        let template = try #require(
            CertificateTemplate(
                issuer: issuer.certificate.subject, algorithm: issuer.algorithm,
                extensions: profile.extensions,
                issuerKeyIdentifier: issuer.certificate.publicKey.keyIdentifier))
        let tbs = template.makeTBS(
            serial: serial, subject: subject, publicKey: try SubjectPublicKeyInfo(der: key.publicKey.spki),
            validity: plan.validity)
        drafts[serial.magnitude] = tbs
        return IssuanceIntent(
            authority: issuer.identity, profile: profile.name, request: Digest.sha256(number),
            serial: serial.magnitude, keyID: key.publicKey.kid,
            device: device ?? DeviceUUID(bytes: ([UInt8](repeating: 7, count: 14) + number)[...]),
            subject: subject.description, notBefore: plan.validity.notBefore,
            notAfter: plan.validity.notAfter, tbsDigest: Digest.sha256(tbs), attestation: attestation)
    }

    func sign(_ tbs: [UInt8]) throws -> [UInt8] {
        let template = try #require(
            CertificateTemplate(
                issuer: issuer.certificate.subject, algorithm: issuer.algorithm, extensions: [],
                issuerKeyIdentifier: nil))
        return template.assemble(tbs, signature: try key.sign(tbs, algorithm: issuer.algorithm))
    }

    static func signed(_ draft: IntentOutcome.Draft, _ certificate: [UInt8]) -> SignedIntent {
        var signed = SignedIntents()
        signed.add(draft, certificate: certificate, fingerprint: Digest.sha256(certificate))
        return signed.all[0]
    }

    /// Issues a certificate and enters it; its serial.
    @discardableResult
    func issue(
        at time: Int64 = TestLedger.now, attestation: AttestationEvidence? = nil
    ) throws -> [UInt8] {
        try issue(try intent(attestation: attestation), reissue: false, at: time)
    }

    /// Issues another certificate for the last device; its serial.
    @discardableResult
    func reissueLast() throws -> [UInt8] {
        let device = DeviceUUID(
            bytes: ([UInt8](repeating: 7, count: 14) + [UInt8(count >> 8), UInt8(count & 0xFF)])[...])
        return try issue(try intent(device: device), reissue: true, at: Self.now)
    }

    private func issue(_ intent: IssuanceIntent, reissue: Bool, at time: Int64) throws -> [UInt8] {
        let outcome = try store.exchange([], [intent], reissue: reissue, at: time).outcomes.first
        guard case .sign(let draft)? = outcome else {
            Issue.record("expected an order to sign, found \(String(describing: outcome))")
            return intent.serial
        }
        _ = try store.exchange(
            [Self.signed(draft, try sign(tbs(draft.intent)))], [], reissue: false, at: time)
        return intent.serial
    }

    /// Issues and enters what no profile allows: `certificate` makes it from the draft.
    func enter(_ certificate: (IssuanceIntent) throws -> [UInt8]) throws {
        let intent = try intent()
        guard
            case .sign(let draft)? = try store.exchange([], [intent], reissue: false, at: Self.now).outcomes
                .first
        else { return }
        let signed = Self.signed(draft, try certificate(intent))
        _ = try store.exchange([signed], [], reissue: false, at: Self.now)
    }

    /// What somebody with a copy of sqlite3 does.
    func tamper(_ sql: String) throws {
        let connection = try Connection(path: path, mode: .readWrite)
        try connection.execute(sql)
    }

    func findings(_ checkpoint: LedgerPosition? = nil) throws -> [String] {
        try store.verifyLedger(checkpoint: checkpoint).findings.map(\.failure.message)
    }
}

/// The name of the certificate number `count` of a ``TestLedger``.
func name(_ count: UInt8) -> String {
    "40" + String(repeating: "00", count: 18) + Hex.encode([count])
}

/// The octets of that name.
func serial(_ count: UInt8) -> [UInt8] { [0x40] + [UInt8](repeating: 0, count: 18) + [count] }

/// The finding for an entry whose certificate or row was edited.
func editedEntry(_ entry: UInt8, serial: UInt8? = nil) -> String {
    "the certificate \(name(serial ?? entry)) in the ledger is not the one of entry \(entry), or the one before "
        + "it was changed: the hash does not follow"
}
