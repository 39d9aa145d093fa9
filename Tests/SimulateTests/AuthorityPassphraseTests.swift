import Foundation
import TestFleet
import TestSupport
import Testing

/// A CA as `assay ca init` makes it, its key encrypted, under a service that is told the passphrase.
@Suite("A CA with a passphrase", .serialized)
struct AuthorityPassphraseTests {
    @Test func isOpenedWithoutAnArgumentThatTellsIt() throws {
        let folder = try WorkFolder()
        try folder.write("open sesame\n", to: "pass")
        try folder.write("close sesame\n", to: "other")
        try ServiceUnderTest.run(
            TestPaths.binary, ["ca", "init", "ca", "--subject", "CN=Bench", "--passphrase-file", "pass"],
            folder)
        let ways: [([String], [String: String])] = [
            (["--ca-passphrase-file", "pass"], [:]),
            (["--ca-passphrase-env", "CA_PASSPHRASE"], ["CA_PASSPHRASE": "open sesame"]),
        ]
        for (options, environment) in ways {
            let program = try Program(
                TestPaths.service, ["serve", "--data", "data", "--ca", "ca"] + options, in: folder.url,
                environment: environment)
            program.waitForOutput(bytes: 60, limit: 30)
            #expect(program.outputSoFar.hasPrefix(#"{"schema":"assayd.listening/1""#))
            program.send(SIGTERM)
            let outcome = try program.wait(limit: 20)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("sesame"))
        }
        for (options, message) in [
            (["--ca-passphrase-file", "other"], "the passphrase does not open the CA's key"),
            ([], "the CA's key is encrypted: expected its passphrase, found none"),
        ] {
            let outcome = try Program(
                TestPaths.service, ["serve", "--data", "data", "--ca", "ca"] + options, in: folder.url
            ).wait(limit: 30)
            #expect(outcome.status == 5)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("assayd: error: \(message)\nassayd: at: ca/ca.key\n"))
            #expect(outcome.errors.contains("hint") == options.isEmpty)
        }
    }
}
