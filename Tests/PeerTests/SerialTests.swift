import Foundation
import TestFleet
import TestSupport
import Testing

/// The serial numbers of a ledger, and what other implementations read in its certificates and CRL.
@Suite struct SerialTests {
    private struct Result: Decodable {
        let serial: String
        let status: String
    }

    /// A CA and a certificate for each of `count` requests.
    private func issue(_ count: Int, in folder: WorkFolder) throws -> [Result] {
        try #require(
            folder.program("ca", "init", "ca", "--subject", "CN=Serials", "--no-passphrase").status == 0)
        let maker = TestPaths.binary.deletingLastPathComponent().appendingPathComponent(
            "assay-benchmark-data")
        try #require(
            Program(maker, ["csrs", "--count", String(count), "--out", folder.url.path], in: folder.url)
                .wait()
                .status == 0)
        let issued = try folder.program("ca", "issue", "--ca", "ca", "csrs.pem", "--json", "--pem", "all.pem")
        #expect(issued.status == 0)
        return try issued.wholeLines.map { try JSONDecoder().decode(Result.self, from: Data($0.utf8)) }
    }

    /// Each of the last 128 bits is a coin, and no two neighbours have to do with each other. A fair generator fails one
    /// of the 255 counts, at 5.5 standard deviations, once in a hundred thousand runs.
    @Test func theLast128BitsAreRandom() throws {
        let folder = try WorkFolder()
        let count = 2_400
        let results = try issue(count, in: folder)
        #expect(results.count == count)
        #expect(results.allSatisfy { $0.status == "issued" && $0.serial.utf8.count == 40 })
        #expect(Set(results.map { $0.serial.suffix(32) }).count == count)
        let bits = try results.map { result in
            try result.serial.suffix(32).flatMap { digit -> [Bool] in
                let value = try #require(digit.hexDigitValue)
                return [3, 2, 1, 0].map { value >> $0 & 1 == 1 }
            }
        }
        #expect(bits.allSatisfy { $0.count == 128 })
        let limit = 5.5 * (Double(count) / 4).squareRoot()
        for place in 0..<128 {
            let ones = bits.count { $0[place] }
            #expect(abs(Double(ones) - Double(count) / 2) < limit, "bit \(place): \(ones) ones of \(count)")
        }
        for place in 1..<128 {
            let equal = bits.count { $0[place] == $0[place - 1] }
            #expect(
                abs(Double(equal) - Double(count) / 2) < limit,
                "bits \(place - 1) and \(place): \(equal) equal of \(count)")
        }
        // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
        #expect(results.allSatisfy { ($0.serial.first?.hexDigitValue ?? 8) < 8 })
        try othersReadTheSame(results, folder)
    }

    /// Every certificate and the CRL, read and verified by Python's cryptography, OpenSSL and GnuTLS.
    private func othersReadTheSame(_ results: [Result], _ folder: WorkFolder) throws {
        let revoked = results.prefix(50).map(\.serial)
        try folder.write(revoked.joined(separator: "\n"), to: "revoked.txt")
        #expect(
            try folder.program(
                "ca", "revoke", "--ca", "ca", "--serials", "revoked.txt", "--reason", "superseded"
            ).status
                == 0
        )
        #expect(try folder.program("ca", "crl", "--ca", "ca", "-o", "ca.crl").status == 0)
        try folder.write(results.map { $0.serial + "\n" }.joined(), to: "serials.txt")
        try folder.write(
            """
            import datetime
            from cryptography import x509
            from cryptography.hazmat.primitives.asymmetric import ec
            ca = x509.load_pem_x509_certificate(open("ca/ca.crt", "rb").read())
            end = b"-----END CERTIFICATE-----\\n"
            blocks = open("all.pem", "rb").read().split(end)[:-1]
            certificates = [x509.load_pem_x509_certificate(block + end) for block in blocks]
            assert ["%040x" % c.serial_number for c in certificates] == open("serials.txt").read().split()
            for c in certificates:
                ca.public_key().verify(c.signature, c.tbs_certificate_bytes, ec.ECDSA(c.signature_hash_algorithm))
                assert c.issuer == ca.subject and c.version == x509.Version.v3
                assert not c.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
                assert isinstance(c.public_key().curve, ec.SECP256R1)
            crl = x509.load_pem_x509_crl(open("ca.crl", "rb").read())
            assert crl.is_signature_valid(ca.public_key()) and crl.issuer == ca.subject
            assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
            assert {"%040x" % r.serial_number for r in crl} == set(open("revoked.txt").read().split())
            assert all(r.extensions.get_extension_for_class(x509.CRLReason).value.reason
                       is x509.ReasonFlags.superseded for r in crl)
            print("read", len(certificates), len(list(crl)))
            """, to: "read.py")
        let python = try peer([Peers.python(), "read.py"], folder)
        #expect(python.status == 0, "\(python.output)")
        #expect(python.output.hasSuffix("read \(results.count) 50\n"), "\(python.output)")
        try splitCertificates(folder)
        let names = (0..<60).map { "\($0).pem" }
        let openssl = try peer(
            ["openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", "ca.crl", "-CAfile", "ca/ca.crt"]
                + names, folder)
        // Of 60 certificates the last ten stand.
        #expect(openssl.output.components(separatedBy: ": OK").count - 1 == 10, "\(openssl.output)")
        #expect(openssl.output.components(separatedBy: "certificate revoked").count - 1 == 50)
        let list = try peer(
            ["certtool", "--verify-crl", "--load-ca-certificate", "ca/ca.crt", "--infile", "ca.crl"], folder)
        #expect(list.status == 0 && list.output.contains("Verified."), "\(list.output)")
        let chain = try peer(
            ["certtool", "--verify", "--load-ca-certificate", "ca/ca.crt", "--infile", "59.pem"], folder)
        #expect(chain.status == 0 && chain.output.contains("The certificate is trusted"), "\(chain.output)")
    }

    private func splitCertificates(_ folder: WorkFolder) throws {
        let end = "-----END CERTIFICATE-----\n"
        let all = try String(contentsOfFile: folder.path("all.pem"), encoding: .utf8)
        for (number, block) in all.components(separatedBy: end).prefix(60).enumerated() {
            try folder.write(block + end, to: "\(number).pem")
        }
    }

    /// What another program says; cancels the test where it is missing.
    private func peer(_ arguments: [String], _ folder: WorkFolder) throws -> (status: Int32, output: String) {
        do {
            let outcome = try ChildProcess(
                arguments, in: folder.url, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
            ).run()
            return (
                outcome.status,
                String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
            )
        } catch is ChildProcess.NotFound {
            try Skip.test("\(arguments[0]) is not installed")
        }
    }
}

extension WorkFolder {
    fileprivate func program(_ arguments: String...) throws -> Program.Outcome {
        try Program(TestPaths.binary, arguments, in: url).wait()
    }
}
