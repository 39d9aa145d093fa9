import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import OpenSSL

/// `assay token challenge`
struct TokenChallenge: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "challenge",
        abstract: "Print fresh challenges for AT%ATTESTTOKEN.",
        discussion: """
            A device puts the challenge that it was given into its token as the nonce, so a token recorded earlier \
            cannot answer it. Each line is 16 random bytes in hex; nothing is kept. Give the same value to assay token \
            verify --challenge.

            EXAMPLES

              assay token challenge
              assay token challenge -n 1000 -o challenges.txt
            """)

    @Option(name: .customShort("n"), help: .init("How many, 1 to 1,000,000.", valueName: "count"))
    var count: Int = 1

    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    /// Bytes of a challenge: what AT%ATTESTTOKEN takes and a token carries as its nonce.
    private static let size = 16

    func validate() throws {
        guard 1...1_000_000 ~= count else {
            throw ValidationError("-n must be 1…1000000, found \(count)")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let sink = try file.sink()
        for _ in 0..<count {
            if Interruption.requested { return .interrupted }
            let challenge = try challenge()
            try sink.write(output.json ? json(challenge) : Array((Hex.encode(challenge) + "\n").utf8))
        }
        try sink.commit()
        return .done
    }

    private func challenge() throws(ToolError) -> [UInt8] {
        do {
            return try RandomBytes.make(Self.size)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private func json(_ challenge: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.challenge/1")
        writer.member("challenge", hex: challenge)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
