import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import Ledger
import OpenSSL
import PKIX
import Store

/// Finds the certificate that a file holds in the ledger of the CA that issued it.
///
/// A serial number alone names a certificate of every CA that ever used it. What is in a file is therefore taken for the
/// CA's only if it is, octet for octet, the certificate that the ledger has under its serial number and this CA.
struct IssuedCertificateFile {
    private let ledger: SQLiteStore
    private let authority: KnownAuthority

    /// A certificate, and what issued it after it, take a few kilobytes.
    private static let fileLimit = 1 << 20

    init(_ ledger: SQLiteStore, of authority: KnownAuthority) {
        self.ledger = ledger
        self.authority = authority
    }

    /// An argument that is nothing of what it may be.
    static let missing = ToolError(
        .io, "expected a serial number in hex or a certificate file, found neither: there is no such file",
        hint: "assay ca list shows the serial numbers of a CA")

    /// What an argument stands for, which may be a file or a serial number.
    enum Argument {
        case file(String)
        case serial(CertificateSerial)
        /// Neither.
        case unknown
    }

    /// Tells files from serial numbers: by whether the file is there.
    ///
    /// A folder is never meant where a serial number may be: `ca` is one.
    /// - Throws: ``ToolError`` with `usage` for a name that is both: which of them is revoked is not to be guessed.
    static func meaning(of argument: String) throws(ToolError) -> Argument {
        if argument == "-" { return .file(argument) }
        let serial = CertificateSerial(argument)
        switch FileSystem.kind(of: argument) {
        case .folder?:
            if let serial { return .serial(serial) }
            return .file(argument)
        case .file?, .other?:
            guard serial != nil else { return .file(argument) }
            throw ToolError(
                .usage,
                "expected a serial number or a file, found '\(argument.escapedForTerminal)', which may be either",
                hint:
                    .text(
                        "./\(argument.escapedForTerminal) is the file; for the serial number run it from another folder, "
                            + "or put colons between the octets"))
        case nil: return serial.map { .serial($0) } ?? .unknown
        }
    }

    /// The certificate in the file at `path`, as something to be revoked.
    func target(_ path: String) -> RevocationTarget {
        let start = InputLocation(source: path, line: 1)
        if FileSystem.kind(of: path) == .folder {
            let failure = CheckFailure(.io, "expected a certificate file, found a folder")
            return RevocationTarget(
                location: start,
                problem: .unreadable(ToolError(failure.code, failure.message, hint: "name the files in it")))
        }
        let bytes: [UInt8]
        do throws(ToolError) {
            bytes = try SourceReader.contents(
                of: path, for: CertificateStream.expected, limit: Self.fileLimit)
        } catch {
            let isMalformed = error.code.exitStatus == .malformed
            return RevocationTarget(
                location: start,
                problem: isMalformed
                    ? .malformed(CheckFailure(error.code, error.message)) : .unreadable(error))
        }
        do throws(CertificateBlocks.Fault) {
            let (certificate, line) = try Self.single(bytes)
            return target(certificate, InputLocation(source: path, line: line))
        } catch {
            return RevocationTarget(
                location: InputLocation(source: path, line: error.line), problem: .malformed(error.failure))
        }
    }

    /// The serial number of the certificate in the file at `path`.
    ///
    /// - Throws: ``ToolError`` where it is none of the CA's.
    func serial(_ path: String) throws(ToolError) -> CertificateSerial {
        let target = target(path)
        if case .unreadable(let error)? = target.problem { throw error }
        if let failure = target.problem?.failure {
            throw ToolError(
                failure.code, failure.message.escapedForTerminal,
                context: [
                    .init("file", "\(target.location.source.escapedForTerminal):\(target.location.line)")
                ])
        }
        guard let serial = target.serial else {
            throw ToolError(.internalFault, "a certificate has no number")
        }
        return serial
    }

    /// The one certificate of a file; after it may stand those of the CAs above it, as `ca issue --chain` writes them.
    private static func single(
        _ bytes: [UInt8]
    ) throws(CertificateBlocks.Fault) -> (certificate: X509Certificate, line: Int) {
        var first: (certificate: X509Certificate, line: Int)?
        for block in try CertificateBlocks.read(
            bytes, CertificateBlocks.certificate, name: "a certificate")
        {
            let certificate: X509Certificate
            switch X509Certificate.read(der: block.der) {
            case .success(let read): certificate = read
            case .failure(let failure):
                throw CertificateBlocks.Fault(line: block.line, failure: failure)
            }
            if first == nil {
                first = (certificate, block.line)
            } else if !certificate.isCA {
                let message = "expected one certificate, and after it those of CAs alone, found another one"
                throw CertificateBlocks.Fault(line: block.line, failure: CheckFailure(.pem, message))
            }
        }
        guard let first else {
            throw CertificateBlocks.Fault(
                line: 1, failure: CertificateBlocks.nothing("a certificate", other: nil, isEmpty: true))
        }
        return first
    }

    private func target(_ certificate: X509Certificate, _ location: InputLocation) -> RevocationTarget {
        let serial = CertificateSerial(certificate.serial)
        do throws(ToolError) {
            let failure = try failure(of: certificate, serial)
            return RevocationTarget(
                location: location, serial: serial, problem: failure.map { .rejected($0) })
        } catch {
            return RevocationTarget(location: location, serial: serial, problem: .unreadable(error))
        }
    }

    /// Why a certificate is not one that the CA's ledger has; `nil` if it is.
    private func failure(
        of certificate: X509Certificate, _ serial: CertificateSerial?
    ) throws(ToolError) -> CheckFailure? {
        let own = authority.certificate.subject
        guard certificate.issuerDER == own.der else {
            return CheckFailure(
                .unknownKey,
                "the certificate is another CA's: expected the issuer \(own), found \(certificate.issuer)")
        }
        let name = certificate.serial
        guard let serial, let row = try ledger.issuance(ofSerial: serial.magnitude) else {
            return CheckFailure(
                .unknownKey, "the CA's ledger has no certificate with the serial number \(name)")
        }
        guard row.authority == authority.identity else {
            return CheckFailure(.unknownKey, "\(name) is a certificate of another CA of the ledger")
        }
        guard let kept = row.certificate else {
            return CheckFailure(.unknownKey, "\(name) is an intent that never became a certificate")
        }
        guard kept == certificate.der else {
            return CheckFailure(
                .unknownKey,
                "the certificate is not the one that the CA issued as \(name): expected the SHA-256 "
                    + "\(Hex.encode(Digest.sha256(kept))), found \(Hex.encode(certificate.fingerprintSHA256))"
            )
        }
        return nil
    }
}
