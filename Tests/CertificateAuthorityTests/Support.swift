import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Foundation
import Keys
import OpenSSL
import PKIX
import TestSupport
import Testing

/// 2026-07-01T00:00:00Z: the time of every test.
let now: Int64 = 1_782_864_000
let day: Int64 = 86_400

/// A serial number made of one octet.
func serial(_ octet: UInt8) throws -> CertificateSerial {
    try #require(CertificateSerial(random: [UInt8](repeating: octet, count: 20)))
}

/// A P-256 key that is the same on every run.
func deviceKey(_ number: UInt8) throws -> PrivateKey {
    try PrivateKey.p256(scalar: [UInt8](repeating: 0, count: 30) + [1, number])
}

func name(_ text: String) throws -> DistinguishedName { try DistinguishedName(text: text) }

/// A CA certificate with whatever the test wants in it.
func certificate(
    subject: String, key: PrivateKey, extensions: [CertificateExtension], notBefore: Int64 = now - day,
    notAfter: Int64 = now + 8000 * day, issuer: (name: String, key: PrivateKey)? = nil
) throws -> [UInt8] {
    let signer = issuer?.key ?? key
    let algorithm = try #require(SigningScheme.algorithm(for: signer.publicKey.kind))
    let template = try #require(
        CertificateTemplate(
            issuer: try name(issuer?.name ?? subject), algorithm: algorithm, extensions: extensions,
            issuerKeyIdentifier: nil))
    let validity = try #require(ValidityPeriod(notBefore: notBefore, notAfter: notAfter))
    let tbs = template.makeTBS(
        serial: try serial(9), subject: try name(subject),
        publicKey: try SubjectPublicKeyInfo(der: key.publicKey.spki), validity: validity)
    return template.assemble(tbs, signature: try signer.sign(tbs, algorithm: algorithm))
}

/// A root with its own key; valid from yesterday for 8000 days.
func makeIssuer(_ kind: PrivateKey.GeneratedKind = .p256, pathLength: UInt8? = nil) throws -> Issuer {
    let key = try PrivateKey.generate(kind)
    let der = try certificate(
        subject: "CN=Test CA", key: key,
        extensions: CertificateTemplate.authorityExtensions(pathLength: pathLength))
    return try Issuer(chain: [der], key: key, at: now)
}

/// The code of the error that `body` throws; nil if it throws none.
func errorCode(_ body: () throws -> Void) -> ErrorCode? {
    do {
        try body()
        return nil
    } catch let error as ToolError {
        return error.code
    } catch {
        Issue.record("unexpected error \(error)")
        return nil
    }
}

/// The tokens of the fixtures.
func token(_ file: String) throws -> AttestationToken {
    let url = TestPaths.fixtures.appendingPathComponent("tokens/\(file).txt")
    let text = try String(contentsOf: url, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return try AttestationToken(Array(text.utf8)[...])
}

/// The identity key of a device of the fixtures.
func identityKey(_ uuid: String) throws -> IdentityKey {
    let url = TestPaths.fixtures.appendingPathComponent("keys/\(uuid).pem")
    let spki = try PEMDocument([UInt8](try Data(contentsOf: url))).single("PUBLIC KEY")
    return IdentityKey(publicKey: try #require(P256PublicKey(spki: spki[...])), trust: .given)
}

/// What a program printed; cancels the test where the program is missing.
func runPeer(_ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": folder.path]
    let child = ChildProcess(arguments, in: folder, environment: environment)
    do {
        let outcome = try child.run()
        return (
            outcome.status,
            String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        )
    } catch is ChildProcess.NotFound {
        try Skip.test("\(arguments[0]) is not installed")
    }
}

/// What a script printed that needs Python's cryptography; cancels the test where there are no Python packages.
func runPython(_ script: String, in folder: URL) throws -> String {
    let outcome = try runPeer([Peers.python(), "-c", script], in: folder)
    #expect(outcome.status == 0, "\(outcome.output)")
    return outcome.output
}

/// A folder that `body` has for itself.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "assay-peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// The profiles of the fixture.
func fixtureProfiles() throws -> ProfileSet {
    let file = TestPaths.fixtures.appendingPathComponent("profiles.json")
    return try ProfileSet(parsing: [UInt8](try Data(contentsOf: file)), origin: "fixtures/profiles.json")
}
