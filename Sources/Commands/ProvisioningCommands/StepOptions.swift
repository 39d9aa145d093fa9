import OpenSSL
import PKIX
import ArgumentParser
import DeviceIdentity
import Diagnostics
import Intake
import ProvisioningCommands

/// What the steps of `commands compose` and `rule compose` take their defaults from.
struct StepOptions: ParsableArguments {
    @Option(help: .init("The security tag of steps that name none, 16842753 by default.", valueName: "n"))
    var secTag: String?

    @Option(
        help: .init(
            "The key usage that a CSR asks for, nine bits, 101010000 by default: digitalSignature, "
                + "keyEncipherment and keyAgreement.", valueName: "bits"))
    var keyUsage: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init(
            "STEP=TEXT describes the commands of the steps of that name, N=TEXT the command in place N (from 1); "
                + "without TEXT the description is left out.", valueName: "step=text"))
    var describe: [String] = []

    /// The tag; throws `usage` or `sec-tag`.
    func tag() throws(ToolError) -> SecTag {
        guard let secTag else { return .nrfCloud }
        let tag = try SecTag(text: secTag)
        guard !tag.isReservedForModem else {
            throw ToolError(
                .secTag, "expected a security tag from 0 to \(SecTag.largestForApplications), found \(tag)")
        }
        return tag
    }

    /// The key usage; throws `usage`.
    func usage() throws(ToolError) -> CSRKeyUsage {
        guard let keyUsage else { return .standard }
        do throws(ToolError) {
            return try CSRKeyUsage(text: keyUsage)
        } catch {
            throw ToolError(.usage, error.message)
        }
    }

    /// Reads a file that a step names.
    static func readFile(_ path: String, _ kind: StepParser.FileKind) throws(ToolError) -> [UInt8] {
        let expected =
            switch kind {
            case .pem: Expectation(.pem, "a file in PEM")
            case .hexadecimalDigits: Expectation(.command, "a file with hexadecimal digits")
            }
        let bytes = try SourceReader.contents(of: path, for: expected, limit: 1 << 20)
        if kind == .pem { try demandCertificates(bytes, path) }
        return bytes
    }

    /// What stands under the label of a certificate goes to a device as one: a private key there would be given away.
    private static func demandCertificates(_ bytes: [UInt8], _ path: String) throws(ToolError) {
        var scanner = PEMScanner(limit: CertificateBlocks.limit)
        while case .block(let block) = scanner.next(in: bytes, isLast: true) {
            guard CertificateBlocks.certificate.contains(block.label),
                let der = try? block.decode(in: bytes),
                let found = ForeignDER(der), found != .certificate
            else { continue }
            throw ToolError(
                .der, "expected a certificate, found \(found.rawValue)",
                context: [.init("file", "\(path.escapedForTerminal):\(block.line)")])
        }
    }
}
