import Foundation
import SQLite
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// `ca ledger attach`: a CA of the first version gets its ledger out of the store that it issued with, whatever version
    /// that store is of, once and for all, also when the run is killed.
    @Suite(.serialized) struct AttachTests {
        static let nrf9160 = TestPaths.fixtures.appendingPathComponent("tokens/keygen-csr-nrf9160.txt").path
        static let nrf91x1 = TestPaths.fixtures.appendingPathComponent("tokens/keygen-csr-nrf91x1.txt").path

        let folder: WorkFolder

        init() throws {
            folder = try WorkFolder()
            for name in ["ca", "second"] {
                try FileManager.default.copyItem(
                    at: TestPaths.fixtures.appendingPathComponent("store/\(name)"),
                    to: folder.url.appendingPathComponent(name))
            }
        }

        /// Makes `old.db`, a store of an earlier version, from its text.
        private func restore(_ name: String) throws {
            let file = TestPaths.fixtures.appendingPathComponent("store/\(name).sql")
            try folder.write("", to: "old.db")
            try Connection(path: folder.path("old.db"), mode: .readWrite)
                .execute(String(contentsOf: file, encoding: .utf8))
        }

        private func rows(_ sql: String, in file: String) throws -> [String] {
            let select = try Connection(path: folder.path(file), mode: .readWrite).prepare(sql)
            var found: [String] = []
            while try select.step() { found.append(select.text(0)) }
            return found
        }

        private func issue(_ ca: String, _ input: String) throws -> Program.Outcome {
            try folder.run("ca", "issue", "--ca", ca, "--no-passphrase", "--json", input)
        }

        /// After years in which nobody entered anything, the clock has to be confirmed once.
        private func issueAfterYears(_ ca: String, _ input: String) throws -> Program.Outcome {
            let refused = try issue(ca, input)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("more than 400 days"))
            return try folder.run("ca", "issue", "--ca", ca, "--no-passphrase", "--json", "--accept-clock", input)
        }

        private func attach(_ ca: String = "ca", _ environment: [String: String] = [:]) throws
            -> Program.Outcome
        {
            try folder.run("ca", "ledger", "attach", ca, "--store", "old.db", environment: environment)
        }

        /// What has to hold of the first CA once it is attached.
        private func judge(_ serial: String) throws {
            let again = try issue("ca", Self.nrf9160)
            #expect(again.status == 0)
            #expect(again.output.contains("\"status\":\"existing\""))
            #expect(again.output.contains("\"serial\":\"\(serial)\""))
            // What was revoked stays revoked.
            let revoked = try issue("ca", Self.nrf91x1)
            #expect(revoked.status == 1)
            #expect(revoked.output.contains("\"code\":\"revoked\""))
            #expect(try folder.run("ca", "list", "--ca", "ca", "--quiet").wholeLines.count == 2)
            let audit = try folder.run("ca", "audit", "--ca", "ca", "--ca", "second/ca.crt")
            #expect(audit.errors == "assay: 3 certificates, 0 findings\n")
            #expect(try folder.run("ledger", "verify", "--ca", "ca").status == 0)
            #expect(try folder.run("store", "verify", "--store", "old.db").status == 0)
            #expect(try StoreState.integrity(path: folder.path("ca/ledger.db")) == ["ok"])
            // Devices and their tokens stay where they were.
            #expect(try rows("SELECT count(*) FROM device", in: "ca/ledger.db") == ["0"])
            #expect(try StoreState(path: folder.path("old.db")).devices.count == 2)
        }

        /// The serial number of the certificate that the first CA issued for the nRF9160.
        private func serial(in file: String) throws -> String {
            try rows("SELECT lower(hex(serial)) FROM issuance WHERE id = 1", in: file)[0]
        }

        @Test(arguments: 2...4)
        func aStoreOfEachEarlierVersion(_ version: Int) throws {
            try restore("ca-version-\(version)")
            let before = try StoreState(path: folder.path("old.db"))
            let serial = try serial(in: "old.db")
            let attached = try attach()
            #expect(attached.status == 0)
            #expect(
                attached.errors.contains("certificates and CRLs in the ledger: 3 of this CA, 4 of all CAs"))
            try judge(serial)
            #expect(try StoreState(path: folder.path("old.db")) == before)
            // A checkpoint of the time before stays good.
            if version == 4 {
                let checkpoint = TestPaths.fixtures.appendingPathComponent("store/checkpoint.json").path
                #expect(
                    try folder.run("ledger", "verify", "--ca", "ca", "--checkpoint", checkpoint).status == 0)
            }
            // CRLs are counted on, and the next certificate is one more.
            let list = try folder.run("ca", "crl", "--ca", "ca", "--no-passphrase", "-o", "two.crl")
            #expect(list.output.contains("number: 2\n"))
            #expect(list.output.contains("revoked: 1\n"))
            #expect(try folder.run("key", "generate", "--no-passphrase", "-o", "k.pem").status == 0)
            #expect(
                try folder.run("csr", "create", "--key", "k.pem", "--subject", "CN=new", "-o", "k.csr").status
                    == 0)
            #expect(try issue("ca", "k.csr").output.contains("\"status\":\"issued\""))
            #expect(try folder.run("ledger", "verify", "--ca", "ca").status == 0)
            // Once more changes nothing, and nothing is taken back from the store.
            #expect(try attach().errors.contains("the CA has its ledger already; nothing was changed"))
            #expect(try issue("ca", "k.csr").output.contains("\"status\":\"existing\""))
        }

        /// Certificates of two CAs in one store: they share one ledger, so that each is complete.
        @Test(arguments: 2...4)
        func theOtherCAOfTheStore(_ version: Int) throws {
            try restore("ca-version-\(version)")
            #expect(try attach("second").status == 0)
            #expect(try attach("ca").status == 0)
            let document = try String(contentsOfFile: folder.path("ca/ca.json"), encoding: .utf8)
            #expect(document.contains("\"../second/ledger.db\""))
            #expect(try issue("second", Self.nrf9160).output.contains("\"status\":\"existing\""))
            #expect(try issue("ca", Self.nrf9160).output.contains("\"status\":\"existing\""))
            #expect(try folder.run("ca", "list", "--ca", "second", "--quiet").wholeLines.count == 1)
            let audit = try folder.run("ca", "audit", "--ca", "ca", "--ca", "second")
            #expect(audit.errors == "assay: 3 certificates, 0 findings\n")
        }

        /// If that ledger has moved, it has to be said where it is; another one is not taken.
        @Test func theLedgerHasMoved() throws {
            try restore("ca-version-4")
            #expect(try attach("second").status == 0)
            try FileManager.default.moveItem(atPath: folder.path("second"), toPath: folder.path("third"))
            let lost = try attach("ca")
            #expect(lost.status == 5)
            #expect(lost.errors.contains("say with --ledger where it is"))
            #expect(!FileManager.default.fileExists(atPath: folder.path("ca/ca.json")))
            #expect(try folder.run("ca", "init", "other", "--subject", "CN=O", "--no-passphrase").status == 0)
            let wrong = try folder.run(
                "ca", "ledger", "attach", "ca", "--store", "old.db", "--ledger", "other")
            #expect(wrong.status == 5)
            #expect(wrong.errors.contains("where the certificates of the store went"))
            let right = try folder.run(
                "ca", "ledger", "attach", "ca", "--store", "old.db", "--ledger", "third")
            #expect(right.status == 0)
            #expect(try issue("ca", Self.nrf9160).output.contains("\"status\":\"existing\""))
        }

        /// Killed between any two of its steps, and simply run again.
        @Test(arguments: 1...4)
        func killedAtEachStep(_ step: Int) throws {
            let program = try Data(contentsOf: TestPaths.binary, options: .mappedIfSafe)
            guard program.range(of: Data("ASSAY_FAULT".utf8)) != nil else {
                try Skip.test("this build has no steps to die at")
            }
            try restore("ca-version-3")
            let serial = try serial(in: "old.db")
            let killed = try attach("ca", ["ASSAY_FAULT": "folder-step:\(step)"])
            #expect(killed.status == nil)
            if step < 4 {
                // No certificate before the ledger is whole and named.
                let refused = try issue("ca", Self.nrf9160)
                #expect(refused.status == 5)
                #expect(refused.errors.contains("assay ca ledger attach ca --store OLD.db"))
                // Another CA of the store waits for it, unless it is whole.
                if step < 3 { #expect(try attach("second").status == 5) }
            }
            #expect(try attach().status == 0)
            try judge(serial)
            #expect(try attach("second").status == 0)
            #expect(
                try rows("SELECT count(DISTINCT serial) || ' ' || count(*) FROM issuance", in: "ca/ledger.db")
                    == ["3 3"])
        }

        @Test func everyVerbSaysWhatToRun() throws {
            try restore("ca-version-4")
            let verbs: [[String]] = [
                ["ca", "issue", "--ca", "ca", Self.nrf9160], ["ca", "list", "--ca", "ca"],
                ["ca", "show", "ca"],
                ["ca", "show", "01", "--ca", "ca"], ["ca", "export", "--ca", "ca"],
                ["ca", "audit", "--ca", "ca"],
                ["ca", "crl", "--ca", "ca", "-o", "x"], ["ledger", "verify", "--ca", "ca"],
                ["ca", "revoke", "01", "--ca", "ca", "--reason", "superseded"],
                ["ledger", "checkpoint", "--ca", "ca", "-o", "x"],
                ["store", "checkpoint", "--ca", "ca", "--store", "old.db", "-o", "x"],
                ["ca", "init", "x", "--subject", "CN=X", "--issuer", "ca", "--no-passphrase"],
                ["ca", "init", "x", "--subject", "CN=X", "--ledger", "ca", "--no-passphrase"],
            ]
            for arguments in verbs {
                let outcome = try Program(TestPaths.binary, arguments, in: folder.url).wait()
                #expect(outcome.status == 5, "\(arguments)")
                #expect(outcome.errors.contains("assay ca ledger attach ca --store OLD.db"), "\(arguments)")
                #expect(!FileManager.default.fileExists(atPath: folder.path("x")), "\(arguments)")
            }
            // To verify with, its certificate is enough.
            let lint = try folder.run("cert", "lint", "--ca", "ca", "ca/ca.crt")
            #expect(lint.status == 0)
        }

        /// Refused, and left as it was: a store that the CA did not issue with, a ledger, no store.
        @Test func theWrongStore() throws {
            try restore("version-4")
            let before = try Data(contentsOf: folder.url.appendingPathComponent("old.db"))
            let wrong = try attach()
            #expect(wrong.status == 5)
            #expect(wrong.errors.contains("the store holds nothing that this CA issued"))
            #expect(try Data(contentsOf: folder.url.appendingPathComponent("old.db")) == before)
            #expect(try folder.run("ca", "init", "new", "--subject", "CN=N", "--no-passphrase").status == 0)
            for store in ["new/ledger.db", "missing.db", "ca/ca.crt", "ca", "postgresql://host/db"] {
                let outcome = try folder.run("ca", "ledger", "attach", "ca", "--store", store)
                #expect(outcome.status == 5, "\(store)")
            }
            #expect(try folder.run("ca", "ledger", "attach", "ca").status == 2)
            #expect(!FileManager.default.fileExists(atPath: folder.path("ca/ca.json")))
            #expect(!FileManager.default.fileExists(atPath: folder.path("ca/ledger.db")))
            // A CA that has its ledger is not given another one.
            try restore("ca-version-4")
            try FileManager.default.removeItem(atPath: folder.path("old.db"))
            try restore("ca-version-4")
            for file in ["ca.json", "ledger.db"] {
                try FileManager.default.copyItem(
                    atPath: folder.path("new/\(file)"), toPath: folder.path("ca/\(file)"))
            }
            let other = try attach()
            #expect(other.status == 5)
            #expect(other.errors.contains("it is not out of this store"))
        }

        /// Nothing was ever issued: said, not taken for granted.
        @Test func withoutCertificates() throws {
            try restore("version-1")
            let attached = try attach()
            #expect(attached.status == 0)
            #expect(attached.errors.contains("the store holds no certificates: the ledger begins empty"))
            #expect(try issueAfterYears("ca", Self.nrf9160).output.contains("\"status\":\"issued\""))
            let empty = try folder.run("ca", "ledger", "attach", "second", "--never-issued")
            #expect(empty.status == 0)
            #expect(try issue("second", Self.nrf9160).output.contains("\"status\":\"issued\""))
            // By then something was.
            #expect(try folder.run("ca", "ledger", "attach", "second", "--never-issued").status == 5)
        }

        /// An older assay that still has the store open would go on to issue into it.
        @Test func whileAnotherProcessHasTheStore() throws {
            try restore("ca-version-4")
            _ = try folder.run("store", "upgrade", "--store", "old.db")
            let holder = try Connection(path: folder.path("old.db"), mode: .readWrite)
            _ = try holder.prepare("SELECT count(*) FROM device").step()
            let refused = try attach()
            #expect(refused.status == 5)
            #expect(refused.errors.contains("another process has the store open"))
            #expect(!FileManager.default.fileExists(atPath: folder.path("ca/ledger.db")))
        }
    }
}
