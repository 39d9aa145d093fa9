import Batches
import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

/// Judges files that begin with a leaf: what all threads of `cert verify` share, none of it ever changed.
struct ChainJudge: Sendable {
    let verifier: CertificateChainVerifier
    /// Seconds since 1970.
    let time: Int64
    let purpose: CertificatePurpose
    let allowsWeak: Bool
    /// Whether what RFC 5280 asks of a CA that issues is asked of the chain too.
    let isStrict: Bool

    /// A leaf and its intermediates, as PEM, take a few kilobytes.
    private static let fileLimit = 1 << 20

    init(
        anchors: [X509Certificate], intermediates: [X509Certificate],
        revocationLists: [RevocationList] = [], time: Int64, purpose: CertificatePurpose = .client,
        allowsWeak: Bool = false, isStrict: Bool = false
    ) throws(ToolError) {
        do throws(OpenSSLError) {
            verifier = try CertificateChainVerifier(
                anchors: anchors, intermediates: intermediates, revocationLists: revocationLists)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        self.time = time
        self.purpose = purpose
        self.allowsWeak = allowsWeak
        self.isStrict = isStrict
    }

    /// The result for one file, and the error where it could not be read.
    ///
    /// - Parameter passedOver: counts what is neither a certificate nor spoils the file.
    func judge(path: String, _ passedOver: PassedOver) -> (report: CertificateReport, error: ToolError?) {
        let bytes: [UInt8]
        do throws(ToolError) {
            bytes = try SourceReader.contents(
                of: path, for: CertificateStream.expected, limit: Self.fileLimit)
        } catch {
            return (malformed(path, 1, CheckFailure(error.code, error.message)), error)
        }
        do throws(CertificateBlocks.Fault) {
            let blocks = try CertificateBlocks.read(
                bytes, CertificateBlocks.certificate, name: "a certificate", passedOver: passedOver)
            var certificates: [X509Certificate] = []
            for block in blocks {
                switch X509Certificate.read(der: block.der) {
                case .success(let certificate): certificates.append(certificate)
                case .failure(let failure):
                    throw CertificateBlocks.Fault(line: block.line, failure: failure)
                }
            }
            if let stray = Self.stray(in: certificates) {
                throw CertificateBlocks.Fault(
                    line: blocks[stray].line,
                    failure: CheckFailure(
                        .mixedInput,
                        "expected one certificate and after it the CAs above it, found another that is no CA"
                    ))
            }
            return (judge(certificates, InputLocation(source: path, line: blocks.first?.line ?? 1)), nil)
        } catch {
            return (malformed(path, error.line, error.failure), nil)
        }
    }

    /// The place of a certificate after the first that is no part of its chain: no CA, no issuer of any of them, and not
    /// the first again. What would become of it nobody would be told.
    private static func stray(in certificates: [X509Certificate]) -> Int? {
        guard let leaf = certificates.first else { return nil }
        let issuers = Set(certificates.map(\.issuerDER))
        return certificates.indices.dropFirst().first { index in
            let certificate = certificates[index]
            return !certificate.isCA && !issuers.contains(certificate.subjectDER)
                && certificate.der != leaf.der
        }
    }

    /// Why no chain leads from the one certificate in a PEM text to a trusted CA; nil if one does, or if there is no
    /// such certificate.
    func failure(ofPEM text: [UInt8]) -> CheckFailure? {
        guard let der = try? PEMDocument(text).single(X509Certificate.pemLabel),
            case .success(let leaf) = X509Certificate.read(der: der)
        else { return nil }
        return judge([leaf], InputLocation(source: "", line: 1)).failures.first
    }

    private func malformed(_ path: String, _ line: Int, _ failure: CheckFailure) -> CertificateReport {
        CertificateReport(
            location: InputLocation(source: path, line: line), verdict: .malformed, failures: [failure])
    }

    private func judge(_ certificates: [X509Certificate], _ location: InputLocation) -> CertificateReport {
        var report = CertificateReport(location: location, verdict: .rejected)
        guard let leaf = certificates.first else { return report }
        report.certificate = leaf
        var check = CertificateReport.Check(time: time, purpose: purpose)
        switch verifier.verify(
            leaf, intermediates: Array(certificates.dropFirst()), at: time, purpose: purpose)
        {
        case .failure(let failure): report.failures = [failure]
        case .success(let chain):
            check.weaknesses = chain.weaknesses
            check.warnings = chain.warnings
            if !allowsWeak {
                report.failures += chain.weaknesses.map { CheckFailure(.chain, "too weak: \($0)") }
            }
            if isStrict {
                report.failures += chain.warnings.map {
                    CheckFailure(.lint, "not allowed with --strict: \($0.code): \($0.message)")
                }
            }
            if report.failures.isEmpty {
                report.verdict = .verified
                check.chain = chain
            }
        }
        report.check = check
        return report
    }
}
