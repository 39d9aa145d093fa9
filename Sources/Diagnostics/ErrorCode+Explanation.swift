extension ErrorCode {
    /// What this code means, its usual causes and the next step.
    ///
    /// The switch has no default, so that a new code does not compile before somebody has explained it.
    public var explanation: Explanation {
        switch self {
        case .tokenFormat: .tokenFormat
        case .base64URL: .base64URL
        case .cbor: .cbor
        case .cose: .cose
        case .algorithm: .algorithm
        case .signature: .signature
        case .digest: .digest
        case .uuidMismatch: .uuidMismatch
        case .challengeMismatch: .challengeMismatch
        case .nonceReused: .nonceReused
        case .unknownKey: .unknownKey
        case .keyConflict: .keyConflict
        case .untrustedKey: .untrustedKey
        case .jwtFormat: .jwtFormat
        case .jwtClaims: .jwtClaims
        case .jwtExpired: .jwtExpired
        case .jwtNotYetValid: .jwtNotYetValid
        case .jwtTooOld: .jwtTooOld
        case .jwtAudience: .jwtAudience
        case .jwtIssuer: .jwtIssuer
        case .jwtSubject: .jwtSubject
        case .kidMismatch: .kidMismatch
        case .pem: .pem
        case .der: .der
        case .csrSignature: .csrSignature
        case .csrKey: .csrKey
        case .csrSubject: .csrSubject
        case .csrExtension: .csrExtension
        case .keyReused: .keyReused
        case .nameTaken: .nameTaken
        case .issuerInvalid: .issuerInvalid
        case .issuerKeyMismatch: .issuerKeyMismatch
        case .ledgerMismatch: .ledgerMismatch
        case .validity: .validity
        case .profile: .profile
        case .lint: .lint
        case .notAttested: .notAttested
        case .revoked: .revoked
        case .chain: .chain
        case .keyMismatch: .keyMismatch
        case .clientID: .clientID
        case .csv: .csv
        case .json: .json
        case .mixedInput: .mixedInput
        case .modemError: .modemError
        case .listing: .listing
        case .credentialMissing: .credentialMissing
        case .credentialMismatch: .credentialMismatch
        case .command: .command
        case .commandOrder: .commandOrder
        case .secTag: .secTag
        case .commandLimit: .commandLimit
        case .duplicateDevice: .duplicateDevice
        case .serviceUnreachable: .serviceUnreachable
        case .serviceRefused: .serviceRefused
        case .serviceContract: .serviceContract
        case .io: .io
        case .wouldOverwrite: .wouldOverwrite
        case .locked: .locked
        case .passphrase: .passphrase
        case .usage: .usage
        case .internalFault: .internalFault
        }
    }
}
