public import Attestation
public import DeviceIdentity
public import Diagnostics
public import OpenSSL
public import PKIX

/// A request that may be certified: possession of the key is proven, key and name fit the profile and, where
/// a device vouches for the key, its word was checked. Only ``RequestVetter`` makes one.
public struct VettedRequest: Sendable {
    /// Who speaks of a device, and with what right.
    enum Origin {
        /// A request alone: it is for the device that its own common name is, as far as anybody knows.
        case bare
        /// A token that nobody verified: what it says is on record nowhere.
        case claimed(DeviceUUID)
        /// The device itself, verified.
        case attested(VerifiedAttestation)

        var attestation: VerifiedAttestation? {
            if case .attested(let attestation) = self { attestation } else { nil }
        }

        var claimedDevice: DeviceUUID? {
            if case .claimed(let device) = self { device } else { nil }
        }
    }

    /// What the certificate is about, as its reading before the signature wants it.
    let lintSubject: CertificateLint.Subject
    /// SHA-256 of the request as received, 32 octets.
    public let requestSHA256: [UInt8]
    /// The device's word for this key, where it was verified under a known identity key.
    public let attestation: VerifiedAttestation?
    /// The device of a token that could not be verified: an address, nobody's word.
    public let claimedDeviceUUID: DeviceUUID?
    /// Why the request may get no new certificate, but may keep what it has: the registry knows a device by its name, and
    /// that device did not vouch for the key. A ledger that is told of it signs nothing.
    public let objection: CheckFailure?
    /// Whether the name holds the UUID or the registered IMEI of the device that vouches.
    public let isNameProven: Bool
    /// What is remarkable about the name, for people.
    public let notes: [String]
    /// What the request asked for; reported, and never copied but for the alternative names that the profile allows.
    public let requestedExtensions: [CertificateExtension]

    fileprivate init(
        _ request: VerifiedRequest, subject: DistinguishedName, named: DeviceUUID?, _ origin: Origin,
        _ names: NameCheck, _ alternativeNames: GrantedNames?
    ) {
        lintSubject = .init(
            name: subject, publicKey: request.publicKey, device: named,
            alternativeName: alternativeNames?.extension)
        requestSHA256 = request.sha256
        attestation = origin.attestation
        claimedDeviceUUID = origin.claimedDevice
        isNameProven = names.isProven
        objection = names.objection
        notes = names.notes + (alternativeNames?.notes ?? [])
        requestedExtensions = request.requestedExtensions
    }

    /// The key to certify.
    public var publicKey: SubjectPublicKeyInfo { lintSubject.key.info }
    /// The name to certify, under the profile's rule.
    public var subject: DistinguishedName { lintSubject.name }
    /// The device: the one that vouches, or that a request without a token has as its common name; of a token that
    /// nobody verified the device is ``claimedDeviceUUID`` instead.
    public var deviceUUID: DeviceUUID? { lintSubject.device }
    /// The device that the certificate names, whoever asked for it: by it certificates are listed and revoked.
    public var namedDeviceUUID: DeviceUUID? { deviceUUID ?? RequestVetter.uuid(in: subject) }
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
    private let registry: (any KnownDevices)?

    /// A profile that demands attestation is obeyed whatever `demand` says: a caller can ask for more, not for less.
    ///
    /// - Parameter minimumTrust: the least trust in a device's key where `demand` is `always`; a profile may want more.
    ///   A token that fails under a known key is rejected even where attestation is optional: it is evidence of tampering.
    /// - Parameter registry: whose IMEI is whose; a connection of the caller's thread.
    public init(
        profile: CertificateProfile, demand asked: AttestationDemand,
        minimumTrust askedTrust: KeyTrust = .trusted, registry: (any KnownDevices)? = nil
    ) throws(OpenSSLError) {
        self.profile = profile
        self.registry = registry
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

    /// A request that is to be vetted, and what is known besides.
    public struct Submission {
        public let request: ReceivedRequest
        /// The identity key of the device that a token names, where it is known.
        public let key: IdentityKey?
        public let expectations: RequestExpectations

        public init(
            _ request: ReceivedRequest, key: IdentityKey? = nil,
            expecting expectations: RequestExpectations = .init()
        ) {
            self.request = request
            self.key = key
            self.expectations = expectations
        }
    }

    /// Vets a request for which no device vouches.
    public func vet(
        _ request: CertificationRequest, expecting expectations: RequestExpectations = .init()
    ) throws(ToolError) -> Result<VettedRequest, Rejection> {
        try vet([Submission(.bare(request), expecting: expectations)])[0]
    }

    /// Vets the CSR of a `%KEYGEN` answer.
    ///
    /// - Parameter key: the identity key of the device that the token names, where it is known.
    public func vet(
        _ token: AttestationToken, key: IdentityKey?, expecting expectations: RequestExpectations = .init()
    ) throws(ToolError) -> Result<VettedRequest, Rejection> {
        guard let request = ReceivedRequest(token) else {
            let found = token.keyMessage == nil ? "an attestation token" : "a public key"
            return .failure(
                .init(failures: [.init(.tokenFormat, "expected a %KEYGEN answer with a CSR, found \(found)")])
            )
        }
        return try vet([Submission(request, key: key, expecting: expectations)])[0]
    }

    /// Vets a block of requests: those of a block take less time than one by one.
    ///
    /// - Throws: ``ToolError`` when the registry cannot be read; so do the others.
    public func vet(
        _ block: [Submission]
    ) throws(ToolError) -> [Result<VettedRequest, Rejection>] {
        let proofs = prove(block)
        var results: [Result<VettedRequest, Rejection>] = []
        results.reserveCapacity(block.count)
        for (submission, proof) in zip(block, proofs) {
            switch proof {
            case .failure(let rejection): results.append(.failure(rejection))
            case .success(let (request, origin)):
                results.append(try finish(request, origin, submission.expectations))
            }
        }
        return results
    }

    private typealias Proof = Result<(VerifiedRequest, VettedRequest.Origin), Rejection>

    /// Who holds the key of each request, and who says so.
    private func prove(_ block: [Submission]) -> [Proof] {
        var claims: [AttestationVerifier.Claim] = []
        var bare: [CertificationRequest] = []
        for submission in block {
            switch submission.request {
            case .attested(let token, _) where isAttestation(submission):
                claims.append(.init(token, key: submission.key))
            case .attested(_, let request): bare.append(request)
            case .bare(let request): if demand != .always { bare.append(request) }
            }
        }
        var verdicts = (attestations?.verify(claims) ?? []).makeIterator()
        var possessions = requests.verify(bare).makeIterator()
        return block.map { submission in
            switch submission.request {
            case .bare where demand == .always:
                let failure = CheckFailure(
                    .notAttested, "expected the %KEYGEN answer of a device, found a bare CSR")
                return .failure(.init(failures: [failure]))
            case .bare: return Self.proof(possessions.next(), .bare, [])
            case .attested where isAttestation(submission): return attested(verdicts.next())
            case .attested(let token, _):
                var failures: [CheckFailure] = []
                if token.keyMessage?.digest != token.actualDigest {
                    failures.append(.init(.digest, "the attested digest is not that of the CSR"))
                }
                failures += token.uuidMismatches(expecting: nil)
                return Self.proof(possessions.next(), .claimed(token.deviceUUID), failures)
            }
        }
    }

    /// Whether a token counts by its signature.
    private func isAttestation(_ submission: Submission) -> Bool {
        attestations != nil && (submission.key != nil || demand == .always)
    }

    private static func proof(
        _ possession: Result<VerifiedRequest, CheckFailure>?, _ origin: VettedRequest.Origin,
        _ failures: [CheckFailure]
    ) -> Proof {
        switch possession {
        case .success(let verified)? where failures.isEmpty: .success((verified, origin))
        case .success?: .failure(.init(failures: failures))
        case .failure(let failure)?: .failure(.init(failures: failures + [failure]))
        case nil: .failure(.init(failures: [.init(.internalFault, "a request was not verified")]))
        }
    }

    private func attested(_ verdict: AttestationVerifier.Verdict?) -> Proof {
        switch verdict {
        case .verified(let attestation)?:
            guard let request = attestation.request else {
                return .failure(
                    .init(failures: [.init(.tokenFormat, "expected a %KEYGEN answer with a CSR")]))
            }
            return .success((request, .attested(attestation)))
        case .rejected(let failures)?:
            guard demand == .always else { return .failure(.init(failures: failures)) }
            let message = "no known device vouches for this key"
            return .failure(.init(failures: [.init(.notAttested, message)] + failures))
        case nil: return .failure(.init(failures: [.init(.internalFault, "a token was not verified")]))
        }
    }

    /// The checks that do not depend on how possession and origin were proven.
    private func finish(
        _ request: VerifiedRequest, _ origin: VettedRequest.Origin, _ expectations: RequestExpectations
    ) throws(ToolError) -> Result<VettedRequest, Rejection> {
        var failures: [CheckFailure] = []
        if let reason = request.keyKind.weakness
            ?? profile.keys.objection(to: request.keyKind, profile: profile.name)
        {
            failures.append(.init(.csrKey, reason))
        }
        if !request.requestedExtensions.isEmpty,
            let failure = RequestedExtensions(request.requestedExtensions).refusal
        {
            failures.append(failure)
        }
        // Verifiers differ in which of two they take for the name.
        let names = request.subject.commonNameCount
        if names > 1 {
            let message = "expected one common name, found \(names)"
            return .failure(.init(failures: failures + [.init(.csrSubject, message)]))
        }
        let attested = origin.attestation?.token.deviceUUID
        let claimed = origin.claimedDevice
        let named = attested ?? (claimed == nil ? Self.uuid(in: request.subject) : nil)
        if let expected = expectations.deviceUUID,
            let device = named ?? claimed, device != expected
        {
            failures.append(.init(.uuidMismatch, "expected device \(expected), found \(device)"))
        }
        let devices = [named, claimed, Self.uuid(in: request.subject)].compactMap { $0 }
        if profile.simulatedDevices.refuses(devices) {
            failures.append(.init(.profile, "profile \(profile.name) refuses simulated devices, found one"))
        }
        if profile.extensionRule.alternativeName == .deviceUUID, named == nil {
            let message =
                "expected a device UUID, which the profile makes an alternative name, in a token or as "
            failures.append(
                claimed == nil
                    ? .init(.csrSubject, message + "common name, found none")
                    : .init(
                        .notAttested,
                        "the profile makes the device UUID an alternative name, and no known key verifies the token"
                    ))
        }
        let naming = SubjectNaming(
            policy: profile.subject, device: named, claimed: claimed, imei: expectations.imei)
        switch naming.subject(asked: request.subject) {
        case .failure(let failure): return .failure(.init(failures: failures + [failure]))
        case .success(let subject):
            var check = NameCheck(attested: attested, registry: registry)
            try check.check(subject: subject)
            if let imei = expectations.imei { try check.check(rowIMEI: imei) }
            failures += check.failures.filter { !failures.contains($0) }
            if !failures.isEmpty { return .failure(.init(failures: failures)) }
            let granted = try GrantedNames(
                request.requestedExtensions, under: profile, device: named, registry: registry)
            return .success(VettedRequest(request, subject: subject, named: named, origin, check, granted))
        }
    }

    /// The device whose UUID is the common name.
    public static func uuid(in subject: DistinguishedName) -> DeviceUUID? {
        if let octets = subject.commonNameASCII { return DeviceUUID(text: octets) }
        // A BMPString, for example.
        return subject.commonName.flatMap { DeviceUUID(text: Array($0.utf8)[...]) }
    }

    /// Whether nothing in the request itself would have it turned down: its name is not one that only looks like a
    /// device's, and it demands nothing that is not known here. For what is handed out without being vetted again.
    public static func isUnsuspicious(_ request: CertificationRequest) -> Bool {
        guard request.subject.unfitness == nil,
            RequestedExtensions(request.requestedExtensions).refusal == nil
        else { return false }
        let named = NameCheck.devices(in: request.subject)
        return named.uuids.allSatisfy(\.isCanonical) && named.uuids.count <= 1
            && named.imeis.count { $0.isCertain } <= 1 && !named.hasUnreadableUUID && !named.isOverfull
    }
}
