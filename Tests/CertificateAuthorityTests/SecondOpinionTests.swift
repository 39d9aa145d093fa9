import CertificateAuthority
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// Other implementations judge what this CA makes: OpenSSL, GnuTLS, Python's cryptography.
@Suite struct SecondOpinionTests {
    /// A root, an intermediate and a device's certificate in files, and what they say.
    struct Chain {
        let folder: URL
        let serial: String
        let subject: String
    }

    func makeChain(_ kind: PrivateKey.GeneratedKind) throws -> Chain {
        let time = Int64(Date().timeIntervalSince1970)
        let rootKey = try PrivateKey.generate(kind)
        let root = try AuthorityCertificate.root(
            AuthorityRequest(
                subject: try name("CN=Root,O=Peers"), lifetime: .days(7300), pathLength: 1,
                serial: try serial(1)),
            key: rootKey, at: time)
        let rootIssuer = try Issuer(chain: [root], key: rootKey, at: time)
        let subKey = try PrivateKey.generate(kind)
        let sub = try AuthorityCertificate.intermediate(
            AuthorityRequest(
                subject: try name("CN=Sub,O=Peers"), lifetime: .days(5475), pathLength: 0,
                serial: try serial(2)),
            publicKey: subKey.publicKey, issuer: rootIssuer, at: time)
        let issuer = try Issuer(chain: [sub, root], key: subKey, at: time)
        let plan = try IssuancePlan(issuer: issuer, profile: .device, at: time)
        let worker = try IssuingBench(plan: plan)
        let request = try CertificationRequest.make(
            subject: try name("CN=zażółć-7,O=Peers,C=NO"), key: try deviceKey(7))
        let vetted = try RequestVetter(profile: .device, demand: .none).vet(request).get()
        let leaf = try worker.issue(vetted, serial: try serial(0xA5), validity: plan.validity)
        let folder = FileManager.default.temporaryDirectory.appending(path: "assay-peer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func write(_ name: String, _ ders: [[UInt8]], label: String = "CERTIFICATE") throws {
            let pem = ders.flatMap { PEMWriter.encode(label: label, der: $0) }
            try Data(pem).write(to: folder.appending(path: name))
        }
        try write("root.pem", [root])
        try write("sub.pem", [sub])
        try write("leaf.pem", [leaf.der])
        try write("chain.pem", [leaf.der, sub, root])
        try write("request.pem", [request.der], label: "CERTIFICATE REQUEST")
        return Chain(folder: folder, serial: leaf.serial.description, subject: leaf.subject.description)
    }

    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func openSSLVerifies(_ kind: PrivateKey.GeneratedKind) throws {
        let chain = try makeChain(kind)
        defer { try? FileManager.default.removeItem(at: chain.folder) }
        let verified = try runPeer(
            [
                "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "root.pem",
                "-untrusted",
                "sub.pem", "leaf.pem",
            ], in: chain.folder)
        #expect(verified.status == 0, "\(verified.output)")
        let server = try runPeer(
            [
                "openssl", "verify", "-purpose", "sslserver", "-CAfile", "root.pem", "-untrusted", "sub.pem",
                "leaf.pem",
            ],
            in: chain.folder)
        #expect(server.status != 0, "a device's certificate must not pass for a server's")
        let request = try runPeer(
            ["openssl", "req", "-in", "request.pem", "-verify", "-noout"], in: chain.folder)
        #expect(request.status == 0, "\(request.output)")
        let names = try runPeer(
            ["openssl", "x509", "-in", "leaf.pem", "-noout", "-serial", "-subject", "-nameopt", "RFC2253"],
            in: chain.folder)
        #expect(names.output.contains("serial=\(chain.serial.uppercased())"))
        #expect(names.output.contains("subject=\(chain.subject)"))
    }

    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func gnuTLSVerifies(_ kind: PrivateKey.GeneratedKind) throws {
        let chain = try makeChain(kind)
        defer { try? FileManager.default.removeItem(at: chain.folder) }
        let verified = try runPeer(["certtool", "--verify-chain", "--infile", "chain.pem"], in: chain.folder)
        #expect(verified.status == 0 && verified.output.contains("Verified. The certificate is trusted."))
        let shown = try runPeer(["certtool", "-i", "--infile", "leaf.pem"], in: chain.folder)
        #expect(shown.output.contains("Serial Number (hex): \(chain.serial)"))
        #expect(shown.output.contains("Certificate Authority (CA): FALSE"))
        #expect(shown.output.contains("TLS WWW Client."))
    }

    @Test func pythonReadsTheSame() throws {
        let chain = try makeChain(.p256)
        defer { try? FileManager.default.removeItem(at: chain.folder) }
        let script = """
            from cryptography import x509
            from cryptography.hazmat.primitives.asymmetric import ec
            load = lambda n: x509.load_pem_x509_certificate(open(n, "rb").read())
            leaf, sub, root = load("leaf.pem"), load("sub.pem"), load("root.pem")
            csr = x509.load_pem_x509_csr(open("request.pem", "rb").read())
            assert csr.is_signature_valid
            for child, parent in ((leaf, sub), (sub, root), (root, root)):
                parent.public_key().verify(child.signature, child.tbs_certificate_bytes,
                                           ec.ECDSA(child.signature_hash_algorithm))
                assert child.issuer == parent.subject
            assert leaf.public_key().public_numbers() == csr.public_key().public_numbers()
            assert leaf.subject == csr.subject
            e = leaf.extensions
            assert [x.critical for x in e] == [True, True, False, False, False]
            assert e.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(False, None)
            usage = e.get_extension_for_class(x509.KeyUsage).value
            assert usage.digital_signature and usage.key_agreement and not usage.key_cert_sign
            assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1
            ski = sub.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
            assert e.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == ski
            print("serial %040x" % leaf.serial_number)
            """
        let output = try runPython(script, in: chain.folder)
        #expect(output.contains("serial \(chain.serial)"))
    }
}
