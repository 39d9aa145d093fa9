import CertificateAuthority
import Diagnostics
import OpenSSL
import PKIX
import Testing

@Suite struct IssuerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let extensions: [CertificateExtension]
        var notBefore = now - day
        var notAfter = now + day
        let expected: ErrorCode?
    }

    static let authority = CertificateTemplate.authorityExtensions(pathLength: 0)

    static let cases: [Case] = [
        Case(testDescription: "a CA", extensions: authority, expected: nil),
        Case(
            testDescription: "key usage not stated, which is odd",
            extensions: [.basicConstraints(isCA: true)], expected: nil),
        Case(testDescription: "no extensions but a key identifier", extensions: [], expected: .issuerInvalid),
        Case(
            testDescription: "CA:FALSE",
            extensions: [.basicConstraints(isCA: false), .keyUsage([.keyCertSign])], expected: .issuerInvalid),
        Case(
            testDescription: "CRLs only",
            extensions: [.basicConstraints(isCA: true), .keyUsage([.crlSign, .digitalSignature])],
            expected: .issuerInvalid),
        Case(
            testDescription: "ended a second ago", extensions: authority, notAfter: now - 1,
            expected: .validity),
        Case(testDescription: "ends now", extensions: authority, notAfter: now, expected: nil),
        Case(
            testDescription: "begins in a second", extensions: authority, notBefore: now + 1,
            expected: .validity),
        Case(testDescription: "begins now", extensions: authority, notBefore: now, expected: nil),
    ]

    @Test(arguments: cases)
    func checks(_ test: Case) throws {
        let key = try deviceKey(1)
        let der = try certificate(
            subject: "CN=Case", key: key, extensions: test.extensions, notBefore: test.notBefore,
            notAfter: test.notAfter)
        #expect(errorCode { _ = try Issuer(chain: [der], key: key, at: now) } == test.expected)
    }

    @Test func keyOfAnotherCA() throws {
        let der = try certificate(subject: "CN=A", key: try deviceKey(1), extensions: Self.authority)
        let other = try deviceKey(2)
        #expect(errorCode { _ = try Issuer(chain: [der], key: other, at: now) } == .issuerKeyMismatch)
    }

    @Test func noCertificate() throws {
        let key = try deviceKey(1)
        #expect(errorCode { _ = try Issuer(chain: [], key: key, at: now) } == .issuerInvalid)
        #expect(errorCode { _ = try Issuer(chain: [[0x30, 0x03, 0x02]], key: key, at: now) } == .der)
    }

    @Test func chainIsInOrderAndSigned() throws {
        let (rootKey, subKey) = (try deviceKey(1), try deviceKey(2))
        let extensions = CertificateTemplate.authorityExtensions(pathLength: nil)
        let root = try certificate(subject: "CN=Root", key: rootKey, extensions: extensions)
        let sub = try certificate(
            subject: "CN=Sub", key: subKey, extensions: extensions, issuer: ("CN=Root", rootKey))
        let forged = try certificate(
            subject: "CN=Sub", key: subKey, extensions: extensions, issuer: ("CN=Root", subKey))
        #expect(errorCode { _ = try Issuer(chain: [sub, root], key: subKey, at: now) } == nil)
        #expect(errorCode { _ = try Issuer(chain: [sub], key: subKey, at: now) } == nil)
        #expect(errorCode { _ = try Issuer(chain: [forged, root], key: subKey, at: now) } == .chain)
        #expect(errorCode { _ = try Issuer(chain: [sub, sub], key: subKey, at: now) } == .chain)
        #expect(errorCode { _ = try Issuer(chain: [root, sub], key: rootKey, at: now) } == .chain)
        #expect(
            errorCode { _ = try Issuer(chain: [sub, root], key: rootKey, at: now) } == .issuerKeyMismatch)
        var damaged = root
        damaged[damaged.count - 1] ^= 1
        #expect(errorCode { _ = try Issuer(chain: [damaged], key: rootKey, at: now) } == .chain)
    }

    @Test func remainingPathLength() throws {
        #expect(try makeIssuer().remainingPathLength == nil)
        #expect(try makeIssuer(pathLength: 0).remainingPathLength == 0)
        #expect(try makeIssuer(pathLength: 3).remainingPathLength == 3)
        // The root's bound counts for the CA below it too.
        let (rootKey, subKey) = (try deviceKey(1), try deviceKey(2))
        let root = try certificate(
            subject: "CN=Root", key: rootKey,
            extensions: CertificateTemplate.authorityExtensions(pathLength: 1))
        let sub = try certificate(
            subject: "CN=Sub", key: subKey,
            extensions: CertificateTemplate.authorityExtensions(pathLength: nil), issuer: ("CN=Root", rootKey)
        )
        #expect(try Issuer(chain: [sub, root], key: subKey, at: now).remainingPathLength == 0)
        let tight = try certificate(
            subject: "CN=Root", key: rootKey,
            extensions: CertificateTemplate.authorityExtensions(pathLength: 0))
        #expect(errorCode { _ = try Issuer(chain: [sub, tight], key: subKey, at: now) } == .issuerInvalid)
    }

    @Test func intermediates() throws {
        let key = try deviceKey(3)
        func make(_ issuer: Issuer, days: Int, pathLength: UInt8?, subject: String = "CN=Below") -> ErrorCode?
        {
            errorCode {
                let request = AuthorityRequest(
                    subject: try name(subject), lifetime: .days(days), pathLength: pathLength,
                    serial: try serial(1))
                let der = try AuthorityCertificate.intermediate(
                    request, publicKey: key.publicKey, issuer: issuer, at: now)
                let made = try Issuer(chain: [der] + issuer.chain, key: key, at: now)
                #expect(made.certificate.basicConstraints?.pathLength == pathLength.map { Int($0) })
                #expect(made.certificate.validity.notBefore == now - 300)
                #expect(made.certificate.validity.notAfter == now - 300 + Int64(days) * day)
            }
        }
        let open = try makeIssuer()
        let two = try makeIssuer(pathLength: 2)
        let zero = try makeIssuer(pathLength: 0)
        #expect(make(open, days: 7999, pathLength: nil) == nil)
        #expect(make(open, days: 7999, pathLength: 5) == nil)
        #expect(make(open, days: 8001, pathLength: nil) == .validity)
        #expect(make(open, days: 0, pathLength: nil) == .validity)
        #expect(make(two, days: 10, pathLength: 1) == nil)
        #expect(make(two, days: 10, pathLength: 2) == .issuerInvalid)
        #expect(make(two, days: 10, pathLength: nil) == .issuerInvalid)
        #expect(make(zero, days: 10, pathLength: 0) == .issuerInvalid)
        #expect(make(open, days: 10, pathLength: 0, subject: "CN=Test CA") == .csrSubject)
    }
}
