import CertificateAuthority
import DeviceIdentity
package import Diagnostics
package import PKIX

/// What a ledger decides on an intent.
package enum LedgerDecision {
    /// It is put on record, in the place of another row where there is one, and signed.
    case sign(replacing: Int64?)
    /// An earlier intent of the same request was never completed: it is signed.
    case complete(IssuanceRecord)
    case existing(IssuanceRecord)
    /// An intent of this very transaction, or of the same dry run, is of the same request.
    case sameAs(Int64)
    case rejected(CheckFailure)
}

/// The rules by which a ledger gives every request one certificate, every key one device and every name one device: the
/// one place where that is decided, over whatever tables.
package struct LedgerRules {
    /// RFC 5280 section 5.3.1.
    package static let keyCompromise: Int64 = 1
    private static let authorityCompromise: Int64 = 2

    /// Whether a request that has its certificate gets a new one.
    let reissue: Bool
    /// The last row before this transaction.
    let lastRowBefore: Int64
    /// With `reissue`: rows after this one were made by the run that asks, or at the same time by another.
    let reissueFloor: Int64

    package init(reissue: Bool, lastRowBefore: Int64, reissueFloor: Int64) {
        self.reissue = reissue
        self.lastRowBefore = lastRowBefore
        self.reissueFloor = reissueFloor
    }

    /// What becomes of an intent.
    package func decide<Tables: LedgerTables>(
        _ intent: IssuanceIntent, in tables: Tables
    ) throws(Tables.Failure) -> LedgerDecision {
        // Nearly all requests are of a key and a device that nobody has seen.
        guard try tables.mayKnow(intent) else {
            return intent.objection.map { .rejected($0) } ?? .sign(replacing: nil)
        }
        let current: LedgerRow?
        switch Self.rowOfRequest(intent, among: try tables.rows(ofKey: intent.keyID)) {
        case .failure(let failure): return .rejected(failure)
        case .success(let found): current = found
        }
        var replaced: Int64?
        if let current {
            // A device's word for a name that proves nothing has to be on record, or the next device would get the name.
            let isMissing = intent.attestation != nil && !current.isAttested && !intent.isNameProven
            if !isMissing {
                if current.id > lastRowBefore { return .sameAs(current.id) }
                if !reissue || current.id > reissueFloor { return try answer(current.id, intent, tables) }
            }
            replaced = current.id
        }
        if let objection = intent.objection { return .rejected(objection) }
        if let failure = try nameFailure(intent, tables) { return .rejected(failure) }
        if current != nil {
            // Its own earlier certificate is what it replaces.
        } else if let other = try otherRequest(intent, tables) {
            guard reissue else {
                let owner = intent.device?.description ?? intent.subject
                return .rejected(
                    .init(
                        .duplicateDevice,
                        "device \(owner) has a certificate under this profile from another request, "
                            + Self.name(ofSerial: other.serial), hint: .reissue))
            }
            replaced = other.id
        }
        return .sign(replacing: replaced)
    }

    /// What a request gets that is on record: its certificate, or the order to complete it.
    private func answer<Tables: LedgerTables>(
        _ id: Int64, _ intent: IssuanceIntent, _ tables: Tables
    ) throws(Tables.Failure) -> LedgerDecision {
        if tables.isPlanned(id) { return .sameAs(id) }
        guard let row = try tables.record(id) else {
            return .rejected(.init(.internalFault, "row \(id) of the ledger is gone"))
        }
        if row.certificate == nil {
            return intent.objection.map { .rejected($0) } ?? .complete(row)
        }
        if row.revokedAt != nil {
            return .rejected(
                .init(.revoked, "the certificate of this request was revoked", hint: .reissue))
        }
        return .existing(row)
    }

    /// The current row of the same request; a failure when the key must not be certified (again).
    ///
    /// All rows of a request are among those of its key, because it is signed with it.
    private static func rowOfRequest(
        _ intent: IssuanceIntent, among rows: [LedgerRow]
    ) -> Result<LedgerRow?, CheckFailure> {
        var found: LedgerRow?
        for row in rows {
            if row.reason == keyCompromise { return .failure(compromised) }
            if row.profile.hasPrefix(CertificateProfile.authorityMark) {
                return .failure(.init(.keyReused, "the public key is that of a CA: \(row.subject)"))
            }
            guard row.authority == intent.authority else { continue }
            let isRequest = row.profile == intent.profile && row.isCurrent && row.request == intent.request
            // What nobody vouched for stands in no device's way.
            if intent.attestation != nil, !row.isAttested {
                if isRequest { found = row }
                continue
            }
            let isSame =
                if let device = row.device, let asked = intent.device { device == asked } else {
                    row.subject == intent.subject
                }
            guard isSame else {
                let owner = row.device?.description ?? row.subject
                return .failure(.init(.keyReused, "the public key is certified for another device: \(owner)"))
            }
            if isRequest { found = row }
        }
        return .success(found)
    }

    /// Why the intent's name is another device's; `nil` if it may have it.
    ///
    /// A name belongs to the device that first vouched for a key with it, under whatever profile of the CA, also after its
    /// certificate expired or was revoked: whoever knew the device by it would take another for it.
    private func nameFailure<Tables: LedgerTables>(
        _ intent: IssuanceIntent, _ tables: Tables
    ) throws(Tables.Failure) -> CheckFailure? {
        for key in intent.names.keys + intent.names.others {
            let rows = try tables.attestedRows(named: key)
            if let failure = Self.holder(among: rows, intent, { SubjectKeys($0).contains(key) }) {
                return failure
            }
        }
        // A UUID that stands for itself is judged before, where a device vouched.
        let others = intent.attestation == nil ? intent.names.uuids : []
        for uuid in others + intent.names.possibleUUIDs {
            let rows = try tables.attestedRows(of: uuid)
            if let failure = Self.holder(among: rows, intent, { _ in true }) { return failure }
        }
        return nil
    }

    /// The failure that names an attested row that is not of the intent's own device or key.
    private static func holder(
        among rows: [LedgerRow], _ intent: IssuanceIntent, _ hasName: (String) -> Bool
    ) -> CheckFailure? {
        for row in rows where row.authority == intent.authority {
            guard let device = row.device else { continue }
            let isOwn = intent.attestation == nil ? row.keyID == intent.keyID : device == intent.device
            if isOwn || !hasName(row.subject) { continue }
            let holding =
                row.serial.map { "the certificate with the serial number \(Hex.encode($0))" }
                ?? "an earlier request of this run"
            return .init(
                .nameTaken, "the name \(intent.subject) belongs to device \(device), by \(holding)")
        }
        return nil
    }

    /// Another request's certificate or intent for the same device under the same profile. What nobody vouched for stands
    /// in no device's way.
    private func otherRequest<Tables: LedgerTables>(
        _ intent: IssuanceIntent, _ tables: Tables
    ) throws(Tables.Failure) -> LedgerRow? {
        guard let device = intent.device else { return nil }
        return try tables.currentRow(
            of: device, authority: intent.authority, profile: intent.profile,
            isAttested: intent.attestation != nil)
    }

    /// What a planned certificate is called, which has no serial number yet.
    private static func name(ofSerial serial: [UInt8]?) -> String {
        serial.map { "serial \(Hex.encode($0))" } ?? "an earlier one of this run"
    }

    /// Why a certificate is not entered whose key was revoked as compromised after its intent was noted.
    package static let compromised = CheckFailure(
        .revoked, "the public key was revoked as compromised: the device needs a new one")

    // MARK: What stands

    /// The certificate that a request has under a CA and profile, if it stands: not revoked, not replaced, and its key
    /// nowhere revoked as compromised.
    ///
    /// - Parameter rows: all with the key of the request.
    package static func standing(
        among rows: [IssuanceRecord], authority: [UInt8], profile: String, request: [UInt8]
    ) -> IssuanceRecord? {
        if rows.contains(where: { $0.reason == keyCompromise }) { return nil }
        return rows.last {
            $0.request == request && $0.authority == authority && $0.profile == profile && $0.isCurrent
                && $0.certificate != nil && $0.revokedAt == nil
        }
    }

    /// Why a CA must not issue any more. A certificate of a CA that was revoked for whatever reason makes no more, unless it
    /// was renewed for the same key; a key that was compromised never does.
    ///
    /// - Parameters:
    ///   - certificate: the CA's own, DER.
    ///   - rows: all with its key.
    package static func refusal(
        ofAuthority certificate: [UInt8], rows: [IssuanceRecord]
    ) -> CheckFailure? {
        for row in rows where row.revokedAt != nil {
            let isCompromised = row.reason == keyCompromise || row.reason == authorityCompromise
            guard isCompromised || row.certificate == certificate else { continue }
            return CheckFailure(
                .revoked,
                isCompromised
                    ? "the key of the CA was revoked as compromised in this ledger"
                    : "the certificate of the CA was revoked in this ledger")
        }
        return nil
    }

    // MARK: Revoking

    /// What becomes of a certificate that is to be revoked: of one that is revoked already the reason changes only from
    /// certificateHold to another, and from any to keyCompromise, which may come out later.
    ///
    /// - Parameters:
    ///   - row: the one with the serial number; nil where there is none.
    ///   - authority: the CA that revokes, which revokes nobody else's; `nil` for whichever issued it.
    package static func revocation(
        of serial: [UInt8], _ row: IssuanceRecord?, by authority: [UInt8]?, for reason: RevocationReason
    ) -> RevocationDecision {
        let name = Hex.encode(serial)
        guard let row else {
            return .rejected(
                .init(.unknownKey, "the ledger has no certificate with the serial number \(name)"))
        }
        guard authority == nil || row.authority == authority else {
            return .rejected(.init(.unknownKey, "\(name) is a certificate of another CA of the ledger"))
        }
        guard row.certificate != nil else {
            return .rejected(.init(.unknownKey, "\(name) is an intent that never became a certificate"))
        }
        guard row.revokedAt != nil else { return .revoke(row) }
        let known = row.reason.flatMap { UInt8(exactly: $0) }.flatMap(RevocationReason.init(rawValue:))
        if known == reason { return .existing(row) }
        guard known == .certificateHold || reason == .keyCompromise else {
            return .rejected(
                .init(.revoked, "\(name) is revoked for another reason, \(known?.name ?? "unknown")"))
        }
        return .revoke(row)
    }

    /// What goes with a certificate whose key is compromised: everything with that key, intents too, since a signature for
    /// one may be under way.
    ///
    /// - Parameter rows: all with the key.
    package static func twins(of row: IssuanceRecord, among rows: [IssuanceRecord]) -> [IssuanceRecord] {
        rows.filter { $0.id != row.id && $0.keyID == row.keyID && $0.reason != keyCompromise }
    }
}

/// What a ledger decides on a certificate that is to be revoked.
package enum RevocationDecision {
    case revoke(IssuanceRecord)
    /// It was revoked for the same reason before.
    case existing(IssuanceRecord)
    case rejected(CheckFailure)
}
