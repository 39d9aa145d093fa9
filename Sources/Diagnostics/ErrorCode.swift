/// The stable reason codes of results and errors. Scripts compare them; a code is never renamed or reused.
///
/// Each has an explanation (``ErrorCode/explanation``), which is what `assay explain` and the man page print.
public enum ErrorCode: String, CaseIterable, Sendable, Hashable {
    // Tokens
    case tokenFormat = "token-format"
    case base64URL = "base64url"
    case cbor = "cbor"
    case cose = "cose"
    case algorithm = "algorithm"
    case signature = "signature"
    case digest = "digest"
    case uuidMismatch = "uuid-mismatch"
    case challengeMismatch = "challenge-mismatch"
    case nonceReused = "nonce-reused"
    // Keys and trust
    case unknownKey = "unknown-key"
    case keyConflict = "key-conflict"
    case untrustedKey = "untrusted-key"
    // JWT
    case jwtFormat = "jwt-format"
    case jwtClaims = "jwt-claims"
    case jwtExpired = "jwt-expired"
    case jwtNotYetValid = "jwt-not-yet-valid"
    case jwtTooOld = "jwt-too-old"
    case jwtAudience = "jwt-audience"
    case jwtIssuer = "jwt-issuer"
    case jwtSubject = "jwt-subject"
    case kidMismatch = "kid-mismatch"
    // PEM, DER, CSRs, certificates
    case pem = "pem"
    case der = "der"
    case csrSignature = "csr-signature"
    case csrKey = "csr-key"
    case csrSubject = "csr-subject"
    case csrExtension = "csr-extension"
    case keyReused = "key-reused"
    case nameTaken = "name-taken"
    case issuerInvalid = "issuer-invalid"
    case issuerKeyMismatch = "issuer-key-mismatch"
    case ledgerMismatch = "ledger-mismatch"
    case validity = "validity"
    case profile = "profile"
    case lint = "lint"
    case notAttested = "not-attested"
    case revoked = "revoked"
    case chain = "chain"
    case keyMismatch = "key-mismatch"
    case clientID = "client-id"
    // Files and batches
    case csv = "csv"
    case json = "json"
    case mixedInput = "mixed-input"
    case modemError = "modem-error"
    case listing = "listing"
    case credentialMissing = "credential-missing"
    case credentialMismatch = "credential-mismatch"
    case command = "command"
    case commandOrder = "command-order"
    case secTag = "sec-tag"
    case commandLimit = "command-limit"
    case duplicateDevice = "duplicate-device"
    // The service
    case serviceUnreachable = "service-unreachable"
    case serviceRefused = "service-refused"
    case serviceContract = "service-contract"
    // This machine, this program
    case io = "io"
    case wouldOverwrite = "would-overwrite"
    case locked = "locked"
    case passphrase = "passphrase"
    case usage = "usage"
    case internalFault = "internal"

    /// The exit status of a run that ends because of an *error* with this code.
    ///
    /// A failed check of an input is a verdict, not an error; it exits 1 or 4 by its verdict
    /// (see ``ExitStatus``).
    public var exitStatus: ExitStatus {
        switch self {
        case .tokenFormat, .base64URL, .cbor, .cose, .jwtFormat, .pem, .der, .csv, .json, .mixedInput,
            .modemError, .listing, .command:
            .malformed
        case .algorithm, .signature, .digest, .uuidMismatch, .challengeMismatch, .nonceReused, .unknownKey,
            .keyConflict, .untrustedKey, .jwtClaims, .jwtExpired, .jwtNotYetValid, .jwtTooOld, .jwtAudience,
            .jwtIssuer, .jwtSubject, .kidMismatch, .csrSignature, .csrKey, .csrSubject, .csrExtension,
            .keyReused, .nameTaken, .issuerInvalid, .issuerKeyMismatch, .validity, .profile, .lint,
            .notAttested,
            .revoked, .chain, .keyMismatch, .clientID, .credentialMissing, .credentialMismatch, .commandOrder,
            .secTag, .commandLimit, .duplicateDevice:
            .rejected
        case .serviceUnreachable, .serviceRefused, .serviceContract: .service
        case .io, .wouldOverwrite, .locked, .passphrase, .ledgerMismatch: .localTrouble
        case .usage: .usage
        case .internalFault: .fault
        }
    }
}
