public import Attestation
public import DeviceIdentity
public import Diagnostics
public import OpenSSL
public import PKIX

/// A request that may be certified: possession of the key is proven, key and name fit the profile and, where
/// a device vouches for the key, its word was checked. Only ``RequestVetter`` makes one.
public struct VettedRequest: Sendable {
    /// What the certificate is about, as its reading before the signature wants it.
    let lintSubject: CertificateLint.Subject
    /// SHA-256 of the request as received, 32 octets.
    public let requestSHA256: [UInt8]
    /// The device's word for this key, where it was verified under a known identity key.
    public let attestation: VerifiedAttestation?
    /// What the request asked for; reported, never copied.
    public let requestedExtensions: [CertificateExtension]

    fileprivate init(
        _ request: VerifiedRequest, subject: DistinguishedName, deviceUUID: DeviceUUID?,
        attestation: VerifiedAttestation?
    ) {
        lintSubject = .init(name: subject, publicKey: request.publicKey, device: deviceUUID)
        requestSHA256 = request.sha256
        self.attestation = attestation
        requestedExtensions = request.requestedExtensions
    }

    /// The key to certify.
    public var publicKey: SubjectPublicKeyInfo { lintSubject.key.info }
    /// The name to certify, under the profile's rule.
    public var subject: DistinguishedName { lintSubject.name }
    /// The device: from a token whose digest matches, or from a common name that is a UUID.
    public var deviceUUID: DeviceUUID? { lintSubject.device }
}

/// What the row of a file says besides the request.
public struct RequestExpectations: Sendable {
    /// The device that the request must be of, where a device is known.
    public var deviceUUID: DeviceUUID?
    /// The text of the row's IMEI.
    public var imei: String?

    public init(deviceUUID: DeviceUUID? = nil, imei: String? = nil) {
        self.deviceUUID = deviceUUID
        self.imei = imei
    }
}

/// Checks requests before they are certified. One per worker: it owns OpenSSL contexts.
public final class RequestVetter {
    /// What a device's word is worth in this run.
    public enum AttestationDemand: Sendable, Equatable {
        /// No identity keys are known: tokens count for their CSR and their digest.
        case none
        /// A token of a device whose key is known has to verify under it.
        case whenKeyIsKnown
        /// Nothing but tokens that verify under a known key.
        case always
    }

    /// Why a request was turned down.
    public struct Rejection: Error, Sendable {
        /// The most telling first.
        public let failures: [CheckFailure]
    }

    private let profile: CertificateProfile
    private let demand: AttestationDemand
    private let requests: RequestVerifier
    private let attestations: AttestationVerifier?

    /// A profile that demands attestation is obeyed whatever `demand` says: a caller can ask for more, not for less.
    ///
    /// - Parameter minimumTrust: the least trust in a device's key where `demand` is `always`; a profile may want more.
    ///   Where attestation is not demanded, a key that is merely observed still has to verify: a token that does not is
    ///   nobody's friend.
    public init(
        profile: CertificateProfile, demand asked: AttestationDemand,
        minimumTrust askedTrust: KeyTrust = .trusted
    ) throws(OpenSSLError) {
        self.profile = profile
        let trusts = [profile.attestation.minimumTrust, asked == .always ? askedTrust : nil].compactMap { $0 }
        let demand = trusts.isEmpty ? asked : .always
        let minimumTrust: KeyTrust = trusts.contains { $0 != .observed } ? .trusted : .observed
        self.demand = demand
        requests = try RequestVerifier()
        if case .none = demand {
            attestations = nil
        } else {
            let trust = demand == .always ? minimumTrust : .observed
            attestations = try AttestationVerifier(policy: AttestationPolicy(minimumTrust: trust))
        }
    }

    /// Says that `request` is one of those that will be vetted next: what is announced is verified in blocks, in less
    /// time. Changes no verdict.
    public func announce(_ request: CertificationRequest) { requests.announce(request) }

    /// The same for the CSR of a `%KEYGEN` answer.
    public func announce(_ token: AttestationToken) {
        if let attestations {
            attestations.announce(token)
        } else if case .certificationRequest(_, let request) = token.content {
            requests.announce(request)
        }
    }

    /// Vets a request for which no device vouches.
    public func vet(
        _ request: CertificationRequest, expecting expectations: RequestExpectations = .init()
    ) -> Result<VettedRequest, Rejection> {
        if case .always = demand {
            return .failure(
                .init(failures: [
                    .init(.notAttested, "expected the %KEYGEN answer of a device, found a bare CSR")
                ]))
        }
        switch request.verify(with: requests) {
        case .failure(let failure): return .failure(.init(failures: [failure]))
        case .success(let verified): return finish(verified, nil, nil, expectations)
        }
    }

    /// Vets the CSR of a `%KEYGEN` answer.
    ///
    /// - Parameter key: the identity key of the device that the token names, where it is known.
    public func vet(
        _ token: AttestationToken, key: IdentityKey?, expecting expectations: RequestExpectations = .init()
    ) -> Result<VettedRequest, Rejection> {
        guard case .certificationRequest(let message, let request) = token.content else {
            let found = token.keyMessage == nil ? "an attestation token" : "a public key"
            return .failure(
                .init(failures: [.init(.tokenFormat, "expected a %KEYGEN answer with a CSR, found \(found)")])
            )
        }
        if let attestations, key != nil || demand == .always {
            return vet(attested: token, key, attestations, expectations)
        }
        var failures: [CheckFailure] = []
        if message.digest != token.actualDigest {
            failures.append(.init(.digest, "the attested digest is not that of the CSR"))
        }
        if let named = Self.uuid(in: request.subject), named != token.deviceUUID {
            failures.append(
                .init(.uuidMismatch, "the CSR is for device \(named), the token is of \(token.deviceUUID)"))
        }
        switch request.verify(with: requests) {
        case .failure(let failure): return .failure(.init(failures: failures + [failure]))
        case .success where !failures.isEmpty: return .failure(.init(failures: failures))
        case .success(let verified): return finish(verified, token.deviceUUID, nil, expectations)
        }
    }

    private func vet(
        attested token: AttestationToken, _ key: IdentityKey?, _ verifier: AttestationVerifier,
        _ expectations: RequestExpectations
    ) -> Result<VettedRequest, Rejection> {
        switch verifier.verify(token, key: key) {
        case .verified(let attestation):
            guard let request = attestation.request else {
                return .failure(
                    .init(failures: [.init(.tokenFormat, "expected a %KEYGEN answer with a CSR")]))
            }
            return finish(request, token.deviceUUID, attestation, expectations)
        case .rejected(let failures):
            guard demand == .always else { return .failure(.init(failures: failures)) }
            let message = "no known device vouches for this key"
            return .failure(.init(failures: [.init(.notAttested, message)] + failures))
        }
    }

    /// The checks that do not depend on how possession and origin were proven.
    private func finish(
        _ request: VerifiedRequest, _ attested: DeviceUUID?, _ attestation: VerifiedAttestation?,
        _ expectations: RequestExpectations
    ) -> Result<VettedRequest, Rejection> {
        var failures: [CheckFailure] = []
        if let reason = request.keyKind.weakness
            ?? profile.keys.objection(to: request.keyKind, profile: profile.name)
        {
            failures.append(.init(.csrKey, reason))
        }
        // Verifiers differ in which of two they take for the name.
        let names = request.subject.commonNameCount
        if names > 1 {
            let message = "expected one common name, found \(names)"
            return .failure(.init(failures: failures + [.init(.csrSubject, message)]))
        }
        let device = attested ?? Self.uuid(in: request.subject)
        if let expected = expectations.deviceUUID, let device, device != expected {
            failures.append(.init(.uuidMismatch, "expected device \(expected), found \(device)"))
        }
        if profile.extensionRule.alternativeName == .deviceUUID, device == nil {
            let message =
                "expected a device UUID, which the profile makes an alternative name, in a token or as "
            failures.append(.init(.csrSubject, message + "common name, found none"))
        }
        let naming = SubjectNaming(policy: profile.subject, device: device, imei: expectations.imei)
        switch naming.subject(asked: request.subject) {
        case .failure(let failure): return .failure(.init(failures: failures + [failure]))
        case .success where !failures.isEmpty: return .failure(.init(failures: failures))
        case .success(let subject):
            return .success(
                VettedRequest(request, subject: subject, deviceUUID: device, attestation: attestation))
        }
    }

    private static func uuid(in subject: DistinguishedName) -> DeviceUUID? {
        if let octets = subject.commonNameASCII { return DeviceUUID(text: octets) }
        // A BMPString, for example.
        return subject.commonName.flatMap { DeviceUUID(text: Array($0.utf8)[...]) }
    }
}
