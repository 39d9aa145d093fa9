import CertificateAuthority
import Diagnostics
import OpenSSL
import PKIX
import Testing

/// Certificates of CAs are checked again as those of devices are.
@Suite struct IntermediateAuditTests {
    private let issuer: Issuer
    private let authority: KnownAuthority

    init() throws {
        issuer = try makeIssuer(pathLength: 2)
        authority = try KnownAuthority(der: try #require(issuer.chain.first))
    }

    private func draft(_ pathLength: UInt8? = 1, days: Int = 100) throws -> AuthorityDraft {
        try AuthorityCertificate.draft(
            AuthorityRequest(
                subject: try name("CN=Below"), lifetime: .days(days), pathLength: pathLength,
                serial: try serial(1)),
            publicKey: try deviceKey(3).publicKey, issuer: issuer, at: now)
    }

    private func facts(_ draft: AuthorityDraft, notAfter: Int64? = nil) throws -> LedgerFacts {
        LedgerFacts(
            serial: draft.serial.magnitude, keyID: Digest.sha256(try deviceKey(3).publicKey.spki),
            subject: draft.subject.description, device: nil, isAttested: false,
            notBefore: draft.validity.notBefore, notAfter: notAfter ?? draft.validity.notAfter,
            tbsDigest: draft.sha256)
    }

    /// The path length that was chosen when it was made is none of the profile's, and right.
    @Test(arguments: [UInt8(0), 1])
    func whatWasSignedIsFoundRight(_ length: UInt8) throws {
        let draft = try draft(length)
        let audit = try CertificateAudit(authority: authority, profile: .intermediate)
        #expect(audit.failures(of: try draft.signed(), try facts(draft)) == [])
    }

    /// What stands in the ledger is what is in the certificate.
    @Test func theLedgerIsHeldAgainstTheCertificate() throws {
        let draft = try draft()
        let audit = try CertificateAudit(authority: authority, profile: .intermediate)
        #expect(
            audit.failures(of: try draft.signed(), try facts(draft, notAfter: now)) == [
                CheckFailure(.digest, "the validity is not the one in the ledger")
            ])
    }

    /// The profile was given another hash since: the signature is the CA's all the same.
    @Test func anotherHashInTheProfileMakesNoSignatureWrong() throws {
        let document = String(decoding: ProfileSet.standard.document, as: UTF8.self)
            .replacing(#""signatureHash": "auto""#, with: #""signatureHash": "sha384""#)
        let edited = try ProfileSet(parsing: Array(document.utf8), origin: "x").named("intermediate")
        let draft = try draft()
        let audit = try CertificateAudit(authority: authority, profile: edited)
        #expect(
            audit.failures(of: try draft.signed(), try facts(draft)) == [
                CheckFailure(.lint, "the signature algorithm is not the profile's for this CA")
            ])
    }

    /// A signature of another key is none, whatever the profile says.
    @Test func aWrongSignatureIsFound() throws {
        let draft = try draft()
        var der = try draft.signed()
        der[der.count - 1] ^= 1
        let audit = try CertificateAudit(authority: authority, profile: .intermediate)
        #expect(
            audit.failures(of: der, try facts(draft)) == [
                CheckFailure(.chain, "the signature is not the CA's")
            ])
    }

    /// Under a device's profile it would be nothing.
    @Test func aDeviceProfileDoesNotFit() throws {
        let draft = try draft()
        let audit = try CertificateAudit(authority: authority, profile: .device)
        #expect(audit.failures(of: try draft.signed(), try facts(draft)).isEmpty == false)
    }

    @Test func aPathLengthThatIsTooLongIsFound() throws {
        // The CA above was made anew with less below it.
        let key = try deviceKey(9)
        let wide = try certificate(
            subject: "CN=Above", key: key,
            extensions: CertificateTemplate.authorityExtensions(pathLength: 2))
        let narrow = try certificate(
            subject: "CN=Above", key: key,
            extensions: CertificateTemplate.authorityExtensions(pathLength: 1))
        let draft = try AuthorityCertificate.draft(
            AuthorityRequest(
                subject: try name("CN=Below"), lifetime: .days(100), pathLength: 1, serial: try serial(1)),
            publicKey: try deviceKey(3).publicKey, issuer: try Issuer(chain: [wide], key: key, at: now),
            at: now)
        let der = try draft.signed()
        let before = try CertificateAudit(
            authority: try KnownAuthority(der: wide), profile: .intermediate)
        #expect(before.failures(of: der, try facts(draft)) == [])
        let after = try CertificateAudit(
            authority: try KnownAuthority(der: narrow), profile: .intermediate)
        #expect(
            after.failures(of: der, try facts(draft)) == [
                CheckFailure(.lint, "the path length is not below that of the CA above")
            ])
    }

    /// No profile that anybody can write has the name under which CAs are entered.
    @Test func theNameInTheLedgerIsNoProfile() throws {
        #expect(CertificateProfile.intermediate.nameInLedger == "ca:intermediate")
        #expect(CertificateProfile.device.nameInLedger == "device")
        let document = String(decoding: ProfileSet.standard.document, as: UTF8.self)
        let renamed = document.replacing("\"intermediate\":", with: "\"ca:intermediate\":")
        #expect(renamed != document)
        #expect(errorCode { _ = try ProfileSet(parsing: Array(renamed.utf8), origin: "x") } == .profile)
    }
}
