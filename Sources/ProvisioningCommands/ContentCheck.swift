import DeviceIdentity
import Diagnostics
import JSON

/// The checks of one command by itself: PEM, certificates, attributes, sizes.
struct ContentCheck {
    private(set) var findings: [BatchFinding] = []
    private let inspector: (any CertificateInspector)?
    private let now: Int64?
    private let deviceKeys: [SecTag: [UInt8]]
    private let deviceUUID: DeviceUUID?
    private let bufferSize: Int

    /// A certificate that ends sooner than this is worth a warning.
    private static let soon: Int64 = 30 * 86_400

    init(
        inspector: (any CertificateInspector)?, now: Int64?, deviceKeys: [SecTag: [UInt8]],
        deviceUUID: DeviceUUID?, bufferSize: Int
    ) {
        self.inspector = inspector
        self.now = now
        self.deviceKeys = deviceKeys
        self.deviceUUID = deviceUUID
        self.bufferSize = bufferSize
    }

    /// Checks a command whose parameters are at this path.
    mutating func run(_ request: CommandRequest, _ path: JSONPath) {
        if !request.kind.isProven {
            report(
                .note, .command, path,
                "the names of this command's members are inferred, not documented: the service may refuse it")
        }
        switch request {
        case .clientCertificate(let tag, let content):
            checkClientCertificate(content, tag, path.appending("content"))
        case .serverCertificate(let tag, let content):
            checkServerCertificate(content, tag, path)
        case .clientPrivateKey(_, let content, let password):
            checkPrivateKey(content, password, path)
        case .certificateSigningRequest(_, let attributes, let keyUsage):
            checkSigningRequest(attributes, keyUsage, path)
        case .preSharedKey(_, let identity, let secret): checkPreSharedKey(identity, secret, path)
        case .config(let settings): checkConfig(settings, path.appending("properties"))
        case .clientPrivateKeyGeneration, .cloudAccessKeyGeneration, .finished: break
        }
        checkLength(request, path)
    }

    private mutating func report(
        _ severity: BatchFinding.Severity, _ code: ErrorCode, _ path: JSONPath, _ message: String
    ) {
        findings.append(BatchFinding(severity, code, path, message))
    }

    private mutating func checkLength(_ request: CommandRequest, _ path: JSONPath) {
        let length = ATCommandLine.longest(for: request)
        if length > bufferSize {
            report(
                .error, .commandLimit, path,
                "expected an AT command line of at most \(bufferSize) bytes, found \(length)")
        } else if length > ATCommandLine.smallestBuffer {
            report(
                .note, .commandLimit, path,
                "the AT command line has \(length) bytes; a device built with a transmit buffer below 2048 "
                    + "takes \(ATCommandLine.smallestBuffer)")
        }
    }

    // MARK: Certificates

    private mutating func checkClientCertificate(_ content: String, _ tag: SecTag, _ path: JSONPath) {
        guard let pem = pem(content, path, allowing: ["CERTIFICATE"]) else { return }
        guard let block = pem.blocks.first, pem.blocks.count == 1 else {
            report(
                .error, .chain, path,
                "expected the device's certificate alone, found \(pem.blocks.count) certificates")
            return
        }
        guard let facts = facts(block, path) else { return }
        checkValidity(facts, path)
        if let key = deviceKeys[tag], key != facts.subjectPublicKeyInfo {
            report(
                .error, .csrKey, path,
                "expected a certificate of the key in the device's CSR for tag \(tag), "
                    + "found one of another key (\(facts.subject.escapedForTerminal))")
        }
        if let deviceUUID, let name = facts.commonName, name.lowercased() != deviceUUID.description {
            report(
                .note, .csrSubject, path,
                "the certificate's common name is \(Shown.text(name)), not the device UUID: "
                    + "the device has to connect with that name as its id")
        }
    }

    private mutating func checkServerCertificate(_ content: String, _ tag: SecTag, _ path: JSONPath) {
        if tag == SecTag(42384) || tag == SecTag(50) {
            report(
                .warning, .secTag, path.appending("secTag"),
                "tag \(tag) holds the root CA of the provisioning connection in Nordic's sample: "
                    + "replacing it can cut the device off")
        }
        let path = path.appending("content")
        guard let pem = pem(content, path, allowing: ["CERTIFICATE"]) else { return }
        for block in pem.blocks {
            if let facts = facts(block, path) {
                checkValidity(facts, path)
            }
        }
    }

    private mutating func facts(_ block: PEMText.Block, _ path: JSONPath) -> CertificateFacts? {
        guard let inspector else { return nil }
        do throws(ToolError) {
            return try inspector.facts(pem: block.text)
        } catch {
            report(.error, error.code, path, error.message)
            return nil
        }
    }

    private mutating func checkValidity(_ facts: CertificateFacts, _ path: JSONPath) {
        guard let now else { return }
        let subject = facts.subject.escapedForTerminal
        if now < facts.notBefore {
            report(
                .error, .validity, path, "expected a valid certificate, found one not yet valid (\(subject))")
        } else if now > facts.notAfter {
            report(.error, .validity, path, "expected a valid certificate, found an expired one (\(subject))")
        } else if facts.notAfter < now.addingReportingOverflow(Self.soon).partialValue {
            report(.warning, .validity, path, "the certificate expires within 30 days (\(subject))")
        }
    }

    private mutating func checkPrivateKey(_ content: String, _ password: String?, _ path: JSONPath) {
        let labels = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
        guard let pem = pem(content, path.appending("content"), allowing: labels) else { return }
        if pem.blocks.count != 1 {
            report(
                .error, .pem, path.appending("content"),
                "expected one private key, found \(pem.blocks.count)")
        }
        let isEncrypted = pem.blocks.first?.label == "ENCRYPTED PRIVATE KEY"
        if isEncrypted, password == nil {
            report(.error, .command, path.appending("password"), "expected the password of an encrypted key")
        }
        if !isEncrypted, password != nil {
            report(.warning, .command, path.appending("password"), "found a password for an unencrypted key")
        }
        if let password {
            checkATString(password, path.appending("password"))
        }
    }

    /// The blocks of a PEM text; nil when there are none to look at.
    private mutating func pem(
        _ content: String, _ path: JSONPath, allowing labels: [String]
    ) -> PEMText? {
        if content.utf8.contains(UInt8(ascii: "\"")) {
            report(
                .error, .pem, path, "expected no quotation mark, which ends the AT command's text, found one")
        }
        let text: PEMText
        do throws(ToolError) {
            text = try PEMText(content.utf8)
        } catch {
            report(.error, error.code, path, error.message)
            return nil
        }
        if text.hasCarriageReturns {
            report(
                .error, .pem, path,
                "expected LF line ends, found CR: modems answer CME 527 (invalid content) to them")
        }
        if text.finalNewlines == 0 {
            report(
                .error, .pem, path,
                "expected a line end at the end, found none: modems answer CME 527 (invalid content)")
        } else if text.finalNewlines > 1 {
            report(
                .warning, .pem, path, "expected one line end at the end, found \(text.finalNewlines)")
        }
        if text.hasTextOutside {
            report(.warning, .pem, path, "expected PEM blocks only, found other text beside them")
        }
        guard let stranger = text.blocks.first(where: { !labels.contains($0.label) }) else { return text }
        let expected = labels.joined(separator: " or ")
        report(.error, .pem, path, "expected blocks \(expected), found \(stranger.label)")
        return nil
    }

    // MARK: Other parameters

    private mutating func checkSigningRequest(
        _ attributes: String?, _ keyUsage: CSRKeyUsage?, _ path: JSONPath
    ) {
        if keyUsage == nil {
            report(
                .warning, .command, path.appending("keyUsage"),
                "found no key usage: the modem asks for 111010000, nRF Cloud's examples for 101010000")
        }
        let path = path.appending("attributes")
        guard let attributes else {
            report(.note, .command, path, "found no attributes: the subject will be CN=<device UUID>")
            return
        }
        checkATString(attributes, path)
        if attributes.hasPrefix("/") {
            return report(
                .error, .command, path,
                "expected KEY=value pairs between commas (O=Example,CN=device), found the form of OpenSSL's -subj"
            )
        }
        let pieces = attributes.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let arePairs = pieces.allSatisfy { piece in
            piece.first != UInt8(ascii: "=") && piece.contains(UInt8(ascii: "="))
        }
        if !arePairs {
            report(.warning, .command, path, "expected KEY=value pairs between commas, found something else")
        }
    }

    private mutating func checkPreSharedKey(_ identity: String, _ secret: String, _ path: JSONPath) {
        checkATString(identity, path.appending("identity"))
        if identity.isEmpty {
            report(.error, .command, path.appending("identity"), "expected an identity, found none")
        }
        if !PreSharedKey.isHexadecimal(secret) {
            report(
                .error, .command, path.appending("secret"),
                "expected a secret of hexadecimal digits, two for each byte")
        }
    }

    private mutating func checkConfig(_ settings: [ConfigurationSetting], _ path: JSONPath) {
        if settings.isEmpty {
            report(.error, .command, path, "expected at least one setting, found none")
        }
        if settings.count > ConfigurationSetting.deviceLimit {
            report(
                .error, .commandLimit, path,
                "expected at most \(ConfigurationSetting.deviceLimit) settings, as many as a device takes, "
                    + "found \(settings.count)")
        }
        for setting in settings {
            if setting.key.isEmpty {
                report(.error, .command, path, "expected a key of each setting, found an empty one")
            }
            // To the device, whose library is in C, a NUL is the end of the text.
            if [setting.key, setting.value].contains(where: { $0.utf8.contains(0) }) {
                report(
                    .error, .command, path.appending(setting.key),
                    "expected no NUL in a setting, where the device takes the text to end, found one")
            }
        }
        for setting in settings where setting.key == "provisioning/interval-sec" {
            // Behind a leading zero the device reads an octal number.
            let isDecimal =
                !setting.value.hasPrefix("+") && (setting.value == "0" || !setting.value.hasPrefix("0"))
            if !isDecimal || setting.value.utf8.count > 9 || UInt32(setting.value) == nil {
                report(
                    .error, .command, path.appending(setting.key),
                    "expected a decimal number of seconds, found \(Shown.text(setting.value))")
            }
        }
    }

    /// Text between quotation marks on an AT command line.
    private mutating func checkATString(_ text: String, _ path: JSONPath) {
        if !ATString.isSafe(text) {
            report(
                .error, .command, path,
                "expected no quotation mark or control character, which ends the AT command, found one"
            )
        }
    }
}
