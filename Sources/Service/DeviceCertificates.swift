import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import Store
import Synchronization

/// Certificates for the keys that devices made, from the service's own CA: vet, note the intent, sign, enter.
///
/// One certificate a request, however often it is asked for and whatever dies in between: the CA's ledger
/// sees to it, as it does for `ca issue`. Requests that come at once share the two commits.
///
/// `@unchecked Sendable`: ledger, registry and vetter are used under `gate` alone.
final class DeviceCertificates: @unchecked Sendable {
    /// Why there is no certificate.
    struct Rejection: Error, Sendable {
        let message: String
    }

    private let folder: AuthorityFolder
    private let ledger: SQLiteStore
    private let registry: SQLiteStore
    private let vetter: RequestVetter
    private let gate = Mutex(())
    private let waiting = Mutex<[Job]>([])

    init(_ folder: AuthorityFolder, registryPath: String, minimumTrust: KeyTrust, at time: Int64)
        throws(ToolError)
    {
        self.folder = folder
        // A CA that cannot sign is found now and not by the first device.
        _ = try IssuancePlan(issuer: folder.issuer(at: time), profile: folder.profile, at: time)
        ledger = try folder.openLedger()
        registry = try SQLiteStore(path: registryPath, access: .readOnly)
        do throws(OpenSSLError) {
            vetter = try RequestVetter(
                profile: folder.profile, demand: .always, minimumTrust: minimumTrust,
                registry: RegisteredDevices(registry))
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private final class Job: Sendable {
        let token: AttestationToken
        let device: DeviceUUID
        let outcome = Mutex<Result<[UInt8], any Error>?>(nil)

        init(_ token: AttestationToken, _ device: DeviceUUID) {
            self.token = token
            self.device = device
        }
    }

    /// The certificate for the CSR of a `%KEYGEN` answer, DER.
    ///
    /// - Throws: ``Rejection`` for a request that gets none, ``ToolError`` where it could not be tried.
    func certificate(for token: AttestationToken, of device: DeviceUUID, at time: Int64) throws -> [UInt8] {
        let job = Job(token, device)
        waiting.withLock { $0.append(job) }
        gate.withLock { _ in
            guard job.outcome.withLock({ $0 == nil }) else { return }
            let jobs = waiting.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            do {
                try issue(jobs, at: time)
            } catch {
                for job in jobs { job.outcome.withLock { $0 = $0 ?? .failure(error) } }
            }
        }
        guard let result = job.outcome.withLock({ $0 }) else {
            throw ToolError(.internalFault, "a certificate was asked for and not decided on")
        }
        return try result.get()
    }

    // MARK: The four steps

    private struct Candidate {
        let job: Job
        let request: VettedRequest
        let draft: CertificateDraft
        let intent: IssuanceIntent
    }

    private func issue(_ jobs: [Job], at time: Int64) throws(ToolError) {
        let plan = try IssuancePlan(issuer: folder.issuer(at: time), profile: folder.profile, at: time)
        let worker = try IssuingWorker(plan: plan)
        var candidates: [Candidate] = []
        for job in jobs {
            if let candidate = try vet(job, plan, worker, at: time) { candidates.append(candidate) }
        }
        try issue(candidates, worker, reissue: false, at: time)
    }

    /// 1: the device vouches for the key, and the profile takes it.
    private func vet(
        _ job: Job, _ plan: IssuancePlan, _ worker: IssuingWorker, at time: Int64
    ) throws(ToolError) -> Candidate? {
        let request: VettedRequest
        switch try vetter.vet(
            job.token, key: try registry.key(of: job.device),
            expecting: RequestExpectations(deviceUUID: job.device))
        {
        case .failure(let rejection):
            reject(job, rejection.failures.first)
            return nil
        case .success(let vetted): request = vetted
        }
        guard let random = try? RandomBytes.make(16),
            let serial = CertificateSerial(random: random, at: time)
        else { throw ToolError(.internalFault, "the random generator gave too little for a serial number") }
        let draft: CertificateDraft
        switch worker.draft(request, serial: serial) {
        case .failure(let failure):
            reject(job, failure)
            return nil
        case .success(let made): draft = made
        }
        let intent = IssuanceIntent(
            authority: plan.issuer.identity, profile: plan.profile.name, request: request.requestSHA256,
            serial: serial.magnitude, keyID: Digest.sha256(request.publicKey.der),
            device: request.namedDeviceUUID, subject: request.subject.description,
            notBefore: plan.validity.notBefore, notAfter: plan.validity.notAfter, tbsDigest: draft.sha256,
            attestation: request.attestation.map {
                AttestationEvidence(profile: $0.profile, keyID: $0.key.publicKey.kid)
            }, isNameProven: request.isNameProven, objection: request.objection)
        return Candidate(job: job, request: request, draft: draft, intent: intent)
    }

    /// 2 to 4: the intents in one commit, the signatures, the certificates in one commit.
    private func issue(
        _ candidates: [Candidate], _ worker: IssuingWorker, reissue: Bool, at time: Int64
    ) throws(ToolError) {
        guard !candidates.isEmpty else { return }
        let outcomes = try ledger.exchange([], candidates.map(\.intent), reissue: reissue, at: time).outcomes
        var signed = SignedIntents(reservingCapacity: candidates.count)
        var signers: [(candidate: Candidate, id: Int64, certificate: [UInt8])] = []
        var followers: [(candidate: Candidate, id: Int64)] = []
        var again: [Candidate] = []
        for (candidate, outcome) in zip(candidates, outcomes) {
            switch outcome {
            case .existing(let record):
                finish(candidate.job, record.certificate)
            case .sameAs(let id): followers.append((candidate, id))
            case .rejected(let failure):
                // A device that made another key, as a second rule may ask of it, gets a certificate for it.
                // Asked for in this way alone: a request that has its certificate would otherwise get a
                // second one.
                if failure.code == .duplicateDevice, !reissue {
                    again.append(candidate)
                } else {
                    reject(candidate.job, failure)
                }
            case .sign(let order):
                do throws(ToolError) {
                    let der = try sign(candidate, order, worker)
                    signed.add(order, certificate: der, fingerprint: Digest.sha256(der))
                    signers.append((candidate, order.id, der))
                } catch {
                    reject(candidate.job, CheckFailure(error.code, error.message))
                }
            }
        }
        let taken =
            signers.isEmpty ? [:] : try ledger.exchange(signed.all, [], reissue: false, at: time).taken
        var certificates: [Int64: [UInt8]] = [:]
        for (place, entry) in signers.enumerated() {
            switch taken[place] {
            case nil:
                certificates[entry.id] = entry.certificate
                finish(entry.candidate.job, entry.certificate)
            case .certificate(let other)?:
                certificates[entry.id] = other
                finish(entry.candidate.job, other)
            case .refused(let failure)?: reject(entry.candidate.job, failure)
            }
        }
        for follower in followers { finish(follower.candidate.job, certificates[follower.id]) }
        try issue(again, worker, reissue: true, at: time)
    }

    private func sign(
        _ candidate: Candidate, _ order: IntentOutcome.Draft, _ worker: IssuingWorker
    ) throws(ToolError) -> [UInt8] {
        let intent = order.intent
        guard let serial = CertificateSerial(magnitude: intent.serial),
            let validity = ValidityPeriod(notBefore: intent.notBefore, notAfter: intent.notAfter)
        else { throw ToolError(.lint, "the ledger's serial or validity cannot be that of a certificate") }
        var draft = candidate.draft
        if !order.isOwn {
            // An earlier run noted an intent and died: the same octets are made again.
            guard
                case .success(let made) = worker.draft(candidate.request, serial: serial, validity: validity),
                made.sha256 == intent.tbsDigest
            else { throw ToolError(.lint, "an earlier run intended another certificate for this request") }
            draft = made
        }
        return try worker.sign(
            try worker.prepare(draft, serial: serial, validity: validity, for: candidate.request)
        ).der
    }

    private func finish(_ job: Job, _ certificate: [UInt8]?) {
        job.outcome.withLock {
            $0 =
                certificate.map { .success($0) }
                ?? .failure(Rejection(message: "the certificate of the same request was not issued"))
        }
    }

    private func reject(_ job: Job, _ failure: CheckFailure?) {
        job.outcome.withLock {
            $0 = .failure(Rejection(message: failure?.message ?? "the request was rejected"))
        }
    }
}

/// The registry as vetting asks it.
private final class RegisteredDevices: KnownDevices {
    private let registry: SQLiteStore

    init(_ registry: SQLiteStore) { self.registry = registry }

    func isKnown(_ device: DeviceUUID) throws(ToolError) -> Bool { try registry.device(device) != nil }
    func imei(of device: DeviceUUID) throws(ToolError) -> IMEI? { try registry.device(device)?.imei }
    func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID] {
        try registry.devices(withIMEISerial: serial)
    }
}
