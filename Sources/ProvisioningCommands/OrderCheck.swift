import DeviceIdentity
import Diagnostics
import JSON

/// The checks across commands: `finished`, and what later commands do to earlier ones of the same tag.
struct OrderCheck {
    private(set) var findings: [BatchFinding] = []
    private let commands: [(command: ProvisioningCommand, path: JSONPath)]

    init(commands: [(command: ProvisioningCommand, path: JSONPath)]) {
        self.commands = commands
    }

    mutating func run(purpose: BatchValidator.Purpose, form: CommandDocumentForm?) {
        checkFinished()
        if purpose == .device, form != .body {
            checkMissingFinished(form)
        }
        checkTags()
    }

    private mutating func report(
        _ severity: BatchFinding.Severity, _ code: ErrorCode, _ path: JSONPath, _ message: String
    ) {
        findings.append(BatchFinding(severity, code, path, message))
    }

    // MARK: finished

    private mutating func checkFinished() {
        let finished = commands.indices.filter { commands[$0].command.request == .finished }
        for index in finished {
            if index != commands.count - 1 {
                report(
                    .error, .commandOrder, commands[index].path,
                    "expected 'finished' as the last command, found it before others")
            }
            if let first = finished.first, index != first {
                report(
                    .error, .commandOrder, commands[index].path,
                    "expected 'finished' once, found it at \(commands[first].path) as well")
            }
        }
    }

    private mutating func checkMissingFinished(_ form: CommandDocumentForm?) {
        let kinds = commands.map(\.command.request.kind)
        guard !kinds.isEmpty, !kinds.contains(.finished) else { return }
        let path = form == .bodies ? JSONPath.root : JSONPath.root.appending("commands")
        // Keys and CSRs alone are the first of two batches: the certificate is yet to be made.
        let isFirstPhase = kinds.allSatisfy(\.makesKey)
        report(
            isFirstPhase ? .warning : .error, .commandOrder, path,
            isFirstPhase
                ? "found no 'finished': the device ends in AWAITING until a second batch brings it"
                : "expected 'finished' as the last command, found none: the device ends in AWAITING")
    }

    // MARK: One tag, several commands

    private mutating func checkTags() {
        /// The places of the last command of each sort for a tag.
        struct Seen {
            var key: (kind: CommandRequest.Kind, path: JSONPath)?
            var clientCertificate: JSONPath?
            var serverCertificate: JSONPath?
            var preSharedKey: JSONPath?
        }
        var tags: [SecTag: Seen] = [:]
        for (command, path) in commands {
            guard let tag = command.request.secTag else { continue }
            var seen = tags[tag] ?? Seen()
            let kind = command.request.kind
            switch kind {
            case .clientPrivateKeyGeneration, .cloudAccessKeyGeneration, .certificateSigningRequest,
                .clientPrivateKey:
                checkKey(kind, path, tag: tag, after: seen.key, certificate: seen.clientCertificate)
                seen.key = (kind, path)
            case .clientCertificate:
                checkOverwrite("client certificate", path, tag: tag, before: seen.clientCertificate)
                if let key = seen.key, key.kind.makesKey {
                    report(
                        .warning, .commandOrder, path,
                        "the certificate is older than the key that \(key.path) makes for tag \(tag), "
                            + "so it cannot be of that key")
                }
                seen.clientCertificate = path
            case .serverCertificate:
                checkOverwrite("server certificate", path, tag: tag, before: seen.serverCertificate)
                seen.serverCertificate = path
            case .preSharedKey:
                checkOverwrite("pre-shared key", path, tag: tag, before: seen.preSharedKey)
                seen.preSharedKey = path
            case .config, .finished: break
            }
            tags[tag] = seen
        }
    }

    private mutating func checkKey(
        _ kind: CommandRequest.Kind, _ path: JSONPath, tag: SecTag,
        after key: (kind: CommandRequest.Kind, path: JSONPath)?, certificate: JSONPath?
    ) {
        if let certificate, kind.makesKey {
            report(
                .error, .commandOrder, path,
                "expected the key of tag \(tag) before its certificate, found the certificate at "
                    + "\(certificate): this command replaces the key and with it the certificate's use")
        }
        guard let key else { return }
        // nRF Cloud's own onboarding rule has these two in this order.
        let isOnboarding = key.kind == .clientPrivateKeyGeneration && kind == .cloudAccessKeyGeneration
        report(
            isOnboarding ? .note : .warning, .commandOrder, path,
            "replaces the private key of tag \(tag) that \(key.path) sets")
    }

    private mutating func checkOverwrite(
        _ what: String, _ path: JSONPath, tag: SecTag, before earlier: JSONPath?
    ) {
        if let earlier {
            report(.warning, .commandOrder, path, "replaces the \(what) of tag \(tag) that \(earlier) sets")
        }
    }
}
