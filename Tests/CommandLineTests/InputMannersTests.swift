import Foundation
import TestSupport
import Testing

/// Every verb that reads inputs, and every way in which an input can be: they all have the same manners.
@Suite struct InputMannersTests {
    /// A verb, and an input that it takes.
    struct Verb: Sendable, CustomStringConvertible {
        let words: [String]
        var options: [String] = []
        let sample: Sample
        /// The reason code of what cannot be read.
        let code: String
        /// Whether it takes several inputs, folders and lists of paths.
        var takesSeveral = true
        /// Whether an unreadable input has a result of its own.
        var hasResults = true
        /// Whether the same input twice is as good as once.
        var takesTwice = true

        var description: String { words.joined(separator: " ") }
    }

    enum Sample: Sendable { case token, rows, keys, jwt, request, certificate, batch, message, records }

    static let verbs: [Verb] = [
        Verb(words: ["token", "inspect"], sample: .token, code: "token-format"),
        Verb(
            words: ["token", "verify"], options: ["--keys", "keys.csv"], sample: .rows, code: "token-format"),
        Verb(
            words: ["device", "learn"], options: ["--store", "s.db"], sample: .token, code: "token-format"),
        Verb(
            words: ["device", "import"], options: ["--store", "s.db"], sample: .keys, code: "csv",
            takesSeveral: false),
        Verb(words: ["jwt", "inspect"], sample: .jwt, code: "jwt-format"),
        Verb(words: ["csr", "inspect"], sample: .request, code: "pem"),
        Verb(words: ["csr", "verify"], sample: .request, code: "pem"),
        Verb(words: ["cert", "inspect"], sample: .certificate, code: "pem"),
        Verb(words: ["cert", "lint"], sample: .certificate, code: "pem"),
        Verb(
            words: ["cert", "verify"], options: ["--ca", "ca.pem", "--purpose", "any"], sample: .certificate,
            code: "pem"),
        Verb(words: ["claim", "check"], sample: .rows, code: "csv", takesTwice: false),
        Verb(
            words: ["claim", "pack"], options: ["-o", "out", "--force"], sample: .rows, code: "csv",
            takesTwice: false),
        Verb(words: ["commands", "validate"], sample: .batch, code: "json"),
        Verb(words: ["commands", "encode"], sample: .batch, code: "json", takesSeveral: false),
        Verb(words: ["commands", "decode"], sample: .message, code: "cbor", takesSeveral: false),
    ]

    /// The inputs, made once.
    private static let folder: Result<URL, any Error> = Result { try makeFolder() }

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("assay-manners-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let fixtures = TestPaths.fixtures
        func fixture(_ name: String) throws -> Data {
            try Data(contentsOf: fixtures.appendingPathComponent(name))
        }
        let keys = try fixture("keys.csv")
        try keys.write(to: folder.appendingPathComponent("keys.csv"))
        try run(["ca", "init", "ca", "--subject", "CN=CA", "--no-passphrase"], in: folder, expecting: 0)
        let certificate = try Data(contentsOf: folder.appendingPathComponent("ca/ca.crt"))
        try certificate.write(to: folder.appendingPathComponent("ca.pem"))
        try run(["key", "generate", "-o", "k.pem", "--no-passphrase"], in: folder, expecting: 0)
        let jwt = try run(["jwt", "sign", "--key", "k.pem", "--issuer", "x"], in: folder, expecting: 0)
        let batch = Data("{\"request\":{\"finished\":{}}}\n".utf8)
        let samples: [Sample: Data] = [
            .token: try fixture("tokens/attestation-nrf9160.txt"),
            .rows: try fixture("attestation_tokens.csv"),
            .keys: keys, .jwt: jwt, .request: try fixture("tokens/keygen-csr-nrf91x1.txt"),
            .certificate: certificate, .batch: batch,
            .message: Data(
                "8182782639363835656638342d386361632d343235372d623563632d3934626334313661316331642e3102\n"
                    .utf8), .records: batch,
        ]
        for (sample, data) in samples { try data.write(to: folder.appendingPathComponent("\(sample)")) }
        try write(samples, to: folder)
        return folder
    }

    /// The same inputs in other manners.
    private static func write(_ samples: [Sample: Data], to folder: URL) throws {
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        for (sample, data) in samples {
            let text = String(decoding: data, as: UTF8.self)
            try Data([0xef, 0xbb, 0xbf] + data).write(to: file("\(sample).mark"))
            try Data(text.replacingOccurrences(of: "\n", with: "\r\n").utf8).write(to: file("\(sample).crlf"))
            try Data(text.replacingOccurrences(of: "\n", with: "\r").utf8).write(to: file("\(sample).cr"))
            try Data([0xff, 0xfe] + (text.data(using: .utf16LittleEndian) ?? Data()))
                .write(to: file("\(sample).utf16"))
            try Data("\(sample)\r\n\n".utf8).write(to: file("\(sample).list"))
            try FileManager.default.createDirectory(
                at: file("\(sample).folder"), withIntermediateDirectories: true)
            try data.write(to: file("\(sample).folder/a"))
            // Links lead around in a circle and out of the folder: neither is followed.
            try FileManager.default.createSymbolicLink(
                atPath: file("\(sample).folder/b").path, withDestinationPath: ".")
            try FileManager.default.createSymbolicLink(
                atPath: file("\(sample).folder/c").path, withDestinationPath: "../keys.csv")
        }
        try FileManager.default.createDirectory(at: file("hollow"), withIntermediateDirectories: true)
        try Data().write(to: file("empty"))
        try Data(" \r\n\n\t\n".utf8).write(to: file("blank"))
        try Data(repeating: 0x0a, count: 200_000).write(to: file("feeds"))
        try Data("PK\u{3}\u{4}____xl/workbook".utf8).write(to: file("book.xlsx"))
        try Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]).write(to: file("packed.gz"))
        try Data("<!DOCTYPE html><html></html>".utf8).write(to: file("page.html"))
    }

    @discardableResult
    private static func run(_ arguments: [String], in folder: URL, expecting status: Int32) throws -> Data {
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + arguments, in: folder,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_DATA_HOME": folder.path]
        ).run()
        let text = String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        #expect(outcome.status == status, "\(arguments.joined(separator: " ")): \(text)")
        return outcome.standardOutput
    }

    /// Runs a verb with --json; gives the exit status, the number of results and the text of both outputs.
    private func run(_ verb: Verb, _ inputs: [String]) throws -> (status: Int32, results: Int, text: String) {
        let folder = try Self.folder.get()
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + verb.words + verb.options + ["--json"] + inputs, in: folder,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_DATA_HOME": folder.path]
        ).run()
        #expect(!outcome.timedOut)
        let results = outcome.standardOutput.split(separator: 0x0a).count
        return (
            outcome.status, results,
            String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        )
    }

    @Test(arguments: verbs)
    func missingFile(_ verb: Verb) throws {
        let outcome = try run(verb, ["no/such.file"])
        #expect(outcome.status == 5 && outcome.text.contains("\"code\":\"io\""), "\(outcome.text)")
        if verb.hasResults { #expect(outcome.results == 1) }
    }

    /// An input that holds nothing where something was expected.
    @Test(arguments: verbs)
    func nothing(_ verb: Verb) throws {
        for input in ["empty", "blank", "feeds"] + (verb.takesSeveral ? ["hollow"] : []) {
            let outcome = try run(verb, [input])
            #expect(
                outcome.status == 4 && outcome.text.contains("\"code\":\"\(verb.code)\""),
                "\(input): \(outcome.status) \(outcome.text)")
        }
    }

    /// One that holds nothing among others has a result of its own.
    @Test(arguments: verbs.filter(\.takesSeveral))
    func nothingAmongOthers(_ verb: Verb) throws {
        let alone = try run(verb, ["\(verb.sample)"])
        let outcome = try run(verb, ["\(verb.sample)", "empty"])
        #expect(outcome.status == 3 && outcome.results == alone.results + 1, "\(outcome.text)")
    }

    @Test(arguments: verbs)
    func marksAndLineEnds(_ verb: Verb) throws {
        let plain = try run(verb, ["\(verb.sample)"])
        #expect(plain.status == 0, "\(plain.text)")
        for manner in ["mark", "crlf", "cr"] {
            let outcome = try run(verb, ["\(verb.sample).\(manner)"])
            #expect(outcome.status == 0 && outcome.results == plain.results, "\(manner): \(outcome.text)")
        }
    }

    /// What is something else altogether is called by its name.
    @Test(arguments: verbs)
    func somethingElse(_ verb: Verb) throws {
        let names = [
            "\(verb.sample).utf16": "found UTF-16", "book.xlsx": "found an Excel workbook (xlsx)",
            "packed.gz": "found gzip data", "page.html": "found an HTML page",
        ]
        for (input, name) in names {
            let outcome = try run(verb, [input])
            #expect(
                outcome.status == 4 && outcome.text.contains(name)
                    && outcome.text.contains("\"code\":\"\(verb.code)\""),
                "\(input): \(outcome.status) \(outcome.text)")
        }
    }

    @Test(arguments: verbs.filter(\.takesSeveral))
    func foldersAndLists(_ verb: Verb) throws {
        let plain = try run(verb, ["\(verb.sample)"])
        let folder = try run(verb, ["\(verb.sample).folder"])
        #expect(folder.status == 0 && folder.results == plain.results, "\(folder.text)")
        if !folder.text.contains("links passed over") {
            #expect(verb.words == ["cert", "verify"], "\(folder.text)")
        }
        let list = try run(verb, ["--files-from", "\(verb.sample).list"])
        #expect(list.status == 0 && list.results == plain.results, "\(list.text)")
        let missing = try run(verb, ["--files-from", "no/such.list"])
        #expect(missing.status == 5 && missing.text.contains("\"code\":\"io\""), "\(missing.text)")
        let nothing = try run(verb, ["--files-from", "blank"])
        #expect(nothing.status == 4 && nothing.text.contains("\"code\":\"\(verb.code)\""), "\(nothing.text)")
        let twice = try run(verb, ["\(verb.sample)", "\(verb.sample)"])
        #expect(
            twice.results == plain.results * 2 && twice.status == (verb.takesTwice ? 0 : 3), "\(twice.text)")
    }
}
