import Foundation
import TestFleet
import TestSupport
import Testing

/// Every verb that works on a stream, with inputs that come one at a time.
struct LiveVerb: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    /// What is written at once; each has its answer.
    let units: [String]
    /// What is written before the first of them and has no answer.
    var header = ""
    /// Members of results that differ from run to run.
    var ignored: [String] = []
    /// Whether results are written to `-o FILE`.
    var writesFiles = true

    var testDescription: String { name }

    /// Inputs for all tests, made once.
    static let workshop = Result { try Workshop(24) }

    static var all: [LiveVerb] {
        guard let shop = try? workshop.get() else { return [] }
        let rows = zip(shop.tokens, shop.devices).map { "351234567890123,\($1),\($0),2026-01-15T09:30:00Z\n" }
        let quoted = zip(shop.tokens, shop.devices).map { "\"\($1)\",\"two\nlines\",\"\($0)\"\n" }
        let lines = shop.tokens.map { $0 + "\n" }
        let modem = shop.tokens.map { "%ATTESTTOKEN: \"\($0)\"\r\n" }
        let registrations = zip(shop.devices, shop.spki).map { "\($0),\($1)\n" }
        let jsonRegistrations = zip(shop.devices, shop.spki).map {
            "{\"uuid\":\"\($0)\",\"spkiBase64\":\"\($1)\"}\n"
        }
        let batches = Array(repeating: Workshop.batch + "\n", count: 24)
        let messages = Array(repeating: shop.message, count: 24)
        return [
            LiveVerb(
                name: "token inspect", arguments: ["token", "inspect", "--json", "--input", "-"], units: lines
            ),
            LiveVerb(
                name: "token inspect, log", arguments: ["token", "inspect", "--input", "-"], units: modem),
            LiveVerb(
                name: "token verify",
                arguments: ["token", "verify", "--json", "--keys", "keys.csv", "--input", "-"],
                units: lines),
            LiveVerb(
                name: "token verify, CSV",
                arguments: ["token", "verify", "--keys", "keys.csv", "--input", "-"],
                units: rows),
            LiveVerb(
                name: "token verify, cells of two lines",
                arguments: ["token", "verify", "--json", "--keys", "keys.csv", "--input", "-"], units: quoted,
                header: "uuid,note,token\n"),
            LiveVerb(
                name: "token verify --once",
                arguments: [
                    "token", "verify", "--keys", "keys.csv", "--once", "--store", "$STORE", "--input", "-",
                ],
                units: lines),
            LiveVerb(
                name: "jwt verify",
                arguments: ["jwt", "verify", "--json", "--keys", "keys.csv", "--input", "-"],
                units: shop.jwts),
            LiveVerb(name: "jwt inspect", arguments: ["jwt", "inspect", "--input", "-"], units: shop.jwts),
            LiveVerb(name: "csr verify", arguments: ["csr", "verify", "--json", "-"], units: shop.requests),
            LiveVerb(name: "csr inspect", arguments: ["csr", "inspect", "-"], units: shop.requests),
            LiveVerb(
                name: "cert inspect", arguments: ["cert", "inspect", "--json", "-"], units: shop.certificates),
            LiveVerb(name: "cert lint", arguments: ["cert", "lint", "-"], units: shop.certificates),
            LiveVerb(
                name: "ca issue",
                arguments: ["ca", "issue", "--ca", "$CA", "--json", "-"],
                units: shop.requests, ignored: issued),
            LiveVerb(
                name: "ca issue --out-dir",
                arguments: [
                    "ca", "issue", "--ca", "$CA", "--json", "--out-dir", "$FOLDER", "-",
                ], units: shop.requests, ignored: issued),
            LiveVerb(
                name: "claim check", arguments: ["claim", "check", "--json", "--keys", "keys.csv", "-"],
                units: rows),
            LiveVerb(
                name: "claim check, lines", arguments: ["claim", "check", "--verbose", "-"], units: lines),
            LiveVerb(name: "claim check, log", arguments: ["claim", "check", "--json", "-"], units: modem),
            LiveVerb(
                name: "claim pack", arguments: ["claim", "pack", "--json", "-o", "$FOLDER", "-"], units: rows,
                writesFiles: false),
            LiveVerb(
                name: "claim onboard", arguments: ["claim", "onboard", "--json", "-o", "$FOLDER", "-"],
                units: shop.certificates, writesFiles: false),
            LiveVerb(
                name: "commands validate", arguments: ["commands", "validate", "--json", "-"], units: batches),
            LiveVerb(
                name: "commands encode",
                arguments: [
                    "commands", "encode", "--json", "--correlation", "89ed369b-0fed-4194-a703-aabb7fe8130b",
                    "-",
                ], units: batches),
            LiveVerb(
                name: "commands decode", arguments: ["commands", "decode", "--json", "-"], units: messages),
            LiveVerb(
                name: "commands compose", arguments: ["commands", "compose", "--manifest", "-"],
                units: shop.manifest),
            LiveVerb(
                name: "device import", arguments: ["device", "import", "--json", "--store", "$STORE", "-"],
                units: registrations, header: "uuid,spkiBase64\n", writesFiles: false),
            LiveVerb(
                name: "device import, JSON Lines",
                arguments: ["device", "import", "--json", "--store", "$STORE", "-"], units: jsonRegistrations,
                writesFiles: false),
            LiveVerb(
                name: "device learn",
                arguments: ["device", "learn", "--json", "--store", "$STORE", "--input", "-"],
                units: lines, writesFiles: false),
            LiveVerb(
                name: "ca revoke",
                arguments: [
                    "ca", "revoke", "--json", "--reason", "superseded", "--ca", "used", "--serials", "-",
                ],
                units: (1...24).map { "0\($0 % 10)\($0 / 10)1\n" }, writesFiles: false),
        ]
    }

    private static let issued = ["serial", "fingerprintSha256", "certificatePem", "notBefore", "notAfter"]

    /// The arguments with a store, a folder and a CA of their own.
    func arguments(in folder: WorkFolder, jobs: Int? = nil) throws -> [String] {
        var arguments = try arguments.map { argument in
            switch argument {
            case "$STORE": "store-\(UUID().uuidString).db"
            case "$FOLDER": "made-\(UUID().uuidString)"
            case "$CA": try LiveVerb.freshCA(in: folder)
            default: argument
            }
        }
        if let jobs, arguments[1] != "import", arguments[1] != "revoke", arguments[1] != "onboard" {
            arguments.insert(contentsOf: ["--jobs", "\(jobs)"], at: 2)
        }
        return arguments
    }

    /// A CA that has not issued anything.
    static func freshCA(in folder: WorkFolder) throws -> String {
        let name = "ca-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: folder.path("ca"), toPath: folder.path(name))
        return name
    }

    /// Results without what differs from run to run.
    func comparable(_ output: String) throws -> [String] {
        let lines = output.split(separator: "\n").map(String.init)
        guard !ignored.isEmpty else { return lines }
        return try lines.map { line in
            guard var members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            else {
                return line
            }
            for name in ignored { members[name] = nil }
            return String(
                decoding: try JSONSerialization.data(withJSONObject: members, options: .sortedKeys),
                as: UTF8.self)
        }
    }

    /// A folder with inputs of every kind, a CA, and `keys.csv`.
    final class Workshop: Sendable {
        struct Missing: Error {}

        static let batch =
            #"{"schema":"assay.commands/1","commands":[{"description":"","request":"#
            + #"{"cloudAccessKeyGeneration":{"secTag":16842753}}},{"description":"","request":{"finished":{}}}]}"#

        let folder: WorkFolder
        let tokens: [String]
        let devices: [String]
        let spki: [String]
        let jwts: [String]
        let requests: [String]
        let certificates: [String]
        let manifest: [String]
        let message: String

        init(_ count: Int) throws {
            let folder = try WorkFolder()
            self.folder = folder
            func lines(_ name: String) throws -> [String] {
                try String(contentsOfFile: folder.path(name), encoding: .utf8).split(separator: "\n").map(
                    String.init)
            }
            let maker = try Self.maker()
            for kind in ["tokens", "jwts"] {
                let made = try Program(
                    maker, [kind, "--count", "\(count)", "--out", folder.path(kind)], in: folder.url
                ).wait()
                guard made.status == 0 else { throw Missing() }
            }
            tokens = try lines("tokens/tokens.txt")
            let keys = try lines("tokens/pubkeys.csv")
            devices = keys.map { String($0.prefix(36)) }
            spki = keys.map { String($0.dropFirst(37)) }
            try FileManager.default.copyItem(
                atPath: folder.path("tokens/pubkeys.csv"), toPath: folder.path("keys.csv"))
            jwts = try lines("jwts/jwts.txt").map { $0 + "\n" }
            requests = Array(try IssueWorkshop.requests.get().prefix(count))
            try folder.write(requests.joined(), to: "bundle.pem")
            // One whose ledger stays empty, to be copied, and one that has issued.
            for name in ["ca", "used"] {
                let made = try folder.run("ca", "init", name, "--subject", "CN=Root", "--no-passphrase")
                guard made.status == 0 else { throw Missing() }
            }
            let issued = try folder.run("ca", "issue", "--ca", "used", "bundle.pem")
            let end = "-----END CERTIFICATE-----\n"
            certificates = issued.output.components(separatedBy: end).dropLast().map { $0 + end }
            manifest = try folder.run(
                "ca", "issue", "--ca", "used", "--json", "bundle.pem"
            ).wholeLines.map { $0 + "\n" }
            try folder.write(Self.batch + "\n", to: "batch.json")
            message = try folder.run("commands", "encode", "--hex", "batch.json").output
            guard certificates.count == count, manifest.count == count, !message.isEmpty else {
                throw Missing()
            }
        }

        private static func maker() throws -> URL {
            let beside = TestPaths.binary.deletingLastPathComponent()
            let built = TestPaths.root.appendingPathComponent(".build/debug")
            let maker = [beside, built].map { $0.appendingPathComponent("assay-benchmark-data") }
                .first { FileManager.default.isExecutableFile(atPath: $0.path) }
            guard let maker else { throw Missing() }
            return maker
        }
    }
}
