import ArgumentParser
import Diagnostics
import InputOutput
import OpenSSL

/// `assay key public`
struct KeyPublic: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "public",
        abstract: "Print the public key of a private key, a certificate or a request.",
        discussion: """
            The result is a SubjectPublicKeyInfo in PEM (-----BEGIN PUBLIC KEY-----). A certificate or request that \
            holds the key is not verified.

            EXAMPLES

              assay key public device.key -o device.pub
            """)

    @OptionGroup var document: KeyDocumentOptions

    func run(in environment: Environment) throws -> ExitStatus {
        try document.write { report in
            document.output.json ? report.bytesAsJSON : Array(PEMText.publicKey(report.spki).utf8)
        }
        return .done
    }
}
