import Foundation
import TestSupport
import Testing

/// Files that options name: keys, tables, sets, certificates, lists. They have the manners of the inputs themselves.
@Suite struct OptionFileMannersTests {
    struct Option: Sendable, CustomStringConvertible {
        /// FILE stands for the file, NEW for a path that is not there.
        let arguments: [String]
        let sample: String
        /// The reason code of a file that holds nothing, or something else.
        let code: String
        /// Whether a folder may stand for the file.
        var takesFolder = false

        var description: String { arguments.joined(separator: " ") }
    }

    static let options: [Option] = [
        Option(arguments: ["token", "verify", "--key", "FILE", "token"], sample: "device.pem", code: "pem"),
        Option(
            arguments: ["token", "verify", "--keys", "FILE", "token"], sample: "keys", code: "csv",
            takesFolder: true),
        Option(arguments: ["jwt", "verify", "--key", "FILE", "jwt"], sample: "public.pem", code: "pem"),
        Option(
            arguments: ["jwt", "verify", "--keys", "FILE", "jwt"], sample: "keys", code: "csv",
            takesFolder: true),
        Option(arguments: ["jwt", "verify", "--jwks", "FILE", "jwt"], sample: "set.jwks", code: "json"),
        Option(
            arguments: ["ca", "issue", "--ca", "issuing", "--key", "FILE", "request"], sample: "device.pem",
            code: "pem"),
        Option(
            arguments: ["ca", "issue", "--ca", "issuing", "--keys", "FILE", "request"], sample: "keys",
            code: "csv", takesFolder: true),
        Option(arguments: ["claim", "check", "--key", "FILE", "rows"], sample: "device.pem", code: "pem"),
        Option(
            arguments: ["claim", "check", "--keys", "FILE", "rows"], sample: "keys", code: "csv",
            takesFolder: true),
        Option(
            arguments: ["claim", "pack", "--keys", "FILE", "-o", "out", "--force", "rows"], sample: "keys",
            code: "csv", takesFolder: true),
        Option(
            arguments: ["commands", "validate", "--ca", "FILE", "batch"], sample: "ca.pem", code: "pem",
            takesFolder: true),
        Option(
            arguments: ["commands", "validate", "--csr", "FILE", "batch"], sample: "request", code: "pem"),
        Option(
            arguments: ["commands", "validate", "--csr", "FILE", "batch"], sample: "made.csr", code: "pem"),
        Option(
            arguments: ["commands", "compose", "client-certificate=FILE"], sample: "ca.pem", code: "pem"),
        Option(
            arguments: ["rule", "compose", "r", "--tag", "t", "server-certificate=FILE"], sample: "ca.pem",
            code: "pem"),
        Option(
            arguments: ["commands", "compose", "psk=id:FILE"], sample: "secret.hex", code: "command"),
        Option(
            arguments: [
                "device", "add", "--uuid", "50363154-3931-44f0-8022-121b6401627d", "--store", "a.db", "--key",
                "FILE",
            ], sample: "device.pem", code: "pem"),
        Option(
            arguments: ["csr", "create", "--subject", "CN=x", "--key", "FILE"], sample: "k.pem", code: "pem"),
        Option(arguments: ["jwt", "sign", "--issuer", "x", "--key", "FILE"], sample: "k.pem", code: "pem"),
        Option(
            arguments: ["cert", "verify", "--purpose", "any", "certificate", "--ca", "FILE"],
            sample: "ca.pem",
            code: "pem", takesFolder: true),
        Option(
            arguments: [
                "cert", "verify", "--purpose", "any", "certificate", "--ca", "ca.pem", "--intermediates",
                "FILE",
            ], sample: "ca.pem", code: "pem"),
        Option(
            arguments: ["cert", "verify", "--purpose", "any", "leaf", "--ca", "used", "--crl", "FILE"],
            sample: "list.crl", code: "pem"),
        Option(
            arguments: ["ledger", "verify", "--ca", "ca", "--checkpoint", "FILE"], sample: "checkpoint.json",
            code: "json"),
        Option(
            arguments: ["ca", "import", "NEW", "--cert", "FILE", "--key", "ca/ca.key", "--no-passphrase"],
            sample: "ca.pem", code: "pem"),
        Option(
            arguments: ["ca", "import", "NEW", "--cert", "ca.pem", "--key", "FILE", "--no-passphrase"],
            sample: "ca/ca.key", code: "pem"),
    ]

    /// The folder with the samples of options besides.
    private static let folder: Result<URL, any Error> = Result {
        let folder = try MannersFolder.url.get()
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        func copy(_ fixture: String, _ name: String) throws {
            try Data(contentsOf: TestPaths.fixtures.appendingPathComponent(fixture)).write(to: file(name))
        }
        try copy("keys/50363154-3931-44f0-8022-121b6401627d.pem", "device.pem")
        try copy("jwt/algorithms.jwks", "set.jwks")
        try Data(contentsOf: file("k.pub.pem")).write(to: file("public.pem"))
        try Data("00112233\n".utf8).write(to: file("secret.hex"))
        try MannersFolder.run(
            ["csr", "create", "--key", "k.pem", "--subject", "CN=x", "-o", "made.csr"], in: folder,
            expecting: 0)
        try MannersFolder.run(["ca", "crl", "--ca", "used", "-o", "list.crl"], in: folder, expecting: 0)
        try MannersFolder.run(
            ["ledger", "checkpoint", "--ca", "ca", "-o", "checkpoint.json"], in: folder, expecting: 0)
        for name in Set(options.map(\.sample))
        where !FileManager.default.fileExists(atPath: file("\(name).mark").path) {
            try MannersFolder.write(Data(contentsOf: file(name)), as: name, to: folder)
        }
        return folder
    }

    private func run(_ option: Option, _ file: String) throws -> InputMannersTests.Outcome {
        _ = try Self.folder.get()
        let new = "new-\(UUID().uuidString)"
        return try MannersFolder.run(
            option.arguments.map {
                $0 == "NEW" ? new : $0.replacingOccurrences(of: "FILE", with: file)
            } + ["--json"])
    }

    @Test(arguments: options)
    func missingFile(_ option: Option) throws {
        let outcome = try run(option, "no/such.file")
        #expect(outcome.status == 5 && outcome.text.contains("\"code\":\"io\""), "\(outcome.text)")
    }

    @Test(arguments: options)
    func nothing(_ option: Option) throws {
        for file in ["empty", "blank", "feeds"] {
            let outcome = try run(option, file)
            #expect(
                outcome.status == 4 && outcome.text.contains("\"code\":\"\(option.code)\""),
                "\(file): \(outcome.status) \(outcome.text)")
        }
    }

    @Test(arguments: options)
    func marksAndLineEnds(_ option: Option) throws {
        let plain = try run(option, option.sample)
        #expect([0, 1].contains(plain.status), "\(plain.text)")
        for manner in ["mark", "crlf", "cr"] {
            let outcome = try run(option, "\(option.sample).\(manner)")
            #expect(
                outcome.status == plain.status && outcome.results == plain.results,
                "\(manner): \(outcome.status) \(outcome.text)")
        }
    }

    @Test(arguments: options)
    func somethingElse(_ option: Option) throws {
        let names = [
            "\(option.sample).utf16": "found UTF-16", "book.xlsx": "found an Excel workbook (xlsx)",
            "packed.gz": "found gzip data", "page.html": "found an HTML page",
        ]
        for (file, name) in names {
            let outcome = try run(option, file)
            #expect(
                outcome.status == 4 && outcome.text.contains(name)
                    && outcome.text.contains("\"code\":\"\(option.code)\""),
                "\(file): \(outcome.status) \(outcome.text)")
        }
    }

    @Test(arguments: options.filter { !$0.takesFolder })
    func aFolderWhereAFileBelongs(_ option: Option) throws {
        let outcome = try run(option, "hollow")
        #expect(
            outcome.status == 5 && outcome.text.contains("\"code\":\"io\"")
                && outcome.text.contains("hollow"),
            "\(outcome.status) \(outcome.text)")
    }

    /// Two keys where one belongs: the parser would take the last, and the caller believe that both count. Options that
    /// may be said several times are left out, and steps, which are no options.
    @Test(
        arguments: options.filter { option in
            !["cert", "commands", "rule"].contains(option.arguments[0])
        })
    func theSameOptionTwice(_ option: Option) throws {
        let place = try #require(option.arguments.firstIndex(of: "FILE"))
        let name = option.arguments[place - 1]
        try #require(name.hasPrefix("--"))
        for again in [[name, option.sample], ["\(name)=\(option.sample)"]] {
            var arguments = option.arguments.map { $0 == "NEW" ? "new-twice" : $0 }
            arguments[place] = option.sample
            _ = try Self.folder.get()
            let outcome = try MannersFolder.run(arguments + again + ["--json"])
            #expect(
                outcome.status == 2 && outcome.text.contains("expected \(name) once, found it twice"),
                "\(outcome.status) \(outcome.text)")
        }
    }
}
