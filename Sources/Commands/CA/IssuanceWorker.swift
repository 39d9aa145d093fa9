import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import OpenSSL
import PKIX
import Store

/// What all workers of a run share.
struct IssuanceSettings: Sendable {
    let plan: IssuancePlan
    /// The identity keys of devices, where some are known.
    let keys: KeySource?
    let requireAttestation: Bool
    let minimumTrust: KeyTrust

    var demand: RequestVetter.AttestationDemand {
        if requireAttestation { return .always }
        return keys == nil ? .none : .whenKeyIsKnown
    }
}

/// One step of work on all cores.
enum IssuanceJob: Sendable {
    /// Read and vet a block of requests and draft their certificates.
    case vet(RequestChunk)
    /// Check and sign drafts whose intents are on disk.
    case sign([SigningOrder])
}

/// A draft that may be signed: its intent is on disk.
struct SigningOrder: Sendable {
    let draft: IntentOutcome.Draft
    let request: VettedRequest
}

/// A vetted request, or the final word on one that will get no certificate.
enum VettedItem: Sendable {
    case finished(IssuanceReport)
    case drafted(IssuanceReport, IssuanceIntent)
}

/// What came of a job.
enum IssuanceResult: Sendable {
    case vetted([VettedItem])
    case signed([(id: Int64, outcome: Result<IssuedCertificate, ToolError>)])
    /// The run cannot go on.
    case fault(ToolError)
}

/// Vets and signs. One per thread: it owns OpenSSL contexts.
final class IssuanceWorker {
    private let settings: IssuanceSettings
    private let keys: KeyLookup?
    private let vetter: RequestVetter
    private let issuing: IssuingWorker
    private let authority: [UInt8]

    init(_ settings: IssuanceSettings) throws(ToolError) {
        self.settings = settings
        keys = try settings.keys?.lookup()
        authority = settings.plan.issuer.identity
        do throws(OpenSSLError) {
            vetter = try RequestVetter(
                profile: settings.plan.profile, demand: settings.demand, minimumTrust: settings.minimumTrust)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        issuing = try IssuingWorker(plan: settings.plan)
    }

    func perform(_ job: IssuanceJob) -> IssuanceResult {
        do throws(ToolError) {
            switch job {
            case .vet(let chunk): return .vetted(try vet(chunk))
            case .sign(let orders):
                return .signed(try orders.map { order throws(ToolError) in try sign(order) })
            }
        } catch {
            return .fault(error)
        }
    }

    // MARK: Vetting

    private func vet(_ chunk: RequestChunk) throws(ToolError) -> [VettedItem] {
        if case .unreadable(let error) = chunk.content {
            let location = InputLocation(source: chunk.source, line: 1)
            return [
                .finished(
                    IssuanceReport(
                        location: location, failures: [.init(error.code, error.message)], isMalformed: true,
                        unreadable: error))
            ]
        }
        var items: [VettedItem] = []
        var fault: ToolError?
        chunk.forEachItem { item in
            do throws(ToolError) {
                items.append(try vet(item, InputLocation(source: chunk.source, line: item.line)))
                return true
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        return items
    }

    private func vet(_ item: RequestItem, _ location: InputLocation) throws(ToolError) -> VettedItem {
        let decoded: DecodedRequest
        switch DecodedRequest.decode(item) {
        case .failure(let failure):
            return .finished(
                IssuanceReport(
                    location: location, failures: [failure],
                    isMalformed: failure.code.exitStatus == .malformed))
        case .success(let value): decoded = value
        }
        let verdict: Result<VettedRequest, RequestVetter.Rejection>
        switch decoded {
        case .bare(let request): verdict = vetter.vet(request, expecting: item.expectations)
        case .attested(let token, _):
            verdict = vetter.vet(
                token, key: try keys?.key(for: token.deviceUUID), expecting: item.expectations)
        }
        switch verdict {
        case .failure(let rejection):
            return .finished(
                IssuanceReport(
                    location: location, requestSHA256: Digest.sha256(decoded.request.der),
                    failures: rejection.failures))
        case .success(let request):
            return try draft(
                request,
                IssuanceReport(location: location, request: request, requestSHA256: request.requestSHA256))
        }
    }

    private func draft(_ request: VettedRequest, _ report: IssuanceReport) throws(ToolError) -> VettedItem {
        let serial = try CertificateSerial.fresh()
        switch issuing.draft(request, serial: serial) {
        case .failure(let failure):
            var report = report
            report.failures = [failure]
            return .finished(report)
        case .success(let tbs):
            let plan = settings.plan
            let intent = IssuanceIntent(
                authority: authority, profile: plan.profile.name, request: request.requestSHA256,
                serial: serial.magnitude, keyID: Digest.sha256(request.publicKey.der),
                device: request.deviceUUID,
                subject: request.subject.description, notBefore: plan.validity.notBefore,
                notAfter: plan.validity.notAfter, tbs: tbs,
                attestation: request.attestation.map {
                    AttestationEvidence(profile: $0.profile, keyID: $0.key.publicKey.kid)
                })
            return .drafted(report, intent)
        }
    }

    // MARK: Signing

    private func sign(
        _ order: SigningOrder
    ) throws(ToolError) -> (id: Int64, outcome: Result<IssuedCertificate, ToolError>) {
        let draft = order.draft
        guard let serial = CertificateSerial(magnitude: draft.serial),
            let validity = ValidityPeriod(notBefore: draft.notBefore, notAfter: draft.notAfter)
        else {
            return (
                draft.id,
                .failure(ToolError(.lint, "the ledger's serial or validity cannot be that of a certificate"))
            )
        }
        let prepared: PreparedCertificate
        do {
            prepared = try issuing.prepare(draft.tbs, serial: serial, validity: validity, for: order.request)
        } catch {
            return (draft.id, .failure(error))
        }
        return (draft.id, .success(try issuing.sign(prepared)))
    }
}
