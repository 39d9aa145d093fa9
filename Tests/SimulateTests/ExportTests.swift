import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// `assayd simulate --export`, and what `assay` says of the files.
@Suite("Exported fleets")
struct ExportTests {
    private func export(_ folder: WorkFolder, _ options: [String]) throws -> Program.Outcome {
        try Program(TestPaths.service, ["simulate", "--export", "fleet"] + options, in: folder.url).wait()
    }

    private func text(_ folder: WorkFolder, _ name: String) throws -> String {
        try String(contentsOf: folder.url.appendingPathComponent("fleet/\(name)"), encoding: .utf8)
    }

    @Test(arguments: [[], ["--profile", "bound"]])
    func verifies(_ options: [String]) throws {
        let folder = try WorkFolder()
        let outcome = try export(folder, ["--devices", "25", "--seed", "export"] + options)
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        #expect(outcome.errors == "")
        for (arguments, verdict) in [
            (
                ["token", "verify", "--keys", "fleet/devices.csv", "fleet/attestation_tokens.csv", "--json"],
                "verdict"
            ),
            (["jwt", "verify", "--keys", "fleet/devices.csv", "fleet/jwts.txt", "--json"], "verdict"),
            (
                ["claim", "check", "--keys", "fleet/devices.csv", "fleet/attestation_tokens.csv", "--json"],
                "status"
            ),
        ] {
            let result = try Program(TestPaths.binary, arguments, in: folder.url).wait()
            #expect(result.status == 0, "\(arguments) \(result.errors)")
            let lines = try result.wholeLines.map { try JSONValue(parsing: Array($0.utf8)) }
            #expect(lines.count == 25)
            let good = verdict == "verdict" ? "verified" : "ready"
            #expect(lines.allSatisfy { $0[verdict] == .string(good) })
        }
    }

    @Test func isTheSameEachTimeAndForItsOwnerAlone() throws {
        let folder = try WorkFolder()
        #expect(try export(folder, ["--devices", "3", "--seed", "again"]).status == 0)
        let devices = try text(folder, "devices.csv")
        #expect(devices.hasPrefix("uuid,imei,spkiBase64\n53494d44-4556-4"))
        #expect(devices.split(separator: "\n").count == 4)
        let tokens = try text(folder, "attestation_tokens.csv").split(separator: "\n").map {
            $0.split(separator: ",").prefix(3)
        }
        for name in ["devices.csv", "attestation_tokens.csv", "jwts.txt"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("fleet/\(name)"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        let refused = try export(folder, ["--devices", "3", "--seed", "again"])
        #expect(refused.status == 5)
        #expect(refused.errors.hasPrefix("assayd: error: the folder exists\n"))
        #expect(try export(folder, ["--devices", "5", "--seed", "again", "--force"]).status == 0)
        #expect(try text(folder, "devices.csv").hasPrefix(devices))
        let more = try text(folder, "attestation_tokens.csv").split(separator: "\n").map {
            $0.split(separator: ",").prefix(3)
        }
        #expect(Array(more.prefix(3)) == tokens)
        #expect(try export(folder, ["--devices", "3", "--seed", "other", "--force"]).status == 0)
        #expect(try text(folder, "devices.csv") != devices)
    }

    @Test(arguments: [
        (["--devices", "1"], "expected one of --service, --export and --serial"),
        (
            ["--devices", "1", "--service", "http://h", "--export", "x"],
            "expected one of --service, --export and --serial"
        ),
        (["--serial", "--export", "x"], "expected one of --service, --export and --serial"),
        (["--export", "x"], "expected --devices"),
        (["--serial", "--devices", "2"], "--devices must be 1 with --serial, found 2"),
        (["--serial", "--jobs", "2"], "--jobs is of no use with --serial"),
        (["--serial", "--client", "3.0"], "--client is of no use without --service"),
        (["--serial", "--service", "http://h", "--until", "idle"], "--until is of no use with --serial"),
        (["--serial", "--service", "http://h", "--export", "x"], "expected one of --service, --export"),
        (["--serial", "--force"], "--force is of no use without --export"),
        (["--devices", "1", "--export", "x", "--shell"], "--shell is of no use without --serial"),
        (["--devices", "1", "--export", "x", "--echo"], "--echo is of no use without --serial"),
        (["--devices", "0", "--export", "x"], "--devices must be 1…1000000, found 0"),
        (["--devices", "1", "--export", "x", "--jobs", "2"], "--jobs is of no use with --export"),
        (["--devices", "1", "--service", "http://h", "--force"], "--force is of no use without --export"),
        (["--devices", "1", "--service", "ftp://h"], "expected a URL of scheme, host and perhaps port"),
        (["--devices", "1", "--service", "http://h", "--fail", "finished:1"], "expected STEP:CODE"),
        (["--devices", "1", "--service", "http://h", "--drop-report", "2"], "--drop-report must be 0…1"),
        (["--devices", "1", "--service", "http://h", "--jobs", "0"], "--jobs must be 1…1000, found 0"),
        (["--devices", "1", "--service", "http://h", "--interval", "0"], "--interval must be 1…86400"),
        (["--devices", "1", "--service", "http://h", "--timeout", "0"], "'--timeout <span>'"),
        (["--devices", "1", "--service", "http://h", "--client", "4"], "'--client <release>'"),
    ])
    func refusesWrongUse(_ options: [String], _ message: String) throws {
        let folder = try WorkFolder()
        let outcome = try Program(TestPaths.service, ["simulate"] + options, in: folder.url).wait()
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("x")))
    }
}
