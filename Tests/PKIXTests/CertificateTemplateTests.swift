import Diagnostics
import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import PKIX

@Suite struct CertificateTemplateTests {
    /// A root, an intermediate and a device's certificate of one kind of CA key.
    private struct Family {
        let root: [UInt8]
        let intermediate: [UInt8]
        let device: [UInt8]

        init(_ kind: PrivateKey.GeneratedKind, _ algorithm: SignatureAlgorithm) throws {
            let rootKey = try PrivateKey.generate(kind)
            let middleKey = try PrivateKey.generate(kind)
            let deviceKey = try PrivateKey.generate(.p256)
            let rootName = try DistinguishedName(text: "CN=Root,O=Example,C=NO")
            let middleName = try DistinguishedName(text: "CN=Intermediate,O=Example")
            let rootSPKI = try SubjectPublicKeyInfo(der: rootKey.publicKey.spki)
            let middleSPKI = try SubjectPublicKeyInfo(der: middleKey.publicKey.spki)
            root = try Self.make(
                rootKey, rootName, algorithm, CertificateTemplate.authorityExtensions(pathLength: nil), nil,
                rootName,
                rootSPKI, [1], ValidityPeriod(notBefore: 1_700_000_000, notAfter: DERTime.latest))
            intermediate = try Self.make(
                rootKey, rootName, algorithm,
                CertificateTemplate.authorityExtensions(pathLength: 0, alsoDigitalSignature: true),
                rootSPKI.keyIdentifier, middleName, middleSPKI, [0xFF, 2],
                ValidityPeriod(notBefore: 1_700_000_000, notAfter: DERTime.firstGeneralized))
            device = try Self.make(
                middleKey, middleName, algorithm, CertificateTemplate.deviceExtensions,
                middleSPKI.keyIdentifier,
                DistinguishedName(text: "CN=50363154-3931-44f0-8022-121b6401627d"),
                SubjectPublicKeyInfo(der: deviceKey.publicKey.spki), [UInt8](repeating: 0x7F, count: 20),
                ValidityPeriod(notBefore: 1_700_000_000, notAfter: DERTime.firstGeneralized - 1))
        }

        private static func make(
            _ key: PrivateKey, _ issuer: DistinguishedName, _ algorithm: SignatureAlgorithm,
            _ extensions: [CertificateExtension], _ identifier: [UInt8]?, _ subject: DistinguishedName,
            _ spki: SubjectPublicKeyInfo, _ serial: [UInt8], _ validity: ValidityPeriod?
        ) throws -> [UInt8] {
            let template = try #require(
                CertificateTemplate(
                    issuer: issuer, algorithm: algorithm, extensions: extensions,
                    issuerKeyIdentifier: identifier))
            let tbs = template.makeTBS(
                serial: try #require(CertificateSerial(magnitude: serial)), subject: subject, publicKey: spki,
                validity: try #require(validity))
            return template.assemble(tbs, signature: try key.sign(tbs, algorithm: algorithm))
        }
    }

    static let kinds: [(PrivateKey.GeneratedKind, SignatureAlgorithm)] = [
        (.p256, .ecdsa(.sha256)), (.p384, .ecdsa(.sha384)), (.ed25519, .ed25519),
        (.rsa3072, .rsaPKCS1(.sha256)),
    ]

    @Test(arguments: kinds)
    func certificatesAreDER(kind: PrivateKey.GeneratedKind, algorithm: SignatureAlgorithm) throws {
        let family = try Family(kind, algorithm)
        for der in [family.root, family.intermediate, family.device] {
            #expect(Peer.reencodedCertificate(der) == der)
            let parsed = try ParsedCertificate(der: der)
            #expect(parsed.signatureAlgorithm.meaning == .supported(algorithm))
            #expect(parsed.subjectKeyIdentifier == parsed.publicKey.keyIdentifier)
        }
        let root = try ParsedCertificate(der: family.root)
        let intermediate = try ParsedCertificate(der: family.intermediate)
        let device = try ParsedCertificate(der: family.device)
        #expect(root.basicConstraints?.isCA == true && root.basicConstraints?.pathLength == nil)
        #expect(root.authorityKeyIdentifier == nil && root.issuer == root.subject)
        #expect(root.validity.notAfter == DERTime.latest)
        #expect(intermediate.basicConstraints?.pathLength == 0)
        #expect(intermediate.keyUsage == [.keyCertSign, .crlSign, .digitalSignature])
        #expect(intermediate.authorityKeyIdentifier == root.subjectKeyIdentifier)
        #expect(intermediate.serialText == "ff02")
        #expect(intermediate.validity.notAfter == DERTime.firstGeneralized)
        #expect(device.basicConstraints?.isCA == false)
        #expect(device.keyUsage?.names == ["digitalSignature", "keyAgreement"])
        #expect(device.extendedKeyUsage == [.clientAuth])
        #expect(device.extensions.map(\.isCritical) == [true, true, false, false, false])
        #expect(device.serial?.magnitude.count == 20)
        #expect(device.issuer == intermediate.subject)
        let key = try PublicKey(spki: intermediate.publicKey.der)
        #expect(
            key.isValid(
                signature: Array(device.der[device.signatureRange]), over: Array(device.der[device.tbsRange]),
                algorithm: algorithm))
    }

    /// `openssl verify -x509_strict` as a judge of its own.
    @Test(arguments: kinds)
    func opensslVerifies(kind: PrivateKey.GeneratedKind, algorithm: SignatureAlgorithm) throws {
        let family = try Family(kind, algorithm)
        let folder = FileManager.default.temporaryDirectory.appending(path: "pkix-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, der) in [
            ("root", family.root), ("intermediate", family.intermediate), ("device", family.device),
        ] {
            try Data(PEMWriter.encode(label: "CERTIFICATE", der: der)).write(to: folder.appending(path: name))
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslclient", "-attime",
            "1800000000",
            "-CAfile", "root", "-untrusted", "intermediate", "device",
        ]
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text == "device: OK\n")
        #expect(process.terminationStatus == 0)
    }

    @Test func refusesAlgorithms() throws {
        let name = try DistinguishedName(text: "CN=a")
        for algorithm in [SignatureAlgorithm.ecdsa(.sha1), .rsaPKCS1(.sha1), .rsaPSS(.sha256)] {
            #expect(
                CertificateTemplate(
                    issuer: name, algorithm: algorithm, extensions: [], issuerKeyIdentifier: nil) == nil)
        }
    }

    @Test func serialNumbers() throws {
        #expect(CertificateSerial(magnitude: []) == nil)
        #expect(CertificateSerial(magnitude: [0, 0]) == nil)
        #expect(CertificateSerial(magnitude: [0, 0, 1])?.magnitude == [1])
        #expect(CertificateSerial(magnitude: [UInt8](repeating: 0x80, count: 20)) == nil)
        #expect(CertificateSerial(magnitude: [UInt8](repeating: 0x7F, count: 21)) == nil)
        #expect(CertificateSerial(random: [UInt8](repeating: 0, count: 8)) == nil)
        #expect(
            CertificateSerial(random: [UInt8](repeating: 0, count: 20))?.description == "40"
                + String(repeating: "00", count: 19))
        #expect(
            CertificateSerial(random: [UInt8](repeating: 0xFF, count: 16))?.description == "7f"
                + String(repeating: "ff", count: 15))
        #expect(CertificateSerial("0A:fF")?.magnitude == [0x0A, 0xFF])
        #expect(
            CertificateSerial("abc") == nil && CertificateSerial("xy") == nil && CertificateSerial("") == nil)
        #expect(CertificateSerial(String(repeating: "11", count: 500)) == nil)
    }

    @Test func keyUsageBits() throws {
        for bits in UInt16(1)...0x1FF {
            let usage = KeyUsage(rawValue: bits)
            #expect(try KeyUsage(der: CertificateExtension.keyUsage(usage).value) == usage)
        }
        for hex in ["030100", "03020700", "03020080 00", "030206 80", "0304068040 40", "0303060040"] {
            #expect(throws: DERError.self, "\(hex)") { try KeyUsage(der: octets(hex)) }
        }
        #expect(
            try KeyUsage(der: octets("030203e8")).names == [
                "digitalSignature", "nonRepudiation", "keyEncipherment", "keyAgreement",
            ])
    }

    @Test func refusesUnsoundCertificates() throws {
        let der = try Family(.p256, .ecdsa(.sha256)).device
        #expect(throws: DERError.self) { try ParsedCertificate(der: der + [0]) }
        #expect(throws: DERError.self) { try ParsedCertificate(der: Array(der.dropLast())) }
        var generator = SplitMix64(seed: 6)
        for _ in 0..<20_000 {
            var damaged = der
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            guard damaged != der, let parsed = try? ParsedCertificate(der: damaged) else { continue }
            // What is read is strict DER, so OpenSSL reads it too and writes the same; it also looks into the
            // parameters of key algorithms, which here are judged by `acceptedKind`.
            if case .success = parsed.publicKey.acceptedKind() {
                #expect(Peer.reencodedCertificate(damaged) == damaged)
            }
            #expect(parsed.der == damaged)
            _ = (
                parsed.basicConstraints, parsed.keyUsage, parsed.subject.description,
                parsed.issuer.description
            )
        }
    }

    @Test func publishedCertificates() throws {
        for item in try Vectors.suite("nrfcloud-samples") ?? [] where item.operation == "cert.decode" {
            let pem = try #require(item.inputs.cert_pem)
            let parsed = try ParsedCertificate(der: PEMDocument(Array(pem.utf8)).single("CERTIFICATE"))
            let wrapped = try X509Certificate.read(pem: Array(pem.utf8)).get()
            #expect(wrapped.subject == parsed.subject.description && wrapped.spki == parsed.publicKey.der)
            #expect(
                wrapped.serial == parsed.serialText && wrapped.notAfter == parsed.validity.notAfter)
            #expect(parsed.basicConstraints?.isCA == true || parsed.basicConstraints == nil)
            #expect(!parsed.subject.isEmpty)
        }
    }
}
