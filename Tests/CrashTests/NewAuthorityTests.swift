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
