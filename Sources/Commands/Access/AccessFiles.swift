import Access
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX
import ProvisioningCommands

/// The files of `access check`, told apart by what is in them: a listing, the root CA, the device's certificate with those
/// above it, the private key.
struct AccessFiles {
    private(set) var listing: (source: String, listing: CredentialListing)?
    private(set) var roots: Certificates?
    private(set) var client: Certificates?
    private(set) var key: (file: String, text: [UInt8], spki: [UInt8])?

    struct Certificates {
        let file: String
        let text: [UInt8]
        let certificates: [X509Certificate]
    }

    /// A listing, a chain and a key have a few kilobytes; logs may be longer.
    private static let limit = 4 << 20
    private static let begin = Array("-----BEGIN ".utf8)
    private static let entry = Array("%CMNG: ".utf8)

    init(_ paths: [String], _ passphrase: PassphraseSource) throws(ToolError) {
        var found: [Certificates] = []
        for path in try Self.expanded(paths) {
            let bytes = try Self.contents(of: path)
            // A log may hold the content of a certificate as well, which AT%CMNG=2 reads.
            let isListing = bytes[...].range(of: Self.entry) != nil
            guard !isListing, bytes[...].range(of: Self.begin) != nil || CertificateBlocks.isDER(bytes) else {
                try readListing(path, bytes)
                continue
            }
            // What is damaged beside a key or a certificate is not passed over.
            if !CertificateBlocks.isDER(bytes), let damage = PEMReview.error(in: bytes, of: path) {
                throw damage
            }
            if KeyDocument.hasPrivateKey(bytes) { try readKey(path, bytes, passphrase) }
            if let certificates = try Self.certificates(path, bytes) { found.append(certificates) }
        }
        try sort(found)
    }

    /// What the modem should have, in the order of its types.
    var expected: [ExpectedCredential] {
        var expected: [ExpectedCredential] = []
        if let roots { expected.append(.init(file: roots.file, kind: .rootCertificate, text: roots.text)) }
        if let client {
            expected.append(.init(file: client.file, kind: .clientCertificate, text: client.text))
        }
        if let key { expected.append(.init(file: key.file, kind: .privateKey, text: key.text)) }
        return expected
    }

    // MARK: Reading

    private static let expectation = Expectation(
        .listing, "a listing of credentials (AT%CMNG=1), a certificate or a key")

    /// The files, and those in folders; the door for inputs says which these are.
    private static func expanded(_ paths: [String]) throws(ToolError) -> [String] {
        var files: [String] = []
        for path in paths {
            guard FileSystem.kind(of: path) == .folder else {
                files.append(path)
                continue
            }
            var queue = InputQueue([.file(path)], filesFrom: nil, for: expectation)
            while case .value(let input) = queue.next(.awaited) {
                switch input {
                case .file(let file), .text(let file, _): files.append(file)
                case .unreadable(_, let error): throw error
                }
            }
        }
        return files
    }

    /// The octets of a file, as they are: the digest of a modem is of these. A root CA of nRF Cloud's goes by its name.
    private static func contents(of path: String) throws(ToolError) -> [UInt8] {
        if FileSystem.kind(of: path) == nil, let known = PublicCertificates.named(path) {
            return Array(known.utf8)
        }
        return try ByteSource.contents(of: path, limit: limit)
    }

    private mutating func readListing(_ path: String, _ bytes: [UInt8]) throws(ToolError) {
        // The door for inputs names what is something else altogether.
        let text =
            path == "-"
            ? bytes : try SourceReader.contents(of: path, for: Self.expectation, limit: Self.limit)
        if text.allSatisfy(\.isBlank) { throw Self.expectation.nothing(in: path) }
        if let listing {
            throw ToolError(
                .mixedInput, "expected one listing, found two",
                context: [
                    .init("file", listing.source.escapedForTerminal), .init("other", path.escapedForTerminal),
                ],
                hint: "give the listing of one device, and files in PEM")
        }
        do {
            listing = (path, try CredentialListing(text))
        } catch {
            throw PEMReview.error(in: text, of: path) ?? error.at("file", path.escapedForTerminal)
        }
    }

    private mutating func readKey(
        _ path: String, _ bytes: [UInt8], _ passphrase: PassphraseSource
    ) throws(ToolError) {
        guard key == nil else { throw Self.second("private key", path) }
        guard case .privateKey(let found) = try KeyFile.read(bytes, path, passphrase) else { return }
        key = (path, bytes, found.publicKey.spki)
    }

    /// The certificates of a file; nil where it has a private key alone.
    private static func certificates(_ path: String, _ bytes: [UInt8]) throws(ToolError) -> Certificates? {
        let place = ToolError.Context("file", path.escapedForTerminal)
        let blocks: [CertificateBlocks.Block]
        do throws(CertificateBlocks.Fault) {
            blocks = try CertificateBlocks.read(
                bytes, CertificateBlocks.certificate, name: "a certificate or a private key")
        } catch {
            if KeyDocument.hasPrivateKey(bytes) { return nil }
            throw ToolError(
                error.failure.code, error.failure.message, context: [place], hint: error.failure.hint)
        }
        var certificates: [X509Certificate] = []
        for block in blocks {
            switch X509Certificate.read(der: block.der) {
            case .success(let certificate): certificates.append(certificate)
            case .failure(let failure):
                throw ToolError(
                    failure.code, failure.message,
                    context: [.init("file", "\(path.escapedForTerminal):\(block.line)")])
            }
        }
        return Certificates(file: path, text: bytes, certificates: certificates)
    }

    /// The device's file has the certificate of the key, or one that is no CA's; the other is the root CA's.
    private mutating func sort(_ found: [Certificates]) throws(ToolError) {
        for file in found {
            let isOfKey = key.map { key in file.certificates.contains { $0.spki == key.spki } } ?? false
            let isOfDevice = file.certificates.contains { !$0.isCA && !$0.isSelfIssued }
            if isOfKey || isOfDevice {
                guard client == nil else { throw Self.second("device's certificate", file.file) }
                client = file
            } else {
                guard roots == nil else { throw Self.second("root CA", file.file) }
                roots = file
            }
        }
    }

    private static func second(_ what: String, _ path: String) -> ToolError {
        ToolError(
            .mixedInput, "expected one file with the \(what), found two",
            context: [.init("file", path.escapedForTerminal)],
            hint:
                "give the files of one device as they are written to its modem; --ca names what the broker trusts"
        )
    }
}
