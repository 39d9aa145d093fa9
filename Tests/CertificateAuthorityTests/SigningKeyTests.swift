@testable import CertificateAuthority
import Diagnostics
import Keys
import OpenSSL
import PKIX
import Synchronization
import Testing

/// A key that is elsewhere, as one in an HSM would be: the CA sees it through the narrow interface alone.
private final class DistantKey: SigningKey, Sendable {
    /// What this key says it is.
    let publicKey: PublicKey
    let concurrency: Int
    let sessions = Atomic<Int>(0)
    private let key: PrivateKey
    private let isReachable: Bool

    /// - Parameter secret: the key that signs, where it is not the one that is shown.
    init(
        _ key: PrivateKey, signingWith secret: PrivateKey? = nil, concurrency: Int = 2,
        isReachable: Bool = true
    ) {
        publicKey = key.publicKey
        self.key = secret ?? key
        self.concurrency = concurrency
        self.isReachable = isReachable
    }

    func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession {
        guard isReachable else { throw ToolError(.io, "the device does not answer") }
        sessions.add(1, ordering: .relaxed)
        return try key.makeSession(algorithm)
    }
}

@Suite struct SigningKeyTests {
    private func root(_ key: PrivateKey) throws -> [UInt8] {
        try certificate(
            subject: "CN=Far", key: key, extensions: CertificateTemplate.authorityExtensions(pathLength: nil))
    }

    private func request() throws -> VettedRequest {
        try RequestVetter(profile: .device, demand: .none)
            .vet(try CertificationRequest.make(subject: try name("CN=device"), key: try deviceKey(3))).get()
    }

    /// Everything a CA signs: device certificates, CAs below it, CRLs, checkpoints.
    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func aKeyElsewhereDoes(_ kind: PrivateKey.GeneratedKind) throws {
        let key = try PrivateKey.generate(kind)
        let distant = DistantKey(key)
        let issuer = try Issuer(chain: [try root(key)], key: distant, at: now)
        #expect(issuer.concurrency == 2)
        #expect(distant.sessions.load(ordering: .relaxed) == 0)
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: now)
        let worker = try IssuingBench(plan: plan)
        for octet in UInt8(1)...3 {
            let issued = try worker.issue(
                try request(), serial: try serial(octet), validity: plan.validity)
            let read = try ParsedCertificate(der: issued.der)
            #expect(
                key.publicKey.isValid(
                    signature: Array(issued.der[read.signatureRange]), over: Array(issued.der[read.tbsRange]),
                    algorithm: issuer.algorithm))
        }
        // One session a worker, however many certificates.
        #expect(distant.sessions.load(ordering: .relaxed) == 1)
        let below = try AuthorityCertificate.intermediate(
            AuthorityRequest(
                subject: try name("CN=Sub"), lifetime: .days(30), pathLength: 0, serial: try serial(4)),
            publicKey: try deviceKey(4).publicKey, issuer: issuer, at: now)
        _ = try Issuer(chain: [below] + issuer.chain, key: try deviceKey(4), at: now)
        _ = try issuer.revocationList([], number: 1, thisUpdate: now, nextUpdate: now + day)
        let checkpoint = LedgerCheckpoint(
            sequence: 1, hash: [UInt8](repeating: 1, count: 32), at: now, authority: issuer.identity)
        let signature = try checkpoint.signature(by: issuer)
        _ = try checkpoint.verified(signature: signature, by: try KnownAuthority(der: try root(key))).get()
    }

    /// A signature of another key than the one that is shown never leaves the CA.
    @Test func aKeyThatIsAnotherIsNoticed() throws {
        let key = try PrivateKey.generate(.p256)
        let distant = DistantKey(key, signingWith: try PrivateKey.generate(.p256))
        let issuer = try Issuer(chain: [try root(key)], key: distant, at: now)
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: now)
        let worker = try IssuingBench(plan: plan)
        #expect(
            errorCode {
                _ = try worker.issue(try request(), serial: try serial(1), validity: plan.validity)
            } == .internalFault)
        #expect(
            errorCode {
                _ = try issuer.revocationList([], number: 1, thisUpdate: now, nextUpdate: now + day)
            } == .internalFault)
    }

    @Test func aKeyThatCannotBeReachedSaysSo() throws {
        let key = try PrivateKey.generate(.p256)
        let issuer = try Issuer(
            chain: [try root(key)], key: DistantKey(key, concurrency: 0, isReachable: false), at: now)
        #expect(issuer.concurrency == 1)
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: now)
        #expect(errorCode { _ = try IssuingBench(plan: plan) } == .io)
    }
}
