public import Diagnostics
public import OpenSSL

extension COSESign1 {
    /// Checks the signature as RFC 9052 §4.4 says, for any algorithm of ``COSEAlgorithm``.
    ///
    /// - Parameter detachedPayload: the content where the payload is nil; required then, refused otherwise.
    /// - Returns: the payload that was signed, or why it does not verify.
    public func verify(
        key: PublicKey, externalAAD: [UInt8] = [], detachedPayload: [UInt8]? = nil
    ) -> Result<[UInt8], COSEVerificationFailure> {
        guard let number = algorithm, let algorithm = COSEAlgorithm(rawValue: number) else {
            return .failure(
                .init(.init(.algorithm, "the protected header names no signature algorithm known here")))
        }
        guard algorithm.fits(key.kind) else {
            return .failure(.init(.init(.algorithm, "\(algorithm.name) does not fit the key")))
        }
        let content: [UInt8]
        switch (payload, detachedPayload) {
        case (let range?, nil): content = Array(bytes[range])
        case (nil, let detached?): content = detached
        case (nil, nil): return .failure(.init(.init(.cose, "the payload is detached and was not given")))
        case (.some, .some):
            return .failure(.init(.init(.cose, "a payload is attached and another was given")))
        }
        let message = SigStructure.encode(
            protected: bytes[protected], externalAAD: externalAAD[...], payload: .bytes(content[...]))
        let encoded: [UInt8]?
        if let width = algorithm.coordinateWidth {
            encoded = ECDSASignature.der(fromFixedWidth: bytes[signature], width: width)
        } else {
            encoded = Array(bytes[signature])
        }
        guard let encoded,
            key.isValid(signature: encoded, over: message, algorithm: algorithm.signatureAlgorithm)
        else { return .failure(.init(.init(.signature, "the signature does not verify"))) }
        return .success(content)
    }
}

/// Why a COSE_Sign1 does not verify.
public struct COSEVerificationFailure: Error, Sendable, Equatable {
    public let failure: CheckFailure

    init(_ failure: CheckFailure) { self.failure = failure }
}
