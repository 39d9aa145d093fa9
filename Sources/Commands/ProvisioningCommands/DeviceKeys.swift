import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX
import ProvisioningCommands

/// The keys that devices hold, from the CSRs that they made (`--csr`).
struct DeviceKeys: Sendable {
    struct Key: Sendable {
        /// DER SubjectPublicKeyInfo.
        let spki: [UInt8]
        /// Where the device keeps it; nil for a CSR that does not say.
        let tag: SecTag?
    }

    private var keys: [DeviceUUID: [Key]] = [:]
    /// Keys of CSRs that name no device: any device may have made them.
    private var unassigned: [Key] = []

    private var count = 0

    var isEmpty: Bool { count == 0 }

    /// The keys that can be this device's; of a batch without a device, all.
    func candidates(of device: DeviceUUID?) -> [Key] {
        guard let device else { return keys.values.flatMap { $0 } + unassigned }
        return (keys[device] ?? []) + unassigned
    }

    // MARK: Reading

    /// Reads the arguments of `--csr`: PEM and DER files, KEYGEN outputs, and whatever else tokens come in.
    ///
    /// Each CSR must be signed by its own key and each token's digest must be that of its first part. Whether the
    /// device's identity key made the token is for `token verify` and `ca issue` to say.
    static func read(_ arguments: [String]) throws -> DeviceKeys {
        var keys = DeviceKeys()
        guard !arguments.isEmpty else { return keys }
        let verifier: RequestVerifier
        do { verifier = try RequestVerifier() } catch { throw ToolError(.internalFault, error.message) }
        for (index, argument) in arguments.enumerated() {
            let source = SourceArgument.resolve(argument, position: index + 1)
            let known = keys.count
            switch source {
            case .file(let path):
                if try !keys.addFile(path, verifier) { try keys.addTokens(source, verifier) }
            case .text: try keys.addTokens(source, verifier)
            }
            guard keys.count > known else {
                throw ToolError(
                    .pem, "expected a CSR, found none", context: [.init("csr", String(index + 1))])
            }
        }
        return keys
    }

    /// Reads a file if it is PEM or DER; false if it has to be tokens.
    private mutating func addFile(_ path: String, _ verifier: RequestVerifier) throws -> Bool {
        // Reading standard input twice is not possible, so that is tokens.
        guard path != "-" else { return false }
        let bytes = try SourceReader.contents(of: path, for: Expectation(.pem, "a CSR", takesBinary: true))
        let place = path.escapedForTerminal
        // A SEQUENCE with a long length; text that begins with 0 is no DER.
        if bytes.starts(with: [0x30]), let length = bytes.dropFirst().first, length >= 0x80 {
            try add(der: bytes, verifier, place)
            return true
        }
        guard bytes.split(separator: 0x0a).contains(where: { $0.starts(with: Array("-----BEGIN ".utf8)) })
        else {
            return false
        }
        if let damage = PEMReview.error(in: bytes, of: path) { throw damage }
        do {
            for entry in try PEMDocument(bytes).entries {
                guard CertificationRequest.pemLabels.contains(entry.label) else {
                    throw PEMError(line: entry.line, "expected a CERTIFICATE REQUEST, found \(entry.label)")
                }
                try add(der: entry.der, verifier, "\(place):\(entry.line)")
            }
        } catch let error as PEMError {
            throw ToolError(.pem, error.description).at("file", place)
        }
        return true
    }

    private mutating func add(der: [UInt8], _ verifier: RequestVerifier, _ place: String) throws {
        let request: CertificationRequest
        do {
            request = try CertificationRequest(der: der)
        } catch {
            throw ToolError(.der, error.description).at("file", place)
        }
        try Self.check(request, verifier, place)
        let key = Key(spki: request.publicKey.der, tag: nil)
        add(key, of: request.subject.commonName.flatMap { try? DeviceUUID(text: $0) })
    }

    private mutating func addTokens(_ source: SourceArgument, _ verifier: RequestVerifier) throws {
        var stream = TokenStream([source], format: nil)
        while let chunk = stream.next(.awaited).value {
            if case .unreadable(let error) = chunk.content { throw error }
            var failure: ToolError?
            chunk.forEachItem { item in
                let place = "\(chunk.source.text.escapedForTerminal):\(item.line)"
                do {
                    try add(try AttestationToken(try item.text.get()), verifier, place)
                    return true
                } catch let error as TokenError {
                    failure = ToolError(error.code, error.message).at("file", place)
                } catch let error as RowError {
                    failure = ToolError(error.failure.code, error.failure.message).at("file", place)
                } catch let error as ToolError {
                    failure = error
                } catch {
                    failure = ToolError(.internalFault, "unexpected error").at("file", place)
                }
                return false
            }
            if let failure { throw failure }
        }
    }

    private mutating func add(
        _ token: AttestationToken, _ verifier: RequestVerifier, _ place: String
    ) throws(ToolError) {
        let spki: [UInt8]
        switch token.content {
        case .identity:
            throw ToolError(.tokenFormat, "expected a KEYGEN output, found an attestation token").at(
                "file", place)
        case .certificationRequest(_, let request):
            try Self.check(request, verifier, place)
            spki = request.publicKey.der
        case .publicKey(_, let key): spki = key.der
        }
        guard let message = token.keyMessage, message.digest == token.actualDigest else {
            throw ToolError(.digest, "the digest that the device attests is not that of the first part")
                .at("file", place)
        }
        add(Key(spki: spki, tag: message.secTag), of: token.deviceUUID)
    }

    private mutating func add(_ key: Key, of device: DeviceUUID?) {
        count += 1
        if let device {
            keys[device, default: []].append(key)
        } else {
            unassigned.append(key)
        }
    }

    private static func check(
        _ request: CertificationRequest, _ verifier: RequestVerifier, _ place: String
    ) throws(ToolError) {
        if case .failure(let failure) = request.verify(with: verifier) {
            throw ToolError(failure.code, failure.message).at("file", place)
        }
    }
}
