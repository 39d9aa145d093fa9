import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// One batch against the rules, the keys of its device, and the CAs that its certificate has to be of.
struct BatchCheck: Sendable {
    let keys: DeviceKeys
    /// Builds the chain of each client certificate; nil leaves chains unchecked.
    let chains: ChainJudge?
    /// Seconds since 1970.
    let now: Int64

    private let inspector = X509Inspector()

    init(keys: DeviceKeys, chains: ChainJudge?, now: Int64) {
        self.keys = keys
        self.chains = chains
        self.now = now
    }

    /// A client certificate of the batch, its tag, and where it stands.
    private struct Installed {
        let tag: SecTag
        let content: String
        let spki: [UInt8]?
        let path: JSONPath
    }

    func report(_ document: JSONValue) -> (report: BatchReport, findings: [BatchFinding]) {
        guard !keys.isEmpty || chains != nil, let batch = try? CommandBatch(json: document) else {
            let report = BatchValidator(inspector: inspector, now: now).validate(document)
            return (report, report.findings)
        }
        let certificates = installed(by: batch, CommandDocumentForm(of: document))
        let candidates = keys.candidates(of: batch.deviceUUID)
        var expected: [SecTag: [UInt8]] = [:]
        var findings: [BatchFinding] = []
        for certificate in certificates where !keys.isEmpty {
            let tagged = candidates.filter { $0.tag == certificate.tag }
            let pool = tagged.isEmpty ? candidates.filter { $0.tag == nil } : tagged
            if let match = pool.first(where: { $0.spki == certificate.spki }) ?? pool.first {
                expected[certificate.tag] = match.spki
            } else if let finding = misplaced(certificate, candidates) {
                findings.append(finding)
            }
        }
        findings += certificates.compactMap(chainFinding)
        let report = BatchValidator(inspector: inspector, now: now, deviceKeys: expected).validate(document)
        return (report, report.findings + findings)
    }

    /// Why no chain leads from the certificate to a CA. Its own form and validity are reported elsewhere.
    private func chainFinding(_ certificate: Installed) -> BatchFinding? {
        guard let chains, let failure = chains.failure(ofPEM: Array(certificate.content.utf8)),
            failure.code != .validity
        else { return nil }
        return BatchFinding(
            .error, failure.code, certificate.path.appending("content"), failure.message.escapedForTerminal)
    }

    /// No CSR is of the certificate's tag: the device has the key elsewhere, or the CSR is missing.
    private func misplaced(_ certificate: Installed, _ candidates: [DeviceKeys.Key]) -> BatchFinding? {
        if let other = candidates.first(where: { $0.spki == certificate.spki })?.tag {
            return BatchFinding(
                .error, .secTag, certificate.path.appending("secTag"),
                "expected the certificate under tag \(other), where the device has its key, "
                    + "found tag \(certificate.tag)")
        }
        return BatchFinding(
            .error, .csrKey, certificate.path,
            "expected a CSR of this device for tag \(certificate.tag), found none: "
                + "the certificate's key was not compared")
    }

    private func installed(by batch: CommandBatch, _ form: CommandDocumentForm?) -> [Installed] {
        batch.commands.enumerated().compactMap { index, command in
            guard case .clientCertificate(let tag, let content) = command.request else { return nil }
            let path = CommandDocumentForm.path(ofCommand: index, in: form)
            return Installed(
                tag: tag, content: content, spki: try? inspector.facts(pem: content).subjectPublicKeyInfo,
                path: path.appending("request").appending("clientCertificate"))
        }
    }
}
