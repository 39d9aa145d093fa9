import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import Issuance
import OpenSSL
import PKIX
import Ledger

/// Issues for the CSRs of a PEM file with a ledger that is gone when the process ends: what is left is proof of possession,
/// drafting, checking and signing. Not installed: certificates that nobody has on record are for measuring only.
///
///     assay-benchmark-issue CA_CERTIFICATE CA_KEY REQUESTS
@main
struct BenchmarkIssue {
    static func main() {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard arguments.count == 3 else {
                throw ToolError(.usage, "expected the CA's certificate, its key and a file of CSRs, all PEM")
            }
            let count = try run(certificate: arguments[0], key: arguments[1], requests: arguments[2])
            try StandardStream.error().write(Array("\(count) issued\n".utf8))
        } catch {
            try? StandardStream.error().write(Array("assay-benchmark-issue: \(error)\n".utf8))
            System.exit(ExitStatus.fault.rawValue)
        }
    }

    private static func run(certificate: String, key: String, requests: String) throws -> Int {
        let chain = try PEMDocument(try ByteSource.contents(of: certificate, limit: 1 << 20)).entries.map(
            \.der)
        guard
            case .privateKey(let key) = try KeyDocument.read(
                try ByteSource.contents(of: key, limit: 1 << 20), passphrase: nil)
        else { throw ToolError(.pem, "expected a private key") }
        let now = System.now()
        let issuer = try Issuer(chain: chain, key: key, at: now)
        let settings = IssuanceSettings(
            plan: try IssuancePlan(issuer: issuer, profile: .device, at: now), demand: .none,
            minimumTrust: .trusted,
            serials: SerialNumbers(
                random: { count throws(ToolError) in
                    do throws(OpenSSLError) {
                        return try RandomBytes.make(count)
                    } catch {
                        throw ToolError(.internalFault, error.message)
                    }
                }, clock: { System.now() }),
            sources: { DeviceSources(keys: nil, registry: nil) })
        let receiver = PEMReceiver()
        try IssuanceRun(
            settings, source: try RequestFile(requests), ledger: MemoryLedger(), receiver: receiver,
            jobs: System.coreCount, now: now, until: .interruption
        ).run()
        return receiver.count
    }
}

/// The CSRs of a PEM file.
private struct RequestFile: IssuanceSource {
    private static let target = 32_768

    private let text: [UInt8]
    private var position = 0

    init(_ path: String) throws(ToolError) { text = try ByteSource.contents(of: path, limit: 1 << 30) }

    mutating func next(_ demand: InputDemand) -> Arrival<ArraySlice<UInt8>> {
        guard position < text.count else { return .end }
        let start = position
        var end = min(start + Self.target, text.count)
        // To the end of a block: after the line that follows the next "-----END".
        while end < text.count, !text[start..<end].reversed().starts(with: Self.lastLine) { end += 1 }
        position = end
        return .value(text[start..<end])
    }

    private static let lastLine = Array("-----END CERTIFICATE REQUEST-----\n".utf8.reversed())

    static func requests(of block: ArraySlice<UInt8>) -> [IssuanceRequest] {
        guard let entries = try? PEMDocument(Array(block)).entries else {
            return [IssuanceRequest(RequestOrigin(place: 1), .unusable(.init(.pem, "expected CSRs in PEM")))]
        }
        return entries.map { entry in
            do throws(DERError) {
                let request = try CertificationRequest(der: entry.der)
                return IssuanceRequest(
                    RequestOrigin(place: entry.line), .request(.bare(request), RequestExpectations()))
            } catch {
                return IssuanceRequest(
                    RequestOrigin(place: entry.line), .unusable(.init(.der, "expected a CSR")))
            }
        }
    }
}

/// Writes the certificates to standard output.
private final class PEMReceiver: IssuanceReceiver {
    let stopsAtFailure = false
    private let sink = StandardStream.output()
    private(set) var count = 0

    func objection(to item: VettedItem) -> CheckFailure? { nil }

    func receive(_ outcomes: [IssuanceOutcome]) throws(ToolError) -> Bool {
        var text: [UInt8] = []
        for outcome in outcomes {
            guard let certificate = outcome.certificate, outcome.failures.isEmpty else {
                throw ToolError(.lint, "a request got no certificate: \(outcome.failures)")
            }
            PEMWriter.append(label: "CERTIFICATE", der: certificate.der, to: &text)
            count += 1
        }
        try sink.write(text)
        return true
    }
}
