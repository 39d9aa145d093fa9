import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import Keys
import OpenSSL
import PKIX
import Ledger
import Synchronization
import Testing

@testable import Issuance

/// A key that counts who signs with it at once.
final class CountedKey: SigningKey {
    let publicKey: PublicKey
    let concurrency: Int
    let sessions = Atomic<Int>(0)
    let signatures = Atomic<Int>(0)
    private let key: PrivateKey
    /// After so many signatures the key is gone.
    private let lifetime: Int

    init(_ key: PrivateKey, concurrency: Int, lifetime: Int = .max) {
        publicKey = key.publicKey
        self.concurrency = concurrency
        self.key = key
        self.lifetime = lifetime
    }

    func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession {
        sessions.add(1, ordering: .relaxed)
        return Session(self, try key.makeSession(algorithm))
    }

    private final class Session: SigningSession {
        private let key: CountedKey
        private let session: any SigningSession

        init(_ key: CountedKey, _ session: any SigningSession) {
            self.key = key
            self.session = session
        }

        func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8] {
            guard key.signatures.add(1, ordering: .relaxed).newValue <= key.lifetime else {
                throw ToolError(.io, "the key does not answer")
            }
            return try session.sign(digest)
        }
    }
}

/// A CA in memory, and requests for it.
struct IssuanceBed {
    static let now: Int64 = 1_790_000_000

    let key: CountedKey
    let plan: IssuancePlan
    let settings: IssuanceSettings

    init(concurrency: Int = .max, lifetime: Int = .max) throws {
        let secret = try PrivateKey.generate(.p256)
        let request = AuthorityRequest(
            subject: try DistinguishedName(text: "CN=Root"), lifetime: .days(7300), pathLength: nil,
            serial: try #require(CertificateSerial(magnitude: [1])))
        let chain = [try AuthorityCertificate.root(request, key: secret, at: Self.now)]
        key = CountedKey(secret, concurrency: concurrency, lifetime: lifetime)
        plan = try IssuancePlan(
            issuer: try Issuer(chain: chain, key: key, at: Self.now), profile: .device, at: Self.now)
        let counter = Mutex<UInt64>(0)
        settings = IssuanceSettings(
            plan: plan, demand: .none, minimumTrust: .trusted,
            serials: SerialNumbers(
                random: { count throws(ToolError) in
                    let number = counter.withLock {
                        $0 += 1
                        return $0
                    }
                    return (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * min($0, 7))) }
                }, clock: { Self.now }),
            sources: { DeviceSources(keys: nil, registry: nil) })
    }

    /// The CSR of a new key.
    static func request(_ number: Int) throws -> CertificationRequest {
        let key = try PrivateKey.generate(.p256)
        return try CertificationRequest.make(
            subject: try DistinguishedName(text: "CN=device-\(number)"), key: key)
    }
}

/// Requests at hand, in blocks of one size.
struct RequestList: IssuanceSource {
    private let blocks: [[IssuanceRequest]]
    private var next = 0
    /// Before which block nothing is at hand for a while.
    var pauses: Set<Int> = []

    init(_ requests: [IssuanceRequest], perBlock: Int) {
        blocks = stride(from: 0, to: requests.count, by: perBlock).map {
            Array(requests[$0..<min($0 + perBlock, requests.count)])
        }
    }

    mutating func next(_ demand: InputDemand) -> Arrival<[IssuanceRequest]> {
        guard next < blocks.count else { return .end }
        if pauses.contains(next), demand != .awaited { return .nothingYet }
        defer { next += 1 }
        return .value(blocks[next])
    }

    static func requests(of block: [IssuanceRequest]) -> [IssuanceRequest] { block }
}

/// Hears everything, and looks whether what it hears is in the ledger already.
final class Listener: IssuanceReceiver {
    let stopsAtFailure: Bool
    private let ledger: WitnessLedger
    /// Requests whose certificates cannot be handed out.
    var objections: Set<Int> = []
    private(set) var origins: [Int] = []
    private(set) var statuses: [IssuanceStatus] = []
    private(set) var certificates: [[UInt8]] = []
    private(set) var complaints: [String] = []
    private(set) var calls = 0

    init(_ ledger: WitnessLedger, stopsAtFailure: Bool = false) {
        self.ledger = ledger
        self.stopsAtFailure = stopsAtFailure
    }

    func objection(to item: VettedItem) -> CheckFailure? {
        guard case .candidate(let candidate) = item, objections.contains(candidate.origin.place) else {
            return nil
        }
        return CheckFailure(.duplicateDevice, "no row")
    }

    func receive(_ outcomes: [IssuanceOutcome]) throws(ToolError) -> Bool {
        calls += 1
        let entered = Set(ledger.entered.values)
        for outcome in outcomes {
            origins.append(outcome.origin.place)
            statuses.append(outcome.status)
            if let certificate = outcome.certificate?.der {
                certificates.append(certificate)
                if !entered.contains(certificate) {
                    complaints.append("told of a certificate that is not entered")
                }
            }
            if stopsAtFailure, outcome.status == .rejected { return false }
        }
        return true
    }
}
