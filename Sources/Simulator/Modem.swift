import Attestation
import DeviceIdentity
import Diagnostics
public import OpenSSL

/// The modem of a simulated device as its AT commands show it: credentials, keys, and whether it is on line.
///
/// Random numbers follow from the fleet's seed and from how many were asked for, so a history can be repeated.
public struct Modem: Sendable {
    /// What came back for one AT command.
    public enum Answer: Sendable, Equatable {
        /// Lines of information, then `OK`.
        case ok([String])
        case failed(ModemError)
        /// `ERROR` without a number: there is no such command.
        case unknown

        /// The whole answer as it comes over the line.
        public var text: String {
            switch self {
            case .ok(let lines): (lines + ["OK"]).map { $0 + "\r\n" }.joined()
            case .failed(let error): "+CME ERROR: \(error.code)\r\n"
            case .unknown: "ERROR\r\n"
            }
        }
    }

    public let device: SimulatedDevice
    public private(set) var credentials: CredentialStore
    /// Off line (`+CFUN=4`) credentials can be written, and nothing can be sent.
    public var isActive = true
    /// Whether `+CMEE` asked for numbers; without it every refusal is `ERROR`.
    var namesErrors = false
    /// Keys made so far: each is another one.
    private var keyCount: UInt64 = 0
    private var nonceCount: UInt64 = 0
    var jwtCount: UInt64 = 0

    public init(_ device: SimulatedDevice, credentials: CredentialStore = CredentialStore()) {
        self.device = device
        self.credentials = credentials
    }

    /// Runs `AT`, the name, `=` and the parameters.
    ///
    /// - Parameter name: with its sign: `%CMNG`.
    public mutating func run(_ name: String, _ parameters: String, _ arithmetic: P256Arithmetic) -> Answer {
        do throws(ModemError) {
            switch name.uppercased() {
            case "%CMNG": return .ok(try manageCredentials(ATParameters(parameters)))
            case "%KEYGEN": return .ok([try generateKey(ATParameters(parameters), arithmetic)])
            case "%ATTESTTOKEN": return .ok([try attest(ATParameters(parameters), arithmetic)])
            case "+CFUN": return .ok(try setFunction(ATParameters(parameters)))
            default: return .unknown
            }
        } catch {
            return .failed(error)
        }
    }

    // MARK: Credentials

    private mutating func manageCredentials(_ parameters: ATParameters) throws(ModemError) -> [String] {
        guard let operation = try parameters.number(0) else { throw .badParameters }
        switch operation {
        case 0:
            guard 4...5 ~= parameters.count, let content = try parameters.text(3) else {
                throw .badParameters
            }
            let slot = try slot(parameters)
            let password = try parameters.text(4)
            guard !isActive else { throw .notAllowedWhileActive }
            try credentials.write(slot, Array(content.utf8), password: password)
            return []
        case 1: return try list(parameters)
        case 2: return [try read(parameters)]
        case 3:
            guard parameters.count == 3 else { throw .badParameters }
            let slot = try slot(parameters)
            guard !isActive else { throw .notAllowedWhileActive }
            try credentials.delete(slot)
            return []
        default: throw .badParameters
        }
    }

    private func slot(_ parameters: ATParameters) throws(ModemError) -> CredentialSlot {
        guard let tag = try parameters.number(1), let number = try parameters.number(2),
            let kind = CredentialKind(rawValue: number)
        else { throw .badParameters }
        return CredentialSlot(SecTag(tag), kind)
    }

    /// One line for each credential, of one tag or of one slot if they are given; no line for none.
    private func list(_ parameters: ATParameters) throws(ModemError) -> [String] {
        guard parameters.count <= 3 else { throw .badParameters }
        let tag = try parameters.number(1).map { SecTag($0) }
        let kind = try parameters.number(2)
        guard kind == nil || (tag != nil && kind.flatMap(CredentialKind.init) != nil) else {
            throw .badParameters
        }
        return credentials.listing.filter { slot, _ in
            (tag == nil || slot.secTag == tag) && (kind == nil || slot.kind.rawValue == kind)
        }.map { slot, digest in Self.line(slot, digest) }
    }

    private func read(_ parameters: ATParameters) throws(ModemError) -> String {
        guard parameters.count == 3 else { throw .badParameters }
        let slot = try slot(parameters)
        guard slot.kind.isReadable else { throw .notAllowed }
        guard let content = credentials.content(slot) else { throw .notFound }
        return Self.line(slot, Digest.sha256(content)) + ",\"\(String(decoding: content, as: UTF8.self))\""
    }

    private static func line(_ slot: CredentialSlot, _ digest: [UInt8]) -> String {
        "%CMNG: \(slot.secTag),\(slot.kind.rawValue),\"\(Hex.encode(digest).uppercased())\""
    }

    // MARK: Keys and tokens

    /// `%KEYGEN=<tag>,2,0|1[,"attributes"[,"usage"]]`: a new client key, and its request or its public key.
    private mutating func generateKey(
        _ parameters: ATParameters, _ arithmetic: P256Arithmetic
    ) throws(ModemError) -> String {
        // 0, a request, is the default.
        let content = try parameters.number(2) ?? 0
        guard 2...5 ~= parameters.count, content <= 1, let tag = try parameters.number(0),
            try parameters.number(1) == 2
        else { throw .badParameters }
        let attributes = try parameters.text(3)
        let usage = try parameters.text(4)
        guard !isActive else { throw .notAllowedWhileActive }
        let scalar = device.seed.scalar("client key", device: device.index, number: keyCount)
        guard let point = try? arithmetic.publicPoint(ofScalar: scalar),
            let publicKey = P256PublicKey(x963: point[...])
        else { throw .keyGeneration }
        let subject: KeyMessage.Subject = content == 0 ? .certificationRequest : .publicKey
        let firstPart =
            subject == .publicKey
            ? publicKey.spki
            : try ModemRequest(
                subject: attributes ?? "CN=\(device.uuid)", usage: usage ?? ModemRequest.standardUsage,
                scalar: scalar, publicKey: publicKey, arithmetic: arithmetic
            ).der
        // Only now, so that nothing is kept of a command that fails.
        try credentials.keep(scalar, under: SecTag(tag))
        keyCount += 1
        let token = try? device.keyGenerationToken(
            subject, firstPart: firstPart, secTag: SecTag(tag), nonce: nextNonce(), arithmetic: arithmetic)
        guard let token else { throw .keyGeneration }
        return "%KEYGEN: \"\(token)\""
    }

    /// `%ATTESTTOKEN[="32 hexadecimal digits"]`
    private mutating func attest(
        _ parameters: ATParameters, _ arithmetic: P256Arithmetic
    ) throws(ModemError) -> String {
        guard parameters.count == 1 else { throw .badParameters }
        let challenge = try parameters.text(0).map { text throws(ModemError) in
            guard let bytes = Hex.decode(text), bytes.count == 16 else { throw ModemError.badParameters }
            return bytes
        }
        let token = try? device.attestationToken(challenge: challenge ?? nextNonce(), arithmetic: arithmetic)
        guard let token else { throw .notAllowed }
        return "%ATTESTTOKEN: \"\(token)\""
    }

    private mutating func nextNonce() -> [UInt8] {
        defer { nonceCount += 1 }
        return device.seed.bytes("nonce", device: device.index, number: nonceCount, count: 16)
    }

    // MARK: State

    /// `+CFUN=1` and `+CFUN=4`.
    mutating func setFunction(_ parameters: ATParameters) throws(ModemError) -> [String] {
        guard parameters.count == 1, let mode = try parameters.number(0), mode == 1 || mode == 4 else {
            throw .badParameters
        }
        isActive = mode == 1
        return []
    }
}
