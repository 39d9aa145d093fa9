import Attestation
import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX

/// Step 1: vets requests and drafts their certificates. One per thread: it owns OpenSSL contexts and connections.
final class VettingBench {
    private let settings: IssuanceSettings
    private let sources: DeviceSources
    private let vetter: RequestVetter
    private let standing: StandingCertificates?
    private let authority: [UInt8]
    /// The extensions that the last request asked for, and what there is to say of them.
    private var lastExtensions: (requested: [CertificateExtension], notes: [String]) = ([], [])

    init(_ settings: IssuanceSettings) throws(ToolError) {
        self.settings = settings
        sources = try settings.sources()
        let plan = settings.plan
        let authority = plan.issuer.identity
        self.authority = authority
        // Nothing is spared where a new certificate is wanted, or where a device has to vouch for every request. A name that
        // is not the request's own has to be made again to be compared.
        let mayStand =
            !settings.reissue && settings.demand != .always && plan.profile.attestation.minimumTrust == nil
            && plan.profile.subject.rule == .csr
        standing =
            mayStand
            ? settings.register.map {
                StandingCertificates(authority: authority, profile: plan.profile.name, open: $0)
            } : nil
        do throws(OpenSSLError) {
            vetter = try RequestVetter(
                profile: plan.profile, demand: settings.demand, minimumTrust: settings.minimumTrust,
                registry: sources.registry)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// How far a request of a block has come.
    private enum Stage {
        case received(ReceivedRequest, RequestExpectations)
        case vetted(VettedRequest)
        /// Boxed: most requests never get there.
        indirect case finished(IssuanceOutcome)
    }

    /// Vets a block of requests.
    ///
    /// - Parameter plan: the run's own, unless its time has passed by.
    func vet(
        _ requests: [IssuanceRequest], under plan: IssuancePlan? = nil
    ) throws(ToolError) -> [VettedItem] {
        let drafter = CertificateDrafter(plan: plan ?? settings.plan)
        var stages: [Stage] = []
        stages.reserveCapacity(requests.count)
        try lookUp(requests, &stages)
        try vet(requests, &stages)
        var items: [VettedItem] = []
        items.reserveCapacity(stages.count)
        for (stage, request) in zip(stages, requests) {
            switch stage {
            case .finished(let outcome): items.append(.finished(outcome))
            case .vetted(let vetted): items.append(try draft(vetted, request.origin, drafter, plan))
            case .received: throw ToolError(.internalFault, "a request was not vetted")
            }
        }
        return items
    }

    private func lookUp(_ requests: [IssuanceRequest], _ stages: inout [Stage]) throws(ToolError) {
        guard let standing else {
            for request in requests { stages.append(try stage(request)) }
            return
        }
        stages = try standing.block(of: requests.count) { () throws(ToolError) in
            var stages: [Stage] = []
            stages.reserveCapacity(requests.count)
            for request in requests { stages.append(try stage(request)) }
            return stages
        }
    }

    private func stage(_ request: IssuanceRequest) throws(ToolError) -> Stage {
        let origin = request.origin
        switch request.content {
        case .unreadable(let error): return .finished(IssuanceOutcome(origin, unreadable: error))
        case .unusable(let failure):
            var outcome = IssuanceOutcome(origin, failures: [failure])
            outcome.isMalformed = failure.code.exitStatus == .malformed
            return .finished(outcome)
        case .request(let received, let expectations):
            if case .bare(let request) = received,
                let record = try standing?.certificate(of: request, expecting: expectations),
                RequestVetter.isUnsuspicious(request)
            {
                var outcome = IssuanceOutcome(origin, existing: record)
                outcome.notes =
                    extensionNotes(request.requestedExtensions).map { IssuanceNote($0) }
                    + settings.plan.differences(from: record)
                return .finished(outcome)
            }
            return .received(received, expectations)
        }
    }

    /// All in one state of the registry: whose name is whose does not change within a block.
    private func vet(
        _ requests: [IssuanceRequest], _ stages: inout [Stage]
    ) throws(ToolError) {
        guard let registry = sources.registry else { return try vetEach(requests, &stages) }
        stages = try registry.reading { [stages] () throws(ToolError) in
            var vetted = stages
            try vetEach(requests, &vetted)
            return vetted
        }
    }

    /// All requests of a block go through one step before any goes through the next: what a step needs is then in the
    /// processor's caches, from which the verification of a signature drives everything else.
    private func vetEach(
        _ requests: [IssuanceRequest], _ stages: inout [Stage]
    ) throws(ToolError) {
        var places: [Int] = []
        var submissions: [RequestVetter.Submission] = []
        for (place, stage) in stages.enumerated() {
            guard case .received(let received, let expectations) = stage else { continue }
            var key: IdentityKey?
            if case .attested(let token, _) = received { key = try sources.keys?.key(for: token) }
            places.append(place)
            submissions.append(.init(received, key: key, expecting: expectations))
        }
        for (place, (submission, verdict)) in zip(places, zip(submissions, try vetter.vet(submissions))) {
            switch verdict {
            case .failure(let rejection):
                var outcome = IssuanceOutcome(requests[place].origin, failures: rejection.failures)
                outcome.requestSHA256 = Digest.sha256(submission.request.request.der)
                stages[place] = .finished(outcome)
            case .success(let request): stages[place] = .vetted(request)
            }
        }
    }

    /// What a request asks for and does not get. The requests of a fleet ask for the same.
    private func extensionNotes(_ requested: [CertificateExtension]) -> [String] {
        if requested != lastExtensions.requested {
            let notes = RequestedExtensions(requested).notes(under: settings.plan.profile)
            lastExtensions = (requested, notes)
        }
        return lastExtensions.notes
    }

    private func draft(
        _ request: VettedRequest, _ origin: RequestOrigin, _ drafter: CertificateDrafter,
        _ newer: IssuancePlan?
    ) throws(ToolError) -> VettedItem {
        let plan = newer ?? settings.plan
        let serial = try settings.serials.next()
        let certificate: CertificateDraft
        let failure: CheckFailure?
        switch drafter.draft(request, serial: serial) {
        case .failure(let found): (certificate, failure) = (CertificateDraft([]), found)
        case .success(let draft): (certificate, failure) = (draft, nil)
        }
        let candidate = IssuanceCandidate(
            origin: origin, request: request,
            intent: IssuanceIntent(request, under: plan, of: authority, serial: serial, certificate),
            certificate: certificate,
            remarks: .of(request, with: extensionNotes(request.requestedExtensions)),
            flaw: settings.isDryRun
                ? drafter.flaw(in: certificate, serial: serial, validity: plan.validity, for: request) : nil)
        guard let failure else { return .candidate(candidate) }
        return .finished(IssuanceOutcome(candidate, refusedBecause: failure))
    }
}
