public import Attestation
public import DeviceIdentity
public import Diagnostics
import OpenSSL

/// What a caller demands of rows beyond that they can be read.
public struct ClaimPolicy: Sendable {
    /// The least trust in a key under which a row counts as verified.
    public var minimumTrust: KeyTrust
    /// Whether a row that was not verified is rejected.
    public var requiresVerification: Bool
    /// Columns that are not judged; the service gets neither of them.
    public var ignored: Set<ClaimField>

    public init(
        minimumTrust: KeyTrust = .trusted, requiresVerification: Bool = false, ignored: Set<ClaimField> = []
    ) {
        self.minimumTrust = minimumTrust
        self.requiresVerification = requiresVerification
        self.ignored = ignored
    }
}

/// A row that was looked at, apart from what other rows say.
public struct ExaminedClaim: Sendable {
    /// How far the token's signature was checked.
    public enum Verification: Sendable, Equatable {
        /// No keys were at hand.
        case notAsked
        case verified(SigningProfile)
        /// Keys were at hand, but none of this device.
        case noKey
        /// The signature holds under a key that is trusted less than the policy asks.
        case observedKey
    }

    public let line: Int
    public let raw: ArraySlice<UInt8>
    /// The text of the token: a credential.
    public let token: ArraySlice<UInt8>
    /// What the token says, else what the row says.
    public fileprivate(set) var device: DeviceUUID?
    /// The first 4 bytes of the SHA-256 of the token's text.
    public fileprivate(set) var fingerprint: UInt32 = 0
    public fileprivate(set) var tags: ClaimTags?
    public fileprivate(set) var verification = Verification.notAsked
    /// The most telling first.
    public fileprivate(set) var findings: [ClaimFinding] = []

    fileprivate init(_ row: ClaimRow) {
        line = row.line
        raw = row.raw
        token = row.token?.bytes ?? []
    }

    /// `ready`, `malformed` or `rejected`.
    public var status: ClaimStatus {
        if findings.isEmpty { return .ready }
        return findings.contains { $0.severity == .malformed } ? .malformed : .rejected
    }
}

/// Looks at rows one by one: what the token is, whether the columns beside it agree, whether it verifies. One for each
/// thread.
public final class ClaimExaminer {
    private let policy: ClaimPolicy
    private let verifier: AttestationVerifier

    public init(policy: ClaimPolicy = ClaimPolicy()) throws(ToolError) {
        self.policy = policy
        do throws(OpenSSLError) {
            // Trust is judged here: a signature that does not hold under an observed key is wrong all the same.
            verifier = try AttestationVerifier(policy: AttestationPolicy(minimumTrust: .observed))
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// - Parameter keys: the identity key of a token's device, where one is known; nil when no keys are at hand.
    public func examine(
        _ row: ClaimRow, keys: ((AttestationToken) throws(ToolError) -> IdentityKey?)? = nil
    ) throws(ToolError) -> ExaminedClaim {
        try examine([row], keys: keys)[0]
    }

    /// Looks at a block of rows: their tokens take less time than one by one.
    ///
    /// - Parameter keys: the identity key of a token's device, where one is known; nil when no keys are at hand.
    public func examine(
        _ block: [ClaimRow], keys: ((AttestationToken) throws(ToolError) -> IdentityKey?)? = nil
    ) throws(ToolError) -> [ExaminedClaim] {
        var claims: [ExaminedClaim] = []
        claims.reserveCapacity(block.count)
        var open: [(place: Int, key: IdentityKey)] = []
        var tokens: [AttestationVerifier.Claim] = []
        for (place, row) in block.enumerated() {
            var claim = ExaminedClaim(row)
            if let token = read(row, &claim), let key = try key(of: token, row, keys, &claim) {
                open.append((place, key))
                tokens.append(.init(token, key: key))
            }
            claims.append(claim)
        }
        for ((place, key), (verdict, token)) in zip(open, zip(verifier.verify(tokens), tokens)) {
            enter(verdict, token.token, key, block[place], &claims[place])
        }
        for (place, row) in block.enumerated() where row.finding == nil { checkColumns(row, &claims[place]) }
        return claims
    }

    /// The token of a row, if there is one to be verified.
    private func read(_ row: ClaimRow, _ claim: inout ExaminedClaim) -> AttestationToken? {
        if let finding = row.finding {
            claim.findings = [finding]
            return nil
        }
        let named = Self.uuid(row.uuid)
        let read = Self.identityToken(row.token)
        switch read {
        case .success(let token):
            claim.device = token.deviceUUID
            claim.fingerprint = Self.fingerprint(claim.token)
        case .failure(let finding):
            claim.findings.append(Self.shifted(row) ?? finding)
        }
        switch named {
        case .failure(let finding)?: claim.findings.append(finding)
        case .success(let uuid)?:
            guard let token = try? read.get() else {
                claim.device = uuid
                return nil
            }
            if uuid != token.deviceUUID { claim.findings.append(Self.mismatch(uuid, token, row)) }
        case nil: break
        }
        return try? read.get()
    }

    private func checkColumns(_ row: ClaimRow, _ claim: inout ExaminedClaim) {
        if let imei = row.imei, !policy.ignored.contains(.imei), let finding = ColumnChecks.imei(imei.bytes) {
            claim.findings.append(finding.at(column: imei.column, field: .imei))
        }
        if let time = row.time, !policy.ignored.contains(.time), let finding = ColumnChecks.time(time.bytes) {
            claim.findings.append(finding.at(column: time.column, field: .time))
        }
        if let tags = row.tags, !policy.ignored.contains(.tags), !tags.bytes.isEmpty {
            do {
                claim.tags = try ClaimTags(tags.text)
            } catch {
                claim.findings.append(error.at(column: tags.column, field: .tags))
            }
        }
    }

    // MARK: Token

    /// The first 4 bytes of the SHA-256 of a token's text: what results and manifests name it by.
    public static func fingerprint(_ token: ArraySlice<UInt8>) -> UInt32 {
        Digest.sha256(token).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func identityToken(_ cell: ClaimRow.Cell?) -> Result<AttestationToken, ClaimFinding> {
        let text = cell?.bytes ?? []
        func finding(
            _ severity: ClaimFinding.Severity, _ code: ErrorCode, _ message: String, _ hint: Hint
        ) -> Result<AttestationToken, ClaimFinding> {
            .failure(
                ClaimFinding(severity, code, message, column: cell?.column, field: .token, hint: hint))
        }
        let claims: Hint = "only the answer to AT%ATTESTTOKEN claims a device; take that token"
        if text.starts(with: Array("eyJ".utf8)), text.count(where: { $0 == UInt8(ascii: ".") }) == 2 {
            return finding(.rejected, .tokenFormat, "expected an attestation token, found a JWT", claims)
        }
        let token: AttestationToken
        do {
            token = try AttestationToken(text)
        } catch {
            return finding(.malformed, error.code, error.message, hint(error.code, text))
        }
        switch token.content {
        case .identity: return .success(token)
        case .certificationRequest:
            return finding(
                .rejected, .tokenFormat, "expected an attestation token, found a CSR from %KEYGEN", claims)
        case .publicKey:
            return finding(
                .rejected, .tokenFormat, "expected an attestation token, found a public key from %KEYGEN",
                claims)
        }
    }

    /// A token that stands in another column, as in a file whose columns have another order and no header.
    private static func shifted(_ row: ClaimRow) -> ClaimFinding? {
        guard let expected = row.token?.column else { return nil }
        for field in ClaimField.allCases where field != .token {
            guard let cell = row[field], let column = cell.column, cell.bytes.looksLikeToken,
                (try? AttestationToken(cell.bytes)) != nil
            else { continue }
            return ClaimFinding(
                .csv, "expected the token in column \(expected), found one in column \(column)",
                column: column, field: field,
                hint: "put the columns in order, or put a header before it that names them")
        }
        return nil
    }

    private static func hint(_ code: ErrorCode, _ text: ArraySlice<UInt8>) -> Hint {
        if text.isEmpty { return "read the token from the device again, or remove the row" }
        if text.contains(0x0a) || text.contains(0x0d) { return "join the lines of the token" }
        if text.contains(UInt8(ascii: ";")) { return "separate the fields by commas; nothing is guessed" }
        if text.first == UInt8(ascii: "\"") || text.first == UInt8(ascii: "'") {
            return "remove the quotation marks around the token"
        }
        if text.last == UInt8(ascii: "=") {
            return "remove the = at the ends of the two parts; tokens have no padding"
        }
        if text.contains(UInt8(ascii: "+")) || text.contains(UInt8(ascii: "/")) {
            return "some tool turned - and _ into + and /; take the token from the device's own answer"
        }
        switch code {
        case .tokenFormat: return "look whether the columns are shifted and whether this is the whole token"
        default: return "the token was cut or changed on its way; take it from the device's own answer"
        }
    }

    // MARK: UUID

    private static func uuid(_ cell: ClaimRow.Cell?) -> Result<DeviceUUID, ClaimFinding>? {
        guard let cell, !cell.bytes.isEmpty else { return nil }
        if let uuid = DeviceUUID(text: cell.bytes) { return .success(uuid) }
        let isBare = cell.bytes.count == 32 && Hex.decode(cell.text) != nil
        return .failure(
            ClaimFinding(
                .csv,
                "expected a device UUID (8-4-4-4-12 hexadecimal digits), found \(cell.bytes.excerpt)"
                    + (isBare ? ", without its hyphens" : ""),
                column: cell.column, field: .uuid,
                hint: isBare
                    ? "put the hyphens back"
                    : "look whether the columns are shifted; the token names its device"))
    }

    // MARK: Verification

    private static func mismatch(
        _ expected: DeviceUUID, _ token: AttestationToken, _ row: ClaimRow
    ) -> ClaimFinding {
        ClaimFinding(
            .rejected, .uuidMismatch,
            "the row is for device \(expected), its token is of \(token.deviceUUID)",
            column: row.uuid?.column, field: .uuid,
            hint: row.uuid?.column == nil
                ? "look from which device the UUID and the token were read"
                : "look whether the column was sorted or filled down apart from the others")
    }

    /// The key to verify a token with; says in the claim what it means that there is none.
    private func key(
        of token: AttestationToken, _ row: ClaimRow,
        _ keys: ((AttestationToken) throws(ToolError) -> IdentityKey?)?, _ claim: inout ExaminedClaim
    ) throws(ToolError) -> IdentityKey? {
        if let keys {
            if let key = try keys(token) { return key }
            claim.verification = .noKey
        }
        if policy.requiresVerification { claim.findings.append(unverified(.unknownKey, token, row)) }
        return nil
    }

    private func enter(
        _ verdict: AttestationVerifier.Verdict, _ token: AttestationToken, _ key: IdentityKey,
        _ row: ClaimRow,
        _ claim: inout ExaminedClaim
    ) {
        switch verdict {
        case .verified(let verified):
            guard policy.minimumTrust != .trusted || key.trust != .observed else {
                claim.verification = .observedKey
                if policy.requiresVerification {
                    claim.findings.append(unverified(.untrustedKey, token, row))
                }
                return
            }
            claim.verification = .verified(verified.profile)
        case .rejected(let failures):
            claim.findings += failures.map { failure in
                ClaimFinding(
                    .rejected, failure.code, failure.message, column: row.token?.column, field: .token,
                    hint: "do not claim with it; read the token from the device again")
            }
        }
    }

    private func unverified(_ code: ErrorCode, _ token: AttestationToken, _ row: ClaimRow) -> ClaimFinding {
        ClaimFinding(
            .rejected, code,
            code == .unknownKey
                ? "no identity key is known for device \(token.deviceUUID)"
                : "the device's key is observed only, expected a trusted one",
            column: row.token?.column, field: .token,
            hint: code == .unknownKey
                ? .registerKey : .confirmKey)
    }
}
