import Foundation
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca init` killed between any two of its files: nothing is there, or a folder that is called half-made; a CA that
    /// signs has its ledger.
    @Suite(.serialized) struct NewAuthorityTests {
        private static let files = ["profiles.json", "ledger.db", "ca.json", "ca.key", "ca.crt"]

        @Test(arguments: 1...6)
        func killedAtEachStep(_ step: Int) throws {
            let program = try Data(contentsOf: TestPaths.binary, options: .mappedIfSafe)
            guard program.range(of: Data("ASSAY_FAULT".utf8)) != nil else {
                try Skip.test("this build has no steps to die at")
            }
            let folder = try WorkFolder()
            func make(_ environment: [String: String] = [:]) throws -> Program.Outcome {
                try folder.run(
                    "ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase", environment: environment)
            }
            let killed = try make(["ASSAY_FAULT": "folder-step:\(step)"])
            #expect(killed.status == nil)
            let left = Self.files.filter { FileManager.default.fileExists(atPath: folder.path("ca/\($0)")) }
            #expect(left == Array(Self.files.prefix(step - 1)))
            let issued = try folder.run(
                "ca", "issue", "--ca", "ca", "--no-passphrase", AttachTests.nrf9160, "--quiet")
            guard step < 6 else {
                #expect(issued.status == 0)
                return
            }
            #expect(issued.status == 5)
            #expect(issued.output == "")
            let again = try make()
            if step < 3 {
                // Profiles alone are what anybody may put there before.
                #expect(again.status == 0)
                return
            }
            #expect(again.status == 5)
            for outcome in [issued, again] {
                #expect(outcome.errors.contains("the CA folder is half-made: "))
                #expect(
                    outcome.errors.contains("remove \(left.dropFirst().sorted().joined(separator: ", "))"))
            }
            for file in left.dropFirst() {
                try FileManager.default.removeItem(atPath: folder.path("ca/\(file)"))
            }
            #expect(try make().status == 0)
        }

        /// `ca init --issuer` killed around its entry in the issuer's ledger: no CA signs whose certificate is not in the
        /// ledger, what is in the ledger is sound and can be revoked, and the command is run again.
        @Test(arguments: [
            ("before-intent", 0, 0), ("after-intent", 0, 1), ("before-sign", 0, 1), ("after-sign", 0, 1),
            ("before-certificate", 0, 1), ("after-certificate", 1, 0), ("folder-step:5", 0, 0),
            ("folder-step:6", 1, 0),
        ])
        func killedBelowAnother(_ step: String, certificates: Int, intents: Int) throws {
            let program = try Data(contentsOf: TestPaths.binary, options: .mappedIfSafe)
            guard program.range(of: Data("ASSAY_FAULT".utf8)) != nil else {
                try Skip.test("this build has no steps to die at")
            }
            let folder = try WorkFolder()
            func make(_ environment: [String: String] = [:]) throws -> Program.Outcome {
                try folder.run(
                    "ca", "init", "ca", "--subject", "CN=CA", "--issuer", "root", "--no-passphrase",
                    environment: environment)
            }
            func list(_ status: String) throws -> [Substring] {
                try folder.run("ca", "list", "--ca", "root", "--status", status).output.split(separator: "\n")
            }
            #expect(
                try folder.run("ca", "init", "root", "--subject", "CN=Root", "--no-passphrase").status == 0)
            #expect(try make(["ASSAY_FAULT": step]).status == nil)
            let isWhole = FileManager.default.fileExists(atPath: folder.path("ca/ca.crt"))
            #expect(isWhole == (step == "folder-step:6"))
            #expect(try list("valid").count == certificates)
            #expect(try list("intended").count == intents)
            for verb in ["audit", "crl"] {
                #expect(try folder.run("ca", verb, "--ca", "root").status == 0)
            }
            #expect(try folder.run("ledger", "verify", "--ca", "root").status == 0)
            let issued = try folder.run("ca", "issue", "--ca", "ca", AttachTests.nrf9160, "--quiet")
            #expect(issued.status == (isWhole ? 0 : 5))
            if isWhole { return }
            #expect(issued.errors.contains("assay ca list --ca ISSUER --profile ca:intermediate"))
            for row in try list("valid") {
                let revoked = try folder.run(
                    "ca", "revoke", "--ca", "root", "--reason", "cessationOfOperation",
                    String(row.prefix { $0 != " " }))
                #expect(revoked.status == 0)
            }
            try FileManager.default.removeItem(atPath: folder.path("ca"))
            let again = try make()
            #expect(again.status == 0)
            #expect(!again.errors.contains("note"))
            #expect(try list("valid").count == 1)
            #expect(try folder.run("ca", "audit", "--ca", "root").status == 0)
        }

        /// What fails in between leaves nothing.
        @Test func whatFailsLeavesNothing() throws {
            let folder = try WorkFolder()
            try folder.write("{", to: "profiles.json")
            try FileManager.default.createDirectory(
                atPath: folder.path("ca"), withIntermediateDirectories: false)
            try FileManager.default.copyItem(
                atPath: folder.path("profiles.json"), toPath: folder.path("ca/profiles.json"))
            let outcome = try folder.run("ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase")
            #expect(outcome.status != 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path("ca")) == ["profiles.json"])
        }

        /// A CA whose certificate was lost is not called a run that was interrupted.
        @Test func aLostCertificateIsNotAnInterruptedRun() throws {
            let folder = try WorkFolder()
            #expect(try folder.run("ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase").status == 0)
            #expect(
                try folder.run("ca", "issue", "--ca", "ca", "--no-passphrase", AttachTests.nrf9160).status
                    == 0)
            try FileManager.default.removeItem(atPath: folder.path("ca/ca.crt"))
            for arguments in [
                ["ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase"], ["ca", "list", "--ca", "ca"],
            ] {
                let outcome = try Program(TestPaths.binary, arguments, in: folder.url).wait()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("put its ca.crt back"))
                #expect(!outcome.errors.contains("remove"))
            }
        }
    }
}
