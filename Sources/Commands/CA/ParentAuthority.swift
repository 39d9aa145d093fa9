import CertificateAuthority
import CommandLineSupport
import DeviceIdentity
import Diagnostics
import InputOutput
import Ledger
import OpenSSL
import PKIX
import Store

/// The CA above a new one: it issues the new CA's certificate as it issues every other, by its ledger.
struct ParentAuthority {
    /// The profile of the issuer under which an intermediate is made.
    private static let profileName = "intermediate"

    /// The profile for CAs below this one.
    let profile: CertificateProfile
    private let folder: CAFolder
    private let issuer: Issuer
    private let ledger: SQLiteStore
    private let console: Console
    private let now: Int64

    /// Opens the CA and its ledger, which has to be there, and compares the clock with it.
    init(
        _ folder: CAFolder, _ passphrase: PassphraseSource, _ clock: ClockOptions, console: Console,
        now: Int64
    ) throws(ToolError) {
        let place = try folder.ledger()
        let profiles = try folder.profiles()
        // A folder of an earlier version has no document, and made intermediates all the same.
        profile = profiles.isFromDocument ? try profiles.named(Self.profileName) : .intermediate
        guard profile.extensionRule.isAuthority else {
            throw ToolError(
                .profile, "profile \(profile.name) makes no CAs",
                context: [.init("file", folder.profilesFile.escapedForTerminal)])
        }
        issuer = try folder.load(passphrase, at: now)
        ledger = try place.open(.readWrite)
        // Read again: at a prompt for the passphrase time goes by, in which others may issue.
        try clock.check(System.now(), ledger)
        try folder.demandStanding(issuer, in: ledger)
        self.folder = folder
        self.console = console
        self.now = now
    }

    /// Makes a CA below this one: its folder but for the certificate, the intent, the certificate, its entry, and then the
    /// certificate in the folder. What is in the folder is in the ledger, so that it can be revoked.
    func make(
        _ new: CAFolder, _ request: AuthorityRequest, key: PrivateKey, keyPEM: [UInt8],
        sharing shared: LedgerPlace?
    ) throws(ToolError) -> (certificate: ParsedCertificate, ledger: LedgerPlace) {
        let draft = try AuthorityCertificate.draft(
            request, publicKey: key.publicKey, issuer: issuer, profile: profile, at: now)
        let namesakes = try namesakes(of: draft)
        var made: Issuer?
        let place: LedgerPlace
        do throws(ToolError) {
            place = try new.create(keyPEM: keyPEM, sharing: shared) { () throws(ToolError) in
                let entered = try enter(draft, key)
                made = entered
                return entered.chain
            }
        } catch {
            guard made != nil else { throw error }
            throw ToolError(
                error.code, error.message, context: error.context,
                hint: .text(
                    "no CA was made, and its certificate is in the issuer's ledger: assay ca revoke "
                        + "\(Hex.encode(draft.serial.magnitude)) --ca \(folder.path.escapedForTerminal) "
                        + "--reason cessationOfOperation, and run the command again"))
        }
        guard let made else { throw ToolError(.internalFault, "a CA was made without its certificate") }
        for namesake in namesakes { console.note(namesake) }
        return (made.certificate, place)
    }

    /// Signs the certificate of the new CA and enters it.
    ///
    /// - Returns: the new CA, as the next command will find it.
    private func enter(_ draft: AuthorityDraft, _ key: PrivateKey) throws(ToolError) -> Issuer {
        let ledger = Rehearsal.of(ledger)
        let order = try order(draft, key, ledger)
        let der = try draft.signed()
        // What the next command would refuse is not entered.
        let made = try Issuer(chain: [der] + issuer.chain, key: key, at: now)
        var signed = SignedIntents()
        signed.add(order, certificate: der, fingerprint: Digest.sha256(der))
        let taken = try ledger.exchange(signed.all, [], reissue: false, at: now).taken
        guard taken.isEmpty else {
            throw ToolError(.internalFault, "the ledger has something else in place of a new certificate")
        }
        return made
    }

    /// Notes the intent.
    private func order(
        _ draft: AuthorityDraft, _ key: PrivateKey, _ ledger: any IssuanceLedger
    ) throws(ToolError) -> IntentOutcome.Draft {
        let keyID = Digest.sha256(key.publicKey.spki)
        let intent = IssuanceIntent(
            authority: issuer.identity, profile: profile.nameInLedger,
            // Nobody requested it: the key stands for the request.
            request: keyID, serial: draft.serial.magnitude, keyID: keyID, device: nil,
            subject: draft.subject.description, notBefore: draft.validity.notBefore,
            notAfter: draft.validity.notAfter, tbsDigest: draft.sha256, attestation: nil)
        let outcomes = try ledger.exchange([], [intent], reissue: false, at: now).outcomes
        switch outcomes.first {
        case .sign(let order) where order.isOwn: return order
        case .rejected(let failure): throw ToolError(failure.code, failure.commandLine.escapedForTerminal)
        case .sign, .existing, .sameAs, nil:
            throw ToolError(.internalFault, "the ledger knows a key that was made a moment ago")
        }
    }

    /// What is said of certificates that count and are for a CA of the same name. A CA that is renewed has two for a while,
    /// each with a key of its own (RFC 5280 section 4.2.1.1), so this is no reason to refuse.
    private func namesakes(of draft: AuthorityDraft) throws(ToolError) -> [String] {
        var filter = IssuanceFilter()
        filter.authority = issuer.identity
        filter.profile = profile.nameInLedger
        filter.status = .valid
        let subject = draft.subject.description
        var notes: [String] = []
        try ledger.forEachIssuance(filter, at: now) { record throws(ToolError) in
            guard record.subject == subject else { return true }
            notes.append(
                "assay: note: the issuer has another valid certificate for a CA of this name, serial "
                    + "\(Hex.encode(record.serial)), until \(Timestamp.clamped(record.notAfter)): both count until it "
                    + "is revoked")
            return true
        }
        return notes
    }
}
