import DeviceIdentity

/// One step of a device: perhaps a helper, and what the step is for.
struct DeviceStep {
    /// Makes room; it may find nothing to do.
    let helper: ATCommand?
    let action: DeviceCommand.Action
}

/// What the service makes of a request for the device.
///
/// Vectors show key generation, configuration and `finished`; certificates and CSRs are documented. Inferred are the
/// rest: that `cloudAccessKeyGeneration`, which exports a CSR, asks for one without attributes, that a private key is
/// written like a certificate, and that a pre-shared key takes two steps, identity and secret.
extension CommandRequest {
    /// The steps in their order; each but configuration and `finished` deletes first what it writes.
    var deviceSteps: [DeviceStep] {
        switch self {
        case .clientPrivateKeyGeneration(let tag): [Self.generate(tag, ",1")]
        case .cloudAccessKeyGeneration(let tag): [Self.generate(tag, ",0")]
        case .certificateSigningRequest(let tag, let attributes, let keyUsage):
            [Self.generate(tag, ",0" + Self.optional(attributes, keyUsage?.description))]
        case .serverCertificate(let tag, let content): [Self.write(tag, .rootCertificate, content)]
        case .clientCertificate(let tag, let content): [Self.write(tag, .clientCertificate, content)]
        case .clientPrivateKey(let tag, let content, let password):
            [Self.write(tag, .privateKey, content, password)]
        case .preSharedKey(let tag, let identity, let secret):
            [Self.write(tag, .keyIdentity, identity), Self.write(tag, .preSharedKey, secret)]
        case .config(let settings): [DeviceStep(helper: nil, action: .config(settings))]
        case .finished: [DeviceStep(helper: nil, action: .finished)]
        }
    }

    /// How many correlation ids a delivery needs: one for each step, helpers not counted.
    package var deviceStepCount: Int { deviceSteps.count }

    /// The commands of the device, one id for each step.
    package func deviceCommands(ids: some Sequence<String>) -> [DeviceCommand] {
        zip(deviceSteps, ids).flatMap { step, id in
            let command = DeviceCommand(correlationID: id, action: step.action)
            guard let helper = step.helper else { return [command] }
            let helperID = CorrelationSeries.helper(of: id)
            return [DeviceCommand(correlationID: helperID, action: .at(helper)), command]
        }
    }

    // MARK: AT commands

    /// What the modem keeps under a tag, by the numbers of `%CMNG`.
    private enum CredentialType: Int {
        case rootCertificate = 0
        case clientCertificate = 1
        case privateKey = 2
        case preSharedKey = 3
        case keyIdentity = 4
    }

    /// `+CME ERROR: 513`, not found: there was nothing to delete.
    private static let notFound: UInt32 = 513

    private static func delete(_ tag: SecTag, _ type: CredentialType) -> ATCommand {
        ATCommand(name: "%CMNG", parameters: "3,\(tag),\(type.rawValue)", ignoredErrors: [notFound])
    }

    /// A new private key (2); the rest says what is returned.
    private static func generate(_ tag: SecTag, _ rest: String) -> DeviceStep {
        DeviceStep(
            helper: delete(tag, .privateKey),
            action: .at(ATCommand(name: "%KEYGEN", parameters: "\(tag),2\(rest)")))
    }

    private static func write(
        _ tag: SecTag, _ type: CredentialType, _ content: String, _ password: String? = nil
    ) -> DeviceStep {
        let parameters = "0,\(tag),\(type.rawValue),\"\(content)\"" + optional(password)
        return DeviceStep(
            helper: delete(tag, type), action: .at(ATCommand(name: "%CMNG", parameters: parameters)))
    }

    /// Optional texts at the end: an absent one leaves its place empty if another follows.
    private static func optional(_ texts: String?...) -> String {
        let last = texts.lastIndex { $0 != nil } ?? -1
        return texts.prefix(last + 1).map { text in text.map { ",\"\($0)\"" } ?? "," }.joined()
    }

    /// The request that one AT command is the work of; nil for any other. Not all of these commands are exactly as
    /// ``deviceSteps`` writes them: whoever asks has to compare.
    init?(work at: ATCommand) {
        let fields = ATField.split(at.parameters)
        switch at.name {
        case "%KEYGEN":
            guard fields.count >= 3, let tag = fields[0].tag, fields[1].text == "2" else { return nil }
            switch fields[2].text {
            case "1": self = .clientPrivateKeyGeneration(tag)
            case "0" where fields.count == 3: self = .cloudAccessKeyGeneration(tag)
            case "0":
                let attributes = fields[3].isQuoted ? fields[3].text : nil
                let usage = fields.count > 4 ? try? CSRKeyUsage(text: fields[4].text) : nil
                self = .certificateSigningRequest(tag, attributes: attributes, keyUsage: usage)
            default: return nil
            }
        case "%CMNG":
            guard fields.count >= 4, fields[0].text == "0", let tag = fields[1].tag,
                let type = Int(fields[2].text).flatMap(CredentialType.init)
            else { return nil }
            let content = fields[3].text
            switch type {
            case .rootCertificate: self = .serverCertificate(tag, content: content)
            case .clientCertificate: self = .clientCertificate(tag, content: content)
            case .privateKey:
                let password = fields.count > 4 ? fields[4].text : nil
                self = .clientPrivateKey(tag, content: content, password: password)
            // One half of a pre-shared key; the other is in another command.
            case .preSharedKey: self = .preSharedKey(tag, identity: "", secret: content)
            case .keyIdentity: self = .preSharedKey(tag, identity: content, secret: "")
            }
        default: return nil
        }
    }
}

/// One parameter of an AT command.
private struct ATField {
    let text: String
    let isQuoted: Bool

    /// The security tag that it is, if an application may use that.
    var tag: SecTag? {
        guard !isQuoted, let tag = try? SecTag(text: text), !tag.isReservedForModem else { return nil }
        return tag
    }

    /// The parameters between the commas outside quotation marks.
    static func split(_ parameters: String) -> [ATField] {
        let quote = UInt8(ascii: "\"")
        var isOpen = false
        let pieces = parameters.utf8.split(omittingEmptySubsequences: false) { byte in
            if byte == quote { isOpen.toggle() }
            return byte == UInt8(ascii: ",") && !isOpen
        }
        return pieces.map { piece in
            guard piece.count >= 2, piece.first == quote, piece.last == quote else {
                return ATField(text: String(decoding: piece, as: UTF8.self), isQuoted: false)
            }
            return ATField(
                text: String(decoding: piece.dropFirst().dropLast(), as: UTF8.self), isQuoted: true)
        }
    }
}
