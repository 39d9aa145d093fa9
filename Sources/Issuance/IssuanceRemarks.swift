import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Ledger
import PKIX

/// Something remarkable about an outcome, for people.
package struct IssuanceNote: Sendable, Hashable {
    package let text: String
    /// Whether a new certificate would not have it, which has to be asked for.
    package let asksForReissue: Bool

    init(_ text: String, asksForReissue: Bool = false) {
        self.text = text
        self.asksForReissue = asksForReissue
    }
}

/// What a result says beside its certificate. A class, because it passes through many hands, and most have none.
final class IssuanceRemarks: Sendable {
    /// The device of a token that nobody verified.
    let claimedDevice: DeviceUUID?
    /// What the request asked for and did not get, what is remarkable about its name, and in what a certificate that an
    /// earlier run intended differs from what was asked now.
    let notes: [IssuanceNote]

    private init(claimedDevice: DeviceUUID?, notes: [IssuanceNote]) {
        self.claimedDevice = claimedDevice
        self.notes = notes
    }

    /// The remarks with more notes; `nil` if there is still nothing.
    static func adding(_ notes: [IssuanceNote], to remarks: IssuanceRemarks?) -> IssuanceRemarks? {
        if notes.isEmpty { return remarks }
        return IssuanceRemarks(
            claimedDevice: remarks?.claimedDevice, notes: (remarks?.notes ?? []) + notes)
    }

    /// What there is to say of a request; `nil` if there is nothing.
    ///
    /// - Parameter extensionNotes: what it asks for and does not get.
    static func of(_ request: VettedRequest, with extensionNotes: [String]) -> IssuanceRemarks? {
        let notes = (request.notes + extensionNotes).map { IssuanceNote($0) }
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
    ) -> [IssuanceNote] {
        var notes = differences(
            "the certificate of an earlier run", record.notBefore, record.notAfter, record.subject, subject)
        if isAttested, record.attestation == nil {
            notes.append(
                IssuanceNote("the certificate is of an earlier run, in which no device vouched for the key"))
        }
        return notes
    }

    /// In what a certificate that an earlier run intended, and this one completes, differs from what this plan would make.
    func differences(from intended: IssuanceIntent, _ own: IssuanceIntent) -> [IssuanceNote] {
        var notes = differences(
            "the certificate that an earlier run intended", intended.notBefore, intended.notAfter,
            intended.subject, own.subject)
        if own.attestation != nil, intended.attestation == nil {
            notes.append(
                IssuanceNote(
                    "the certificate was intended by an earlier run, in which no device vouched for the key"))
        }
        return notes
    }

    private func differences(
        _ what: String, _ notBefore: Int64, _ notAfter: Int64, _ found: String, _ subject: String?
    ) -> [IssuanceNote] {
        var notes: [IssuanceNote] = []
        let seconds = validity.notAfter - validity.notBefore
        let (lasts, overflow) = notAfter.subtractingReportingOverflow(notBefore)
        // Where this plan would sign nothing there is no new one to compare it with.
        if objection == nil, notAfter != validity.notAfter, overflow || lasts != seconds {
            notes.append(
                IssuanceNote(
                    "\(what) is valid until \(InternetTime.clamped(notAfter)), a new one would be until "
                        + InternetTime.clamped(validity.notAfter), asksForReissue: true))
        }
        if let subject, subject != found {
            notes.append(
                IssuanceNote(
                    "\(what) is for \(found), a new one would be for \(subject)", asksForReissue: true))
        }
        return notes
    }
}
