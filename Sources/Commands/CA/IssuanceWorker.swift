import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import OpenSSL
import PKIX
import Store

/// Vets and signs. One per thread: it owns OpenSSL contexts.
final class IssuanceWorker {
    private let settings: IssuanceSettings
    private let keys: KeyLookup?
    private let registry: RegistryDevices?
    private let vetter: RequestVetter
    private let issuing: IssuingWorker
    private var serials = SerialSource()
    private let authority: [UInt8]
    private let standing: StandingCertificates?
    private var printer: IssuancePrinter
    /// The extensions that the last request asked for, and what there is to say of them.
    private var lastExtensions: (requested: [CertificateExtension], notes: [String]) = ([], [])

    init(_ settings: IssuanceSettings) throws(ToolError) {
        self.settings = settings
        let keys = try settings.keys?.lookup()
        self.keys = keys
        let registry = try Self.registry(keys, settings.registry)
        self.registry = registry
        authority = settings.plan.issuer.identity
        // Nothing is spared where a new certificate is wanted, or where a device has to vouch for every request.
        standing =
            settings.reissue || settings.requireAttestation
                || settings.plan.profile.attestation.minimumTrust != nil
            ? nil
            : StandingCertificates(
                authority: authority, profile: settings.plan.profile.name, open: settings.lookup)
        do throws(OpenSSLError) {
            vetter = try RequestVetter(
                profile: settings.plan.profile, demand: settings.demand, minimumTrust: settings.minimumTrust,
                registry: registry)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        issuing = try IssuingWorker(plan: settings.plan)
        printer = IssuancePrinter(settings.printing ?? .none)
    }

    /// The registry beside the keys: the same connection where the keys are the registry's.
    private static func registry(
        _ keys: KeyLookup?, _ path: String?
    ) throws(ToolError) -> RegistryDevices? {
        if case .registry(let registry)? = keys { return RegistryDevices(registry) }
        guard let path, FileSystem.kind(of: path) != nil else { return nil }
        return RegistryDevices(try SQLiteStore(path: path, access: .readOnly))
    }

    func perform(_ job: IssuanceJob) -> IssuanceResult {
        do throws(ToolError) {
            switch job {
            case .vet(let chunk): return .vetted(try vet(chunk))
            case .sign(let group, let number, let orders):
                return .signed(group: group, number: number, try sign(orders))
            }
        } catch {
            return .fault(error)
        }
    }

    // MARK: Vetting

    private func vet(_ chunk: RequestChunk) throws(ToolError) -> [VettedItem] {
        if case .unreadable(let error) = chunk.content {
            let location = InputLocation(chunk.source, line: 1)
            var report = IssuanceReport(location: location, failures: [.init(error.code, error.message)])
            report.isMalformed = true
            report.unreadable = error
            return [.finished(report)]
        }
        guard let standing else { return try vetItems(chunk) }
        return try standing.block { () throws(ToolError) in try vetItems(chunk) }
    }

    /// How far a request of a block has come.
    private enum Stage {
        case decoded(DecodedRequest, RequestExpectations)
        case vetted(VettedRequest)
        /// Boxed: most requests never get there.
        indirect case finished(IssuanceReport)
    }

    /// All requests of a block go through one step before any goes through the next: what a step needs is then in the
    /// processor's caches, from which the verification of a signature drives everything else.
    private func vetItems(_ chunk: RequestChunk) throws(ToolError) -> [VettedItem] {
        var lines: [Int] = []
        var stages: [Stage] = []
        var fault: ToolError?
        chunk.forEachItem { item in
            do throws(ToolError) {
                stages.append(try decode(item, InputLocation(chunk.source, line: item.line)))
                lines.append(item.line)
                return true
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        for case .decoded(let request, _) in stages {
            switch request {
            case .bare(let request): vetter.announce(request)
            case .attested(let token, _): vetter.announce(token)
            }
        }
        try vet(&stages, lines, chunk.source)
        var items: [VettedItem] = []
        items.reserveCapacity(stages.count)
        for (stage, line) in zip(stages, lines) {
            switch stage {
            case .finished(let report): items.append(.finished(report))
            case .vetted(let request):
                items.append(try draft(request, InputLocation(chunk.source, line: line)))
            case .decoded: throw ToolError(.internalFault, "a request was not vetted")
            }
        }
        return items
    }

    /// All in one state of the registry: whose name is whose does not change within a block.
    private func vet(_ stages: inout [Stage], _ lines: [Int], _ source: SourceName) throws(ToolError) {
        var vetted = stages
        let work = { () throws(ToolError) in
            for index in vetted.indices {
                guard case .decoded(let request, let expectations) = vetted[index] else { continue }
                vetted[index] = try self.vet(
                    request, expectations, InputLocation(source, line: lines[index]))
            }
        }
        if let registry { try registry.reading(work) } else { try work() }
        stages = vetted
    }

    private func decode(_ item: RequestItem, _ location: InputLocation) throws(ToolError) -> Stage {
        switch DecodedRequest.decode(item) {
        case .failure(let failure):
            var report = IssuanceReport(location: location, failures: [failure])
            report.isMalformed = failure.code.exitStatus == .malformed
            return .finished(report)
        case .success(let decoded):
            // A name that is not the request's own has to be made again to be compared.
            if case .bare(let request) = decoded, settings.plan.profile.subject.rule == .csr,
                let record = try standing?.certificate(of: request, expecting: item.expectations),
                RequestVetter.isUnsuspicious(request)
            {
                var report = IssuanceReport(location: location, existing: record)
                let plan = settings.plan
                report.notes =
                    extensionNotes(request.requestedExtensions) + plan.differences(from: record)
                return .finished(report)
            }
            return .decoded(decoded, item.expectations)
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

    private func vet(
        _ decoded: DecodedRequest, _ expectations: RequestExpectations, _ location: InputLocation
    ) throws(ToolError) -> Stage {
        let verdict: Result<VettedRequest, RequestVetter.Rejection>
        switch decoded {
        case .bare(let request): verdict = try vetter.vet(request, expecting: expectations)
        case .attested(let token, _):
            verdict = try vetter.vet(
                token, key: try keys?.key(for: token), expecting: expectations)
        }
        switch verdict {
        case .failure(let rejection):
            var report = IssuanceReport(location: location, failures: rejection.failures)
            report.requestSHA256 = Digest.sha256(decoded.request.der)
            return .finished(report)
        case .success(let request): return .vetted(request)
        }
    }

    private func draft(_ request: VettedRequest, _ location: InputLocation) throws(ToolError) -> VettedItem {
        let plan = settings.plan
        let serial = try serials.next()
        let certificate: CertificateDraft
        let failure: CheckFailure?
        switch issuing.draft(request, serial: serial) {
        case .failure(let found): (certificate, failure) = (CertificateDraft([]), found)
        case .success(let draft): (certificate, failure) = (draft, nil)
        }
        let intent = IssuanceIntent(
            authority: authority, profile: plan.profile.name, request: request.requestSHA256,
            serial: serial.magnitude, keyID: Digest.sha256(request.publicKey.der),
            device: request.namedDeviceUUID, subject: request.subject.description,
            notBefore: plan.validity.notBefore, notAfter: plan.validity.notAfter,
            tbsDigest: certificate.sha256,
            attestation: request.attestation.map {
                AttestationEvidence(profile: $0.profile, keyID: $0.key.publicKey.kid)
            }, isNameProven: request.isNameProven, objection: request.objection)
        let candidate = IssuanceCandidate(
            location: location, request: request, intent: intent, certificate: certificate,
            remarks: .of(request, with: extensionNotes(request.requestedExtensions)),
            flaw: settings.isDryRun ? flaw(in: certificate, serial: serial, for: request) : nil)
        guard let failure else { return .candidate(candidate) }
        var report = IssuanceReport(candidate)
        report.failures = [failure]
        return .finished(report)
    }

    // MARK: Signing

    private func sign(_ orders: [SigningOrder]) throws(ToolError) -> SignedBlock {
        var block = SignedBlock()
        var issued: [(order: Int, certificate: [UInt8])] = []
        issued.reserveCapacity(orders.count)
        block.outcomes.reserveCapacity(orders.count)
        for (index, order) in orders.enumerated() {
            switch try sign(order) {
            case .success(let certificate):
                issued.append((index, certificate))
                block.outcomes.append(.signed)
            case .failure(let error): block.outcomes.append(.failed(error))
            }
        }
        enter(issued, orders, &block)
        return block
    }

    private func sign(_ order: SigningOrder) throws(ToolError) -> Result<[UInt8], ToolError> {
        let prepared: PreparedCertificate
        do { prepared = try prepare(order) } catch { return .failure(error) }
        return .success(try issuing.sign(prepared).der)
    }

    private func prepare(_ order: SigningOrder) throws(ToolError) -> PreparedCertificate {
        let intent = order.draft.intent
        guard let serial = CertificateSerial(magnitude: intent.serial),
            let validity = ValidityPeriod(notBefore: intent.notBefore, notAfter: intent.notAfter)
        else { throw ToolError(.lint, "the ledger's serial or validity cannot be that of a certificate") }
        let certificate =
            order.draft.isOwn
            ? order.candidate.certificate : try redraft(order, serial: serial, validity: validity)
        return try issuing.prepare(
            certificate, serial: serial, validity: validity, for: order.candidate.request)
    }

    /// Why a certificate would not be signed; `nil` if it would.
    func flaw(in order: SigningOrder) -> ToolError? {
        do throws(ToolError) {
            _ = try prepare(order)
            return nil
        } catch {
            return error
        }
    }

    private func flaw(
        in draft: CertificateDraft, serial: CertificateSerial, for request: VettedRequest
    ) -> ToolError? {
        do throws(ToolError) {
            _ = try issuing.prepare(draft, serial: serial, validity: settings.plan.validity, for: request)
            return nil
        } catch {
            return error
        }
    }

    /// Puts what was signed into a block, with what is printed of it.
    private func enter(
        _ issued: [(order: Int, certificate: [UInt8])], _ orders: [SigningOrder], _ block: inout SignedBlock
    ) {
        var signed = SignedIntents(reservingCapacity: issued.count)
        if settings.printing != nil {
            block.places = [Range<Int>](repeating: 0..<0, count: orders.count)
        }
        for (index, certificate) in issued {
            let order = orders[index]
            let fingerprint = Digest.sha256(certificate)
            signed.add(order.draft, certificate: certificate, fingerprint: fingerprint)
            guard settings.printing != nil else { continue }
            // On the chance that the ledger takes it, which it does unless another process is at the same requests.
            var report = IssuanceReport(order.candidate.location, order.candidate.intent, order.remarks)
            report.certificate = CertificateSummary(
                order.draft.intent, der: certificate, fingerprint: fingerprint)
            report.existed = order.existed
            let start = printer.count
            printer.add(report)
            block.places[index] = start..<printer.count
        }
        block.signed = signed.all
        block.text = printer.take()
    }

    /// Makes the draft of an earlier intent again, to which that intent commits.
    private func redraft(
        _ order: SigningOrder, serial: CertificateSerial, validity: ValidityPeriod
    ) throws(ToolError) -> CertificateDraft {
        if case .success(let certificate) = issuing.draft(
            order.candidate.request, serial: serial, validity: validity),
            certificate.sha256 == order.draft.intent.tbsDigest
        {
            return certificate
        }
        throw ToolError(
            .lint,
            "an earlier run intended another certificate for this request, serial "
                + "\(serial): CA, profile or options have changed since; --reissue asks for a new one")
    }
}
