import CertificateAuthority
import DeviceIdentity
import Diagnostics
import PKIX
import Store

/// What a result says beside its certificate. A class, because it passes through many hands, and most have none.
final class IssuanceRemarks: Sendable {
    /// The device of a token that nobody verified.
    let claimedDevice: DeviceUUID?
    /// What the request asked for and did not get, what is remarkable about its name, and in what a certificate that an
    /// earlier run intended differs from what was asked now.
    let notes: [String]

    private init(claimedDevice: DeviceUUID?, notes: [String]) {
        self.claimedDevice = claimedDevice
        self.notes = notes
    }

    /// The remarks with more notes; `nil` if there is still nothing.
    static func adding(_ notes: [String], to remarks: IssuanceRemarks?) -> IssuanceRemarks? {
        if notes.isEmpty { return remarks }
        return IssuanceRemarks(
            claimedDevice: remarks?.claimedDevice, notes: (remarks?.notes ?? []) + notes)
    }

    /// What there is to say of a request; `nil` if there is nothing.
    ///
    /// - Parameter extensionNotes: what it asks for and does not get.
    static func of(_ request: VettedRequest, with extensionNotes: [String]) -> IssuanceRemarks? {
        let notes = request.notes + extensionNotes
        if notes.isEmpty, request.claimedDeviceUUID == nil { return nil }
        return IssuanceRemarks(claimedDevice: request.claimedDeviceUUID, notes: notes)
    }
}

extension SigningOrder {
    /// - Parameter plan: what an intent of an earlier run is held against.
    init(
        _ draft: IntentOutcome.Draft, _ candidate: IssuanceCandidate, existed: Bool = false,
        under plan: IssuancePlan
    ) {
        let differences = draft.isOwn ? [] : plan.differences(from: draft.intent, candidate.intent)
        self.init(
            draft: draft, candidate: candidate,
            remarks: IssuanceRemarks.adding(differences, to: candidate.remarks), existed: existed)
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
        var notes = differences(
            "the certificate of an earlier run", record.notBefore, record.notAfter, record.subject, subject)
        if isAttested, record.attestation == nil {
            notes.append("the certificate is of an earlier run, in which no device vouched for the key")
        }
        return notes
    }

    /// In what a certificate that an earlier run intended, and this one completes, differs from what this plan would make.
    fileprivate func differences(from intended: IssuanceIntent, _ own: IssuanceIntent) -> [String] {
        var notes = differences(
            "the certificate that an earlier run intended", intended.notBefore, intended.notAfter,
            intended.subject, own.subject)
        if own.attestation != nil, intended.attestation == nil {
            notes.append(
                "the certificate was intended by an earlier run, in which no device vouched for the key")
        }
        return notes
    }

    private func differences(
        _ what: String, _ notBefore: Int64, _ notAfter: Int64, _ found: String, _ subject: String?
    ) -> [String] {
        var notes: [String] = []
        let seconds = validity.notAfter - validity.notBefore
        let (lasts, overflow) = notAfter.subtractingReportingOverflow(notBefore)
        if notAfter != validity.notAfter, overflow || lasts != seconds {
            notes.append(
                "\(what) is valid until \(Timestamp.clamped(notAfter)), a new one would "
                    + "be until \(Timestamp.clamped(validity.notAfter)): --reissue asks for it")
        }
        if let subject, subject != found {
            notes.append(
                "\(what) is for \(found), a new one would be for \(subject): --reissue asks for it")
        }
        return notes
    }
}
