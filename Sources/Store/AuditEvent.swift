import Attestation
import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL

/// An entry of the audit chain.
///
/// `hash(n) = SHA-256(hash(n−1) || seq as 8 bytes || at as 8 bytes || body)`, big-endian, hash(0) = 32 zero bytes: a
/// changed, missing or moved entry breaks every hash behind it. What is cut off at the end only a checkpoint shows.
struct AuditEvent: Sendable, Equatable {
    /// What an entry says.
    enum Body: Sendable, Equatable {
        /// A row of its own: compact JSON; `kind` is its first member.
        case text(String)
        /// A certificate, which is its own entry: the octets follow from its row.
        case certificate(row: Int64, serial: [UInt8], octets: [UInt8])
        /// A certificate whose row of the ledger is gone.
        case lost
    }

    /// From 1, without gaps.
    let sequence: Int64
    /// Seconds since 1970.
    let at: Int64
    let body: Body
    /// 32 bytes.
    let hash: [UInt8]

    /// What of the body goes into the hash; `nil` where it is lost.
    var octets: [UInt8]? {
        switch body {
        case .text(let text): Array(text.utf8)
        case .certificate(_, _, let octets): octets
        case .lost: nil
        }
    }

    /// The hash that an entry with these contents has to have.
    static func hash(after previous: [UInt8], sequence: Int64, at: Int64, body: [UInt8]) -> [UInt8] {
        var input: [UInt8] = []
        return hash(after: previous, sequence: sequence, at: at, body: body[...], using: &input)
    }

    /// The same with a buffer for what is hashed, which can be used again.
    static func hash(
        after previous: [UInt8], sequence: Int64, at: Int64, body: ArraySlice<UInt8>,
        using input: inout [UInt8]
    ) -> [UInt8] {
        input.removeAll(keepingCapacity: true)
        input += previous
        for number in [UInt64(bitPattern: sequence), UInt64(bitPattern: at)] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                input.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        input += body
        return Digest.sha256(input)
    }

    /// The hash before the first entry.
    static let origin = [UInt8](repeating: 0, count: 32)

    // MARK: Bodies

    /// What is said of a certificate.
    struct Issue {
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

        /// One byte, which no text begins with, and each value behind its length in four bytes.
        func append(to octets: inout [UInt8]) {
            octets.append(1)
            Self.add(authority, to: &octets)
            Self.add(profile.utf8, to: &octets)
            Self.add(serial, to: &octets)
            Self.add(request, to: &octets)
            Self.add(fingerprint, to: &octets)
            Self.add(device, to: &octets)
            Self.add(attestationProfile.utf8, to: &octets)
            Self.add(attestationKey, to: &octets)
        }

        private static func add(_ value: some Collection<UInt8>, to octets: inout [UInt8]) {
            let count = UInt32(clamping: value.count)
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                octets.append(UInt8(truncatingIfNeeded: count >> shift))
            }
            octets.append(contentsOf: value)
        }
    }

    static func revoked(_ row: IssuanceRecord, reason: Int64) -> [UInt8] {
        body("revoke") { writer in
            writer.key("authority")
            writer.hex(row.authority)
            writer.key("serial")
            writer.hex(row.serial)
            writer.key("reason")
            writer.integer(reason)
        }
    }

    static func trusted(_ device: DeviceUUID, _ keyID: [UInt8], trust: String, how: String) -> [UInt8] {
        body("trust") { writer in
            writer.key("deviceUuid")
            writer.string(device.description)
            writer.key("kid")
            writer.hex(keyID)
            writer.key("trust")
            writer.string(trust)
            writer.key("how")
            writer.string(how)
        }
    }

    static func revocationList(authority: [UInt8], number: Int64, digest: [UInt8]) -> [UInt8] {
        body("crl") { writer in
            writer.key("authority")
            writer.hex(authority)
            writer.key("number")
            writer.integer(number)
            writer.key("sha256")
            writer.hex(digest)
        }
    }

    private static func body(_ kind: StaticString, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512)
        writer.beginObject()
        writer.key("kind")
        writer.string(ascii: kind)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension AuditEvent.Issue {
    init(_ intent: IssuanceIntent, fingerprint: [UInt8]) {
        self.init(
            authority: intent.authority, profile: intent.profile, serial: intent.serial,
            request: intent.request, fingerprint: fingerprint, device: intent.device?.bytes ?? [],
            attestationProfile: intent.attestation?.profile.rawValue ?? "",
            attestationKey: intent.attestation?.keyID ?? [])
    }
}
