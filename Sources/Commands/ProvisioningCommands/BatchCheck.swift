import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands

/// One batch against the rules and against the keys of its device.
struct BatchCheck: Sendable {
    let keys: DeviceKeys
    /// Seconds since 1970.
    let now: Int64

    private let inspector = X509Inspector()

    init(keys: DeviceKeys, now: Int64) {
        self.keys = keys
        self.now = now
    }

    /// A client certificate of the batch, its tag, and where it stands.
    private struct Installed {
        let tag: SecTag
        let spki: [UInt8]?
        let path: JSONPath
    }

    func report(_ document: JSONValue) -> (report: BatchReport, findings: [BatchFinding]) {
        guard !keys.isEmpty, let batch = try? CommandBatch(json: document) else {
            let report = BatchValidator(inspector: inspector, now: now).validate(document)
            return (report, report.findings)
        }
        let candidates = keys.candidates(of: batch.deviceUUID)
        var expected: [SecTag: [UInt8]] = [:]
        var findings: [BatchFinding] = []
        for certificate in installed(by: batch, CommandDocumentForm(of: document)) {
            let tagged = candidates.filter { $0.tag == certificate.tag }
            let pool = tagged.isEmpty ? candidates.filter { $0.tag == nil } : tagged
            if let match = pool.first(where: { $0.spki == certificate.spki }) ?? pool.first {
                expected[certificate.tag] = match.spki
            } else if let finding = misplaced(certificate, candidates) {
                findings.append(finding)
            }
        }
        let report = BatchValidator(inspector: inspector, now: now, deviceKeys: expected).validate(document)
        return (report, report.findings + findings)
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
            var path = JSONPath.root
            switch form {
            case .batch: path = path.appending("commands").appending(index)
            case .bodies: path = path.appending(index)
            case .body, nil: break
            }
            return Installed(
                tag: tag, spki: try? inspector.facts(pem: content).subjectPublicKeyInfo,
                path: path.appending("request").appending("clientCertificate"))
        }
    }
}
