public import Attestation
public import PKIX

/// A request that was read and is not verified.
public enum ReceivedRequest: Sendable {
    case bare(CertificationRequest)
    /// The CSR of a `%KEYGEN` answer, with the device's word for it.
    case attested(AttestationToken, CertificationRequest)

    /// The request of a `%KEYGEN` answer; nil for a token that carries none.
    public init?(_ token: AttestationToken) {
        guard case .certificationRequest(_, let request) = token.content else { return nil }
        self = .attested(token, request)
    }

    public var request: CertificationRequest {
        switch self {
        case .bare(let request), .attested(_, let request): request
        }
    }
}
