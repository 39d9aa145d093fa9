import Foundation
import TestSupport
import Testing

/// What the program prints with `--json` is what the files in `schemas/` say, and every kind of it has a file.
@Suite struct SchemaTests {
    static let schemas = TestPaths.root.appendingPathComponent("schemas")

    /// Commands that together print every kind of result, in the forms that differ.
    static let commands = """
        assay token inspect --json --input fixtures/modem.log
        assay token inspect --json --input fixtures/attestation_tokens.csv --reveal
        assay token inspect --json nonsense
        assay token verify --json --keys fixtures/keys.csv fixtures/tokens/*.txt missing.txt
        assay token verify --json --key fixtures/keys/50343956-3037-4738-800d-1f29e0a0f7bf.pem fixtures/tokens/*.txt
        assay token recover-key --json fixtures/tokens/attestation-nrf9160.txt fixtures/tokens/keygen-csr-nrf9160.txt
        assay token recover-key --json fixtures/tokens/keygen-csr-nrf91x1.txt fixtures/tokens/keygen-csr-nrf9160.txt
        assay token challenge --json
        assay explain --json
        assay explain --json nonsense
        assay token verify --json
        assay device learn --json --store a.db fixtures/tokens/attestation-nrf9160.txt nonsense
        assay device learn --json --store a.db fixtures/tokens/keygen-csr-nrf9160.txt fixtures/tokens/keygen-csr-nrf91x1.txt
        assay device show --json --store a.db 50363154-3931-44f0-8022-121b6401627d
        assay device import --json --verbose --store b.db fixtures/keys.csv
        assay device import --json --store b.db fixtures/attestation_tokens.csv
        assay device list --json --store b.db
        assay device label --json --with-token -o label.pdf fixtures/attestation_tokens.csv
        assay device label --json -o label.svg --store b.db 50363154-3931-44f0-8022-121b6401627d
        printf 'uuid\\nnonsense\\n50363154-3931-44f0-8022-121b6401627d\\n' | assay device label --json -o odd.pdf -
        assay store show --json --store b.db
        assay store verify --json --store b.db
        assay key generate --json --no-passphrase -o device.key
        assay key inspect --json --no-passphrase device.key
        assay csr create --key device.key --subject CN=a -o device.csr; assay csr inspect --json device.csr fixtures/tokens/*.txt
        assay csr verify --json device.csr fixtures/tokens/*.txt
        assay ca init --json --no-passphrase --subject CN=Example ca
        assay ca init --json --no-passphrase --subject CN=Below --issuer ca --ledger ca below
        assay ca issue --json --ca below --chain --keys fixtures/keys.csv device.csr fixtures/tokens/*.txt
        assay ca issue --json --ca ca --keys fixtures/keys.csv --require-attestation fixtures/tokens/keygen-csr-*.txt
        assay ca issue --dry-run --json --ca ca --keys fixtures/keys.csv device.csr device.csr fixtures/tokens/*.txt missing.txt
        assay cert inspect --json ca/ca.crt below/ca.crt device.key missing.pem fixtures/keys.csv
        assay cert inspect --json - <ca/ca.key
        assay cert verify --json --ca ca/ca.crt --purpose ca below/ca.crt ca/ca.crt device.csr missing.pem
        assay cert verify --json --ca below/ca.crt --purpose server --at 2000-01-01T00:00:00Z ca/ca.crt below/ca.crt
        tr -d '\\n' <ca/profiles.json; echo
        tr -d '\\n' <below/ca.json; echo
        tr -d '\\n' <fixtures/profiles.json; echo
        assay cert lint --json ca/ca.crt below/ca.crt device.csr missing.pem
        assay cert lint --json --profile device --ca below ca/ca.crt below/ca.crt
        assay ca list --json --ca below
        assay ca revoke --json --ca below --device 50363154-3931-44f0-8022-121b6401627d --reason keyCompromise
        assay ca revoke --json --ca below --device 50363154-3931-44f0-8022-121b6401627d --reason keyCompromise
        assay ca revoke --json --ca below 0102 ca/ca.crt device.csr missing.crt --reason superseded
        assay ca show --json ca; assay ca show --json --ca below $(assay ca list --ca below --status revoked --quiet | head -n 1 | cut -d" " -f1)
        assay ca crl --json --ca ca -o ca.crl
        assay ca audit --json --ca ca --ca below
        assay ca audit --json --ca ca
        assay ledger checkpoint --ca ca -o checkpoint.json; cat checkpoint.json
        assay ledger verify --json --checkpoint checkpoint.json --ca ca
        assay ledger verify --json --checkpoint checkpoint.json --ca below
        assay jwt sign --json --key device.key --issuer a --expires-in 1h
        assay jwt sign --key device.key --issuer a -o token.txt; assay jwt inspect --json token.txt nonsense.
        assay key public --no-passphrase device.key -o device.pem; assay jwt verify --json --key device.pem token.txt nonsense.
        assay jwt verify --json --key fixtures/keys/50343956-3037-4738-800d-1f29e0a0f7bf.pem token.txt
        assay version --json
        assay access plan --json --target device --use mqtt; assay access plan --json --target user --use location
        printf '%%CMNG: 7,0,"%064d"\\r\\nOK\\r\\n' 0 | assay access check --json --client-id b - ca/ca.crt device.key
        assay ca issue --quiet --ca below --chain device.csr >chain.pem; assay access check --json --ca ca chain.pem device.key
        assay claim check --json fixtures/attestation_tokens.csv fixtures/modem.log
        assay claim pack --json -o claims fixtures/attestation_tokens.csv; cat claims/manifest.jsonl
        assay claim onboard --json ca/ca.crt device.key missing.pem -o boards; cat boards/manifest.jsonl
        assay commands compose keygen cloud-access-key csr server-certificate=nrf-cloud-coap config=a=b finished
        assay commands compose client-certificate=certificate.pem psk=identity:psk.txt finished -o batch.json; cat batch.json
        assay commands validate --json batch.json fixtures/keys.csv missing.json
        assay commands encode --json batch.json; assay commands encode --json fixtures/keys.csv
        assay commands compose keygen finished keygen@2147483647 >early.json; assay commands encode --json early.json
        echo '[{"request":{"finished":{"a":1}}}]' | assay commands encode --json -
        assay commands encode batch.json | assay commands decode --json -
        assay commands decode --json fixtures/batches/commands.hex; assay commands decode --json fixtures/batches/failed.hex
        assay commands decode --json fixtures/batches/responses.hex; echo 8185616100606080 | assay commands decode --json -
        assay commands decode --json --diagnostic fixtures/batches/commands.hex; echo 80 | assay commands decode --json -
        """

    @Test func resultsAreAsTheirSchemasSay() throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        try FileManager.default.createSymbolicLink(
            at: work.appendingPathComponent("fixtures"), withDestinationURL: TestPaths.fixtures)
        try Data("00ff\n".utf8).write(to: work.appendingPathComponent("psk.txt"))
        let script = TestPaths.fixtures.appendingPathComponent("scripts/commands-validate.txtar")
        let archive = TextArchive(try String(contentsOf: script, encoding: .utf8))
        let certificate = try #require(archive.files.first { $0.name == "device.crt" })
        try Data(certificate.text.utf8).write(to: work.appendingPathComponent("certificate.pem"))

        var results = Data()
        for command in Self.commands.split(separator: "\n").map(String.init) {
            let outcome = try run(["sh", "-c", command], in: work)
            #expect(![70, 127].contains(outcome.status) && !outcome.endedBySignal, "\(command)")
            // Notes for people stand between the errors.
            let errors = outcome.standardError.split(separator: 0x0a).filter { $0.first == UInt8(ascii: "{") }
            let lines = outcome.standardOutput.split(separator: 0x0a) + errors
            #expect(!lines.isEmpty, "\(command) printed no result")
            for line in lines { results += line + [0x0a] }
        }
        let check = try checkSchemas(results, in: work)
        #expect(check.status == 0, "\(String(decoding: check.standardError, as: UTF8.self))")
        let seen = Set(
            String(decoding: check.standardOutput, as: UTF8.self).split(separator: "\n").map(String.init))
        #expect(try Self.printed().subtracting(seen) == [], "no command of this test prints these")
    }

    /// A kind that a command prints has a file, and a file is of a kind that the sources know.
    @Test func everyKindOfResultHasASchema() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.schemas.path)
            .filter { $0.hasSuffix(".json") }
        #expect(try Self.printed().map(Self.file).filter { !files.contains($0) } == [])
    }

    /// The checker finds what these tests rely on it to find.
    @Test(arguments: [
        (#"{"schema":"assay.nonsense/1"}"#, "unknown schema"),
        (#"{"schema":"assay.error/1","code":"io","message":"x"}"#, "'context' is a required property"),
        (
            #"{"schema":"assay.error/1","code":"io","message":"x","context":{},"more":1}"#,
            "'more' was unexpected"
        ),
        (#"{"schema":"assay.error/1","code":"I O","message":"x","context":{}}"#, "does not match"),
        (#"{"code":"io","schema":"assay.error/1","message":"x","context":{}}"#, "not the first member"),
        (#"{"schema":"assay.error/1","code":"io","code":"io","message":"x","context":{}}"#, "occurs twice"),
        (#"{"schema":"assay.validation/1","status":1.5}"#, "not an integer"),
        ("text", "Expecting value"),
    ])
    func deviationsAreFound(_ line: String, _ message: String) throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let check = try checkSchemas(Data((line + "\n").utf8), in: work)
        #expect(check.status == 1)
        let found = String(decoding: check.standardError, as: UTF8.self)
        #expect(found.contains(message), "\(found)")
    }

    // MARK: Means

    /// The names of all kinds that `Sources/Commands` writes, and of those that other modules write for it.
    private static func printed() throws -> Set<String> {
        let folder = TestPaths.root.appendingPathComponent("Sources/Commands")
        var names: Set = ["assay.commands/1", "assay.profiles/1"]
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /"(assay\.[a-z-]+\/[0-9]+)"/) { names.insert(String(match.1)) }
        }
        try #require(names.count > 1)
        // Of a device at a serial port: ModemTests prints them.
        return names.filter { !$0.hasPrefix("assay.modem-") }
    }

    /// `token-1.json` for `assay.token/1`.
    private static func file(of kind: String) -> String {
        kind.dropFirst("assay.".count).replacingOccurrences(of: "/", with: "-") + ".json"
    }

    private func checkSchemas(_ results: Data, in work: URL) throws -> ProcessOutcome {
        let checker = TestPaths.root.appendingPathComponent("scripts/check-schemas").path
        return try run([Peers.python(), checker, Self.schemas.path], in: work, input: results)
    }

    private func run(_ arguments: [String], in work: URL, input: Data = Data()) throws -> ProcessOutcome {
        let environment = ScriptRunner().environment(work: work)
        return try ChildProcess(arguments, in: work, environment: environment, input: input).run()
    }
}
