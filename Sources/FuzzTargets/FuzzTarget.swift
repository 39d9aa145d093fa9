/// A reader of foreign input, with the rules that hold for whatever it accepts.
///
/// The fuzzer makes inputs for it; the tests replay the inputs that once broke a rule.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case token
    case cborStrict = "cbor-strict"
    case cborGeneral = "cbor-general"
    case csr
    case certificate
    case crl
    case pem
    case json
    case csv
    case name
    case deviceMessage = "device-message"
    case serviceRequest = "service-request"
    case serviceAnswer = "service-answer"
    case modemCommand = "modem-command"
    case listing
    case serialLine = "serial-line"
    case datagram

    /// The names of all targets, with spaces between them.
    public static var names: String { allCases.map(\.rawValue).joined(separator: " ") }

    /// The rule that `bytes` breaks, or nil; a trap or a memory error ends the process.
    public func check(_ bytes: [UInt8]) -> String? {
        switch self {
        case .token: Tokens.check(bytes)
        case .cborStrict: CBORItems.checkStrict(bytes)
        case .cborGeneral: CBORItems.checkGeneral(bytes)
        case .csr: Certificates.checkRequest(bytes)
        case .certificate: Certificates.checkCertificate(bytes)
        case .crl: RevocationLists.check(bytes)
        case .pem: Certificates.checkPEM(bytes)
        case .json: Texts.checkJSON(bytes)
        case .csv: Texts.checkCSV(bytes)
        case .name: Certificates.checkName(bytes)
        case .deviceMessage: DeviceMessages.check(bytes)
        case .serviceRequest: ServiceRequests.check(bytes)
        case .serviceAnswer: ServiceAnswers.check(bytes)
        case .modemCommand: ModemCommands.check(bytes)
        case .listing: Listings.check(bytes)
        case .serialLine: SerialLines.check(bytes)
        case .datagram: Datagrams.check(bytes)
        }
    }
}
