import Attestation
import DeviceIdentity
import OpenSSL

/// An entry of the audit chain.
///
/// `hash(n) = SHA-256(hash(n−1) || seq as 8 bytes || at as 8 bytes || body)`, big-endian, hash(0) = 32 zero bytes: a
/// changed, missing or moved entry breaks every hash after it. What is cut off at the end only a checkpoint shows.
package struct AuditEvent: Sendable, Equatable {
    /// What an entry says.
    package enum Body: Sendable, Equatable {
        /// A row of its own: compact JSON; `kind` is its first member.
        case text(String)
        /// A certificate, which is its own entry: the octets follow from its row.
        case certificate(row: Int64, serial: [UInt8], octets: [UInt8])
        /// A certificate whose row of the ledger is gone.
        case lost
    }

    /// From 1, without gaps.
    package let sequence: Int64
    /// Seconds since 1970.
    package let at: Int64
    package let body: Body
    /// 32 bytes.
    package let hash: [UInt8]

    package init(sequence: Int64, at: Int64, body: Body, hash: [UInt8]) {
        self.sequence = sequence
        self.at = at
        self.body = body
        self.hash = hash
    }

    /// What of the body goes into the hash; `nil` where it is lost.
    package var octets: [UInt8]? {
        switch body {
        case .text(let text): Array(text.utf8)
        case .certificate(_, _, let octets): octets
        case .lost: nil
        }
    }

    /// The hash that an entry with these contents has to have.
    package static func hash(after previous: [UInt8], sequence: Int64, at: Int64, body: [UInt8]) -> [UInt8] {
        var input: [UInt8] = []
        return hash(after: previous, sequence: sequence, at: at, body: body[...], using: &input)
    }

    /// The same with a buffer for what is hashed, which can be used again.
    package static func hash(
        after previous: [UInt8], sequence: Int64, at: Int64, body: ArraySlice<UInt8>,
        using input: inout [UInt8]
    ) -> [UInt8] {
        input.removeAll(keepingCapacity: true)
        input += previous
        input.append(bigEndian: sequence)
        input.append(bigEndian: at)
        input += body
        return Digest.sha256(input)
    }

    /// The hash before the first entry.
    package static let origin = [UInt8](repeating: 0, count: 32)

    // MARK: Bodies

    /// What is said of a certificate.
    package struct Issue {
        /// SHA-256 of the CA's name and key.
        let authority: [UInt8]
        let profile: String
        let serial: [UInt8]
        /// SHA-256 of the request.
        let request: [UInt8]
        /// SHA-256 of the certificate.
        let fingerprint: [UInt8]
        /// Empty where no device is known.
        let device: [UInt8]
        /// Both empty without a device's word for the key.
        let attestationProfile: String
        let attestationKey: [UInt8]
        /// `nil` in entries from before schema version 5, which say nothing of it.
        let draft: Draft?

        /// The row of the ledger.
        package struct Draft {
            let id: Int64
            /// When it was noted that the certificate is to be signed, seconds since 1970.
            let intendedAt: Int64

            package init(id: Int64, intendedAt: Int64) {
                self.id = id
                self.intendedAt = intendedAt
            }
        }

        package init(
            authority: [UInt8], profile: String, serial: [UInt8], request: [UInt8], fingerprint: [UInt8],
            device: [UInt8], attestationProfile: String, attestationKey: [UInt8], draft: Draft?
        ) {
            self.authority = authority
            self.profile = profile
            self.serial = serial
            self.request = request
            self.fingerprint = fingerprint
            self.device = device
            self.attestationProfile = attestationProfile
            self.attestationKey = attestationKey
            self.draft = draft
        }

        /// One byte, which no text begins with, each value after its length in four bytes, and at the end the numbers
        /// of eight bytes that the first form does not have.
        package func append(to octets: inout [UInt8]) {
            octets.append(draft == nil ? 1 : 2)
            Self.add(authority, to: &octets)
            Self.add(profile.utf8, to: &octets)
            Self.add(serial, to: &octets)
            Self.add(request, to: &octets)
            Self.add(fingerprint, to: &octets)
            Self.add(device, to: &octets)
            Self.add(attestationProfile.utf8, to: &octets)
            Self.add(attestationKey, to: &octets)
            if let draft {
                octets.append(bigEndian: draft.id)
                octets.append(bigEndian: draft.intendedAt)
            }
        }

        private static func add(_ value: some Collection<UInt8>, to octets: inout [UInt8]) {
            let count = UInt32(clamping: value.count)
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                octets.append(UInt8(truncatingIfNeeded: count >> shift))
            }
            octets.append(contentsOf: value)
        }
    }
}

extension AuditEvent.Issue {
    init(_ draft: IntentOutcome.Draft, fingerprint: [UInt8]) {
        let intent = draft.intent
        self.init(
            authority: intent.authority, profile: intent.profile, serial: intent.serial,
            request: intent.request, fingerprint: fingerprint, device: intent.device?.bytes ?? [],
            attestationProfile: intent.attestation?.profile.rawValue ?? "",
            attestationKey: intent.attestation?.keyID ?? [],
            draft: Draft(id: draft.id, intendedAt: draft.intendedAt))
    }
}

extension [UInt8] {
    /// Eight bytes.
    package mutating func append(bigEndian number: Int64) {
        let bits = UInt64(bitPattern: number)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}
