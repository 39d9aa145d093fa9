import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Issuance
import OpenSSL
import Store
import Synchronization

/// Certificates for the keys that devices made, from the service's own CA: vet, note the intent, sign, enter.
///
/// One certificate a request, however often it is asked for and whatever dies in between: the CA's ledger
/// sees to it, as it does for `ca issue`. Requests that come at once share the two commits.
///
/// `@unchecked Sendable`: the desk is used under `gate` alone.
final class DeviceCertificates: @unchecked Sendable {
    /// Why there is no certificate.
    struct Rejection: Error, Sendable {
        let message: String
    }

    private let folder: AuthorityFolder
    private let desk: IssuanceDesk
    private let gate = Mutex(())
    private let waiting = Mutex<[Job]>([])

    init(
        _ folder: AuthorityFolder, registryPath: String, minimumTrust: KeyTrust,
        clock: @escaping @Sendable () -> Int64
    )
        throws(ToolError)
    {
        self.folder = folder
        // A CA that cannot sign is found now and not by the first device.
        let plan = try IssuancePlan(issuer: folder.issuer(at: clock()), profile: folder.profile, at: clock())
        if let objection = plan.objection {
            throw ToolError(objection.code, objection.message, hint: objection.hint)
        }
        let settings = IssuanceSettings(
            plan: plan, demand: .always, minimumTrust: minimumTrust,
            serials: SerialNumbers(
                random: { count throws(ToolError) in
                    do throws(OpenSSLError) {
                        return try RandomBytes.make(count)
                    } catch {
                        throw ToolError(.internalFault, error.message)
                    }
                }, clock: clock),
            sources: { () throws(ToolError) in
                let registry = RegistryDevices(try SQLiteStore(path: registryPath, access: .readOnly))
                return DeviceSources(keys: registry, registry: registry)
            })
        desk = try IssuanceDesk(settings, ledger: try folder.openLedger())
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

    /// A device that made another key, as a second rule may ask of it, gets a certificate for it. That is asked for in this
    /// way alone, and only where the ledger said that there is another one: a request that has its certificate would
    /// otherwise get a second one.
    private func issue(_ jobs: [Job], at time: Int64) throws(ToolError) {
        let plan = try IssuancePlan(issuer: folder.issuer(at: time), profile: folder.profile, at: time)
        var again: [Int] = []
        for outcome in try desk.issue(requests(jobs, jobs.indices), under: plan, reissue: false, at: time) {
            if outcome.failures.first?.code == .duplicateDevice {
                again.append(outcome.origin.place)
            } else {
                finish(jobs[outcome.origin.place], outcome)
            }
        }
        guard !again.isEmpty else { return }
        for outcome in try desk.issue(requests(jobs, again), under: plan, reissue: true, at: time) {
            finish(jobs[outcome.origin.place], outcome)
        }
    }

    private func requests(_ jobs: [Job], _ numbers: some Sequence<Int>) -> [IssuanceRequest] {
        numbers.map { number in
            let job = jobs[number]
            guard case .certificationRequest(_, let request) = job.token.content else {
                return IssuanceRequest(
                    RequestOrigin(place: number),
                    .unusable(.init(.tokenFormat, "expected a %KEYGEN answer with a CSR, found another")))
            }
            return IssuanceRequest(
                RequestOrigin(place: number),
                .request(.attested(job.token, request), RequestExpectations(deviceUUID: job.device)))
        }
    }

    private func finish(_ job: Job, _ outcome: IssuanceOutcome) {
        job.outcome.withLock {
            $0 =
                if outcome.failures.isEmpty, let certificate = outcome.certificate {
                    .success(certificate.der)
                } else {
                    .failure(
                        Rejection(message: outcome.failures.first?.message ?? "the request was rejected"))
                }
        }
    }
}
