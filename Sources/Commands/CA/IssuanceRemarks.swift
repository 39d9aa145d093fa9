import CertificateAuthority
import DeviceIdentity
import Diagnostics
import PKIX
import Store

/// What a result says beside its certificate. A class, because it passes through many hands, and most have none.
final class IssuanceRemarks: Sendable {
    /// The device of a token that nobody verified.
    let claimedDevice: DeviceUUID?
    /// What the request asked for and did not get, and what is remarkable about its name.
    let notes: [String]

    private init(claimedDevice: DeviceUUID?, notes: [String]) {
        self.claimedDevice = claimedDevice
        self.notes = notes
    }

    /// What there is to say of a request under a profile; `nil` if there is nothing.
    static func of(_ request: VettedRequest, under profile: CertificateProfile) -> IssuanceRemarks? {
        var notes = request.notes
        if !request.requestedExtensions.isEmpty {
            notes += RequestedExtensions(request.requestedExtensions).notes(under: profile)
        }
        if notes.isEmpty, request.claimedDeviceUUID == nil { return nil }
        return IssuanceRemarks(claimedDevice: request.claimedDeviceUUID, notes: notes)
    }
}

extension IssuancePlan {
    /// In what a certificate of an earlier run differs from what this plan would make.
    ///
    /// - Parameters:
    ///   - subject: the name that the request gets now; `nil` where it is not known to differ.
    ///   - isAttested: whether the device vouched in this run.
    func differences(
        from record: IssuanceRecord, subject: String? = nil, isAttested: Bool = false
    ) -> [String] {
        var notes: [String] = []
        let seconds = validity.notAfter - validity.notBefore
        if record.notAfter != validity.notAfter, record.notAfter - record.notBefore != seconds {
            notes.append(
                "the certificate of an earlier run is valid until \(Timestamp.clamped(record.notAfter)), a new one would "
                    + "be until \(Timestamp.clamped(validity.notAfter)): --reissue asks for it")
        }
        if let subject, subject != record.subject {
            notes.append(
                "the certificate of an earlier run is for \(record.subject), a new one would be for \(subject): "
                    + "--reissue asks for it")
        }
        if isAttested, record.attestation == nil {
            notes.append("the certificate is of an earlier run, in which no device vouched for the key")
        }
        return notes
    }
}
