import DeviceIdentity
import Foundation
import OpenSSL
import TestFleet
import TestSupport
import Testing

extension CrashTests {
    /// No room, no permission, no time, no memory to waste.
    @Suite(.serialized) struct LimitTests {
        let folder: WorkFolder

        init() throws { folder = try WorkFolder() }

        // MARK: No room

        /// What a full disk left: the store opens, holds what was reported, and a run with room completes it.
        private func judge(_ outcome: Program.Outcome, of count: Int) throws {
            #expect(outcome.status == 5)
            #expect(outcome.errors.contains("\"code\":\"io\""))
            #expect(outcome.errors.contains("cannot write to the store: "))
            let reports = try CrashTests.reports(outcome)
            #expect(reports.allSatisfy { $0.status == "added" || $0.status == "unchanged" })
            #expect(reports.count < count)
        }

        @Test func importOnAFullDisk() throws {
            let count = 40_000
            let input = try folder.write(Inputs.csv(Inputs.rows(0..<count)), to: "rows.csv")
            try SmallDisk.with(4, below: folder) { disk, grow in
                let store = disk.path("assay.db")
                let outcome = try folder.run("device", "import", input, "--store", store, "--json")
                try judge(outcome, of: count)
                let reported = try CrashTests.reports(outcome).count
                #expect(outcome.errors.contains("assay: \(reported) rows: "))
                // Still full: a second try says the same and harms nothing.
                try judge(
                    folder.run("device", "import", input, "--store", store, "--json"), of: count)
                try grow()
                let listed = try folder.run("device", "list", "--store", store)
                #expect(listed.status == 0)
                let present = try StoreState(path: store)
                #expect(try StoreState.integrity(path: store) == ["ok"])
                #expect(
                    Set(try CrashTests.reports(outcome).map(\.device)).subtracting(present.deviceIDs) == [])
                #expect(listed.wholeLines.count == present.devices.count)
                #expect(try folder.run("device", "import", input, "--store", store, "--quiet").status == 0)
                let whole = folder.path("whole.db")
                #expect(try folder.run("device", "import", input, "--store", whole, "--quiet").status == 0)
                #expect(try StoreState(path: store) == StoreState(path: whole))
            }
        }

        @Test func importBeyondTheLimitOfAFile() throws {
            let count = 40_000
            let input = try folder.write(Inputs.csv(Inputs.rows(0..<count)), to: "rows.csv")
            let store = folder.path("assay.db")
            // 1 MiB in blocks of 512 bytes; the shell's own default for SIGXFSZ, which would end the program.
            let limited = try Program(
                URL(fileURLWithPath: "/bin/sh"),
                [
                    "-c", "ulimit -f 2048 && exec \"$@\"", "sh", TestPaths.binary.path, "device", "import",
                    input,
                    "--store", store, "--quiet",
                ],
                in: folder.url
            ).wait()
            #expect(limited.status == 5)
            #expect(limited.errors.contains("cannot write to the store: "))
            #expect(try StoreState.integrity(path: store) == ["ok"])
            #expect(try folder.run("device", "import", input, "--store", store, "--quiet").status == 0)
            #expect(try StoreState(path: store).devices.count == count)
        }

        @Test func aResultFileIsWholeOrNotThere() throws {
            let devices = try Inputs.devices(4)
            let store = folder.path("assay.db")
            try Inputs.registry(of: devices, at: store)
            let input = try folder.write(Inputs.tokens(of: devices, count: 1_000), to: "tokens.txt")
            try SmallDisk.with(1, below: folder) { disk, grow in
                let result = disk.path("result.jsonl")
                let arguments = [
                    "token", "verify", "--store", store, "--input", input, "--json", "-o", result,
                ]
                let outcome = try Program(TestPaths.binary, arguments, in: folder.url).wait()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("cannot write: no space left on device"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == [])
                // What was there before stays.
                try disk.write("before", to: "result.jsonl")
                let forced = try Program(TestPaths.binary, arguments + ["--force"], in: folder.url).wait()
                #expect(forced.status == 5)
                #expect(try String(contentsOfFile: result, encoding: .utf8) == "before")
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == ["result.jsonl"])
                try grow()
                #expect(
                    try Program(TestPaths.binary, arguments + ["--force"], in: folder.url).wait().status == 0)
                #expect(
                    try String(contentsOfFile: result, encoding: .utf8).split(separator: "\n").count == 4_000)
            }
        }

        // MARK: No permission

        @Test func aReadOnlyStoreIsRead() throws {
            let device = try Inputs.devices(1)[0]
            let store = folder.path("assay.db")
            try Inputs.registry(of: [device], at: store)
            let token = try Inputs.tokens(of: [device], count: 1)
            try folder.write(token, to: "token.txt")
            let manager = FileManager.default
            let output = try WorkFolder()
            try manager.setAttributes([.posixPermissions: 0o777], ofItemAtPath: output.url.path)
            try manager.setAttributes([.posixPermissions: 0o444], ofItemAtPath: store)
            try manager.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
            defer { try? manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
            // Root may write whatever the mode says: nobody else may.
            var prefix: [String] = []
            let binary: String
            if getuid() == 0 {
                guard
                    let setpriv = ChildProcess.find(
                        "setpriv", in: ["PATH": "/usr/bin:/bin"], from: output.url)
                else { try Skip.test("no setpriv to run the program as another user") }
                prefix = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
                binary = output.path("assay")
                try manager.copyItem(atPath: TestPaths.binary.path, toPath: binary)
            } else {
                binary = TestPaths.binary.path
            }
            func run(_ arguments: String...) throws -> Program.Outcome {
                let command = prefix + [binary] + arguments
                return try Program(
                    URL(fileURLWithPath: command[0]), Array(command.dropFirst()), in: output.url
                ).wait()
            }
            #expect(try run("device", "list", "--store", store).output.hasPrefix(device.uuid.description))
            #expect(try run("device", "show", device.uuid.description, "--store", store).status == 0)
            #expect(try run("device", "export", "--store", store).wholeLines.count == 2)
            let verified = try run(
                "token", "verify", "--json", "--store", store, "--text",
                token.trimmingCharacters(in: .newlines))
            #expect(verified.status == 0)
            #expect(verified.output.contains("\"verdict\":\"verified\""))
            try Data((Inputs.csv(Inputs.rows(0..<1))).utf8).write(
                to: output.url.appendingPathComponent("rows.csv"))
            let refused = try run("device", "import", "rows.csv", "--store", store)
            #expect(refused.status == 5)
            #expect(refused.errors.contains("readonly database"))
            #expect(refused.errors.contains("check the permissions"))
            let kid = device.publicKey.kid.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            let trusted = try run(
                "device", "trust", device.uuid.description, "--kid", kid.joined(), "--store", store)
            #expect(trusted.status == 5)
            #expect(
                try manager.contentsOfDirectory(atPath: folder.url.path).sorted() == [
                    "assay.db", "token.txt",
                ])
        }

        // MARK: Memory and interruption

        @Test func memoryDoesNotGrowWithTheRows() throws {
            let counts = isSoak ? [10_000, 1_000_000] : [10_000, 100_000]
            let peaks = try counts.map { count in
                try folder.write(Inputs.csv(Inputs.rows(0..<count)), to: "rows.csv")
                let outcome = try folder.start(
                    "device", "import", "rows.csv", "--store", "\(count).db", "--quiet"
                )
                .wait(limit: 600)
                #expect(outcome.status == 0)
                return outcome.peakMemory
            }
            #expect(peaks[0] > 1_000)
            #expect(peaks[1] - peaks[0] < 16_384, "peak memory in KiB: \(peaks)")
        }

        @Test func anInterruptedImportKeepsWhatItReported() throws {
            let count = 60_000
            try folder.write(Inputs.csv(Inputs.rows(0..<count)), to: "rows.csv")
            let program = try folder.start("device", "import", "rows.csv", "--store", "assay.db", "--json")
            program.waitForOutput(bytes: 1, limit: 30)
            program.send(SIGINT)
            let outcome = try program.wait()
            #expect(outcome.status == 130)
            let reports = try CrashTests.reports(outcome)
            #expect(reports.count > 0)
            #expect(reports.count < count)
            #expect(outcome.output.hasSuffix("\n"))
            let summary =
                "assay: interrupted after \(reports.count) rows: \(reports.count) added, 0 updated, 0 unchanged, 0 rejected\n"
            #expect(outcome.errors.hasSuffix(summary))
            let present = try StoreState.deviceIDs(path: folder.path("assay.db"))
            #expect(present == Set(reports.map(\.device)))
        }

        @Test func aRunThatWaitsForInputCanBeInterrupted() throws {
            // The writing end stays open: the program waits for more.
            let pipe = folder.path("pipe")
            #expect(mkfifo(pipe, 0o600) == 0)
            let program = try folder.start("device", "import", "pipe", "--store", "assay.db")
            let writer = try FileHandle(forUpdating: URL(fileURLWithPath: pipe))
            try writer.write(contentsOf: Data((Inputs.csv(Inputs.rows(0..<300)) + "50363154-39").utf8))
            Thread.sleep(forTimeInterval: 0.5)
            program.send(SIGINT)
            let outcome = try program.wait(limit: 20)
            try writer.close()
            #expect(outcome.status == 130)
            #expect(!outcome.errors.contains("error"))
            #expect(outcome.errors.contains(" rows: "))
        }
    }
}
