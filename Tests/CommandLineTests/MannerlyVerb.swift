import Foundation
import TestSupport
import Testing

/// A verb, and an input that it takes.
struct MannerlyVerb: Sendable, CustomStringConvertible {
    enum Sample: Sendable, CaseIterable {
        case token, rows, keys, jwt, request, certificate, leaf, batch, message, records, serials, pair
    }

    /// What becomes of several inputs.
    enum Answers: Sendable {
        /// Each has a result of its own, an unreadable one too.
        case each
        /// Those that are good have results; the others are named on standard error.
        case good
        /// All of them together have one; one that is not good spoils it.
        case one
    }

    let words: [String]
    var options: [String] = []
    let sample: Sample
    /// The reason code of what cannot be read.
    let code: String
    /// The option that names the input; none for an argument.
    var inputOption: String?
    /// Whether it takes several inputs, folders and lists of paths.
    var takesSeveral = true
    /// Whether the one input may be a folder all the same.
    var takesFolder = false
    var answers = Answers.each
    /// Whether the same input twice is as good as once.
    var takesTwice = true
    /// Whether the result may be written to `-o FILE`.
    var writesFile = true

    var description: String { words.joined(separator: " ") }
    var hasResults: Bool { answers == .each }

    /// The arguments that name these inputs.
    func naming(_ inputs: [String]) -> [String] {
        inputs.flatMap { input in inputOption.map { [$0, input] } ?? [input] }
    }

    /// Every verb that reads inputs from files. What is not here:
    /// `token challenge`, `key generate`, `ca init`, `ca show`, `ca list`, `ca crl`, `ca export`, `ca audit`, `ledger …`,
    /// `store …`, `device list`, `show`, `trust`, `export`, `remove`, `explain`: they read no input, only what assay keeps;
    /// `access check` and `device label`, whose inputs are one device's or make one document: their scripts have the manners;
    /// `csr create`, `jwt sign`, `device add`, `ca import`, `ca ledger attach`, `rule compose`, `commands compose` of
    /// steps: the files that they read are named by options, whose manners ``OptionFileMannersTests`` looks at.
    static let all: [MannerlyVerb] = [
        MannerlyVerb(words: ["token", "inspect"], sample: .token, code: "token-format"),
        MannerlyVerb(
            words: ["token", "verify"], options: ["--keys", "keys.csv"], sample: .rows, code: "token-format"),
        MannerlyVerb(
            words: ["token", "recover-key"], sample: .pair, code: "token-format", answers: .one),
        MannerlyVerb(
            words: ["device", "learn"], options: ["--store", "s.db"], sample: .token, code: "token-format",
            writesFile: false),
        MannerlyVerb(
            words: ["device", "import"], options: ["--store", "s.db"], sample: .keys, code: "csv",
            writesFile: false),
        MannerlyVerb(words: ["jwt", "inspect"], sample: .jwt, code: "jwt-format"),
        MannerlyVerb(
            words: ["jwt", "verify"], options: ["--key", "k.pub.pem"], sample: .jwt, code: "jwt-format"),
        MannerlyVerb(
            words: ["key", "inspect"], sample: .certificate, code: "pem", takesSeveral: false, answers: .good),
        MannerlyVerb(
            words: ["key", "public"], sample: .certificate, code: "pem", takesSeveral: false, answers: .good),
        MannerlyVerb(words: ["csr", "inspect"], sample: .request, code: "pem"),
        MannerlyVerb(words: ["csr", "verify"], sample: .request, code: "pem"),
        MannerlyVerb(words: ["cert", "inspect"], sample: .certificate, code: "pem"),
        MannerlyVerb(words: ["cert", "lint"], sample: .certificate, code: "pem"),
        MannerlyVerb(
            words: ["cert", "verify"], options: ["--ca", "ca.pem", "--purpose", "any"], sample: .certificate,
            code: "pem"),
        MannerlyVerb(words: ["ca", "issue"], options: ["--ca", "issuing"], sample: .request, code: "pem"),
        MannerlyVerb(
            words: ["ca", "revoke"], options: ["--ca", "used", "--reason", "superseded"], sample: .serials,
            code: "csv", inputOption: "--serials", takesSeveral: false, answers: .good, writesFile: false),
        MannerlyVerb(words: ["claim", "check"], sample: .rows, code: "csv", takesTwice: false),
        MannerlyVerb(
            words: ["claim", "pack"], options: ["-o", "out", "--force"], sample: .rows, code: "csv",
            takesTwice: false, writesFile: false),
        MannerlyVerb(
            words: ["claim", "onboard"], options: ["-o", "onboarded", "--force"], sample: .leaf, code: "pem",
            takesTwice: false, writesFile: false),
        MannerlyVerb(
            words: ["commands", "compose"], sample: .records, code: "json", inputOption: "--manifest",
            takesSeveral: false, answers: .good),
        MannerlyVerb(words: ["commands", "validate"], sample: .batch, code: "json"),
        MannerlyVerb(
            words: ["commands", "encode"], sample: .batch, code: "json", takesSeveral: false,
            takesFolder: true),
        MannerlyVerb(words: ["commands", "decode"], sample: .message, code: "cbor", takesSeveral: false),
    ]
}

/// The folder with the inputs in all manners, made once.
enum MannersFolder {
    static let url: Result<URL, any Error> = Result { try make() }

    static func environment(_ folder: URL) -> [String: String] {
        ["PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_DATA_HOME": folder.path]
    }

    private static func make() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("assay-manners-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        func fixture(_ name: String) throws -> Data {
            try Data(contentsOf: TestPaths.fixtures.appendingPathComponent(name))
        }
        let keys = try fixture("keys.csv")
        try keys.write(to: file("keys.csv"))
        for name in ["ca", "issuing", "used"] {
            try run(["ca", "init", name, "--subject", "CN=CA", "--no-passphrase"], in: folder, expecting: 0)
        }
        let certificate = try Data(contentsOf: file("ca/ca.crt"))
        try certificate.write(to: file("ca.pem"))
        try run(["key", "generate", "-o", "k.pem", "--no-passphrase"], in: folder, expecting: 0)
        try run(["key", "public", "k.pem", "-o", "k.pub.pem"], in: folder, expecting: 0)
        let jwt = try run(["jwt", "sign", "--key", "k.pem", "--issuer", "x"], in: folder, expecting: 0)
        let request = try fixture("tokens/keygen-csr-nrf91x1.txt")
        try request.write(to: file("one.txt"))
        let records = try run(["ca", "issue", "--ca", "used", "--json", "one.txt"], in: folder, expecting: 0)
        let leaf = try run(["ca", "issue", "--ca", "used", "one.txt"], in: folder, expecting: 0)
        let record = try #require(try JSONSerialization.jsonObject(with: records) as? [String: Any])
        let serial = try #require(record["serial"] as? String)
        let batch = Data("{\"request\":{\"finished\":{}}}\n".utf8)
        let samples: [MannerlyVerb.Sample: Data] = [
            .token: try fixture("tokens/attestation-nrf9160.txt"),
            .rows: try fixture("attestation_tokens.csv"),
            .keys: keys, .jwt: jwt, .request: request, .certificate: certificate, .leaf: leaf, .batch: batch,
            .message: Data(
                "8182782639363835656638342d386361632d343235372d623563632d3934626334313661316331642e3102\n"
                    .utf8),
            .records: records, .serials: Data((serial + "\n").utf8),
            .pair: try fixture("tokens/attestation-nrf9160.txt") + fixture("tokens/keygen-csr-nrf9160.txt"),
        ]
        for (sample, data) in samples { try data.write(to: file("\(sample)")) }
        for (sample, data) in samples { try write(data, as: "\(sample)", to: folder) }
        try FileManager.default.createDirectory(at: file("hollow"), withIntermediateDirectories: true)
        try Data().write(to: file("empty"))
        try Data(" \r\n\n\t\n".utf8).write(to: file("blank"))
        try Data(repeating: 0x0a, count: 200_000).write(to: file("feeds"))
        try Data("PK\u{3}\u{4}____xl/workbook".utf8).write(to: file("book.xlsx"))
        try Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]).write(to: file("packed.gz"))
        try Data("<!DOCTYPE html><html></html>".utf8).write(to: file("page.html"))
        return folder
    }

    /// An input in other manners.
    static func write(_ data: Data, as name: String, to folder: URL) throws {
        func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
        let text = String(decoding: data, as: UTF8.self)
        try Data([0xef, 0xbb, 0xbf] + data).write(to: file("\(name).mark"))
        try Data(text.replacingOccurrences(of: "\n", with: "\r\n").utf8).write(to: file("\(name).crlf"))
        try Data(text.replacingOccurrences(of: "\n", with: "\r").utf8).write(to: file("\(name).cr"))
        try Data([0xff, 0xfe] + (text.data(using: .utf16LittleEndian) ?? Data()))
            .write(to: file("\(name).utf16"))
        try Data("\(name)\r\n\n".utf8).write(to: file("\(name).list"))
        try FileManager.default.createDirectory(
            at: file("\(name).folder"), withIntermediateDirectories: true)
        try data.write(to: file("\(name).folder/a"))
        // Links lead around in a circle and out of the folder: neither is followed.
        try FileManager.default.createSymbolicLink(
            atPath: file("\(name).folder/b").path, withDestinationPath: ".")
        try FileManager.default.createSymbolicLink(
            atPath: file("\(name).folder/c").path, withDestinationPath: "../keys.csv")
    }

    @discardableResult
    static func run(_ arguments: [String], in folder: URL, expecting status: Int32) throws -> Data {
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + arguments, in: folder, environment: environment(folder)
        ).run()
        let text = String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        #expect(outcome.status == status, "\(arguments.joined(separator: " ")): \(text)")
        return outcome.standardOutput
    }

    /// Runs the program in the folder; gives the exit status, the number of lines on standard output and the text of
    /// both outputs.
    static func run(_ arguments: [String]) throws -> (status: Int32, results: Int, text: String) {
        let folder = try url.get()
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + arguments, in: folder, environment: environment(folder)
        ).run()
        #expect(!outcome.timedOut)
        return (
            outcome.status, outcome.standardOutput.split(separator: 0x0a).count,
            String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        )
    }
}
