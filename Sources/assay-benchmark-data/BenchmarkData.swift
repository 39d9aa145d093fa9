import ArgumentParser
import Diagnostics
import InputOutput
import PKIX

/// `assay-benchmark-data`: reproducible tokens, claims, requests and JWTs to measure with.
@main
struct BenchmarkData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assay-benchmark-data",
        abstract: "Make reproducible tokens, claims, requests or JWTs to measure with.",
        discussion: """
            The same seed gives the same bytes on every machine. Whoever knows the seed has the keys: nothing made \
            here may be trusted anywhere.
            """,
        subcommands: [Tokens.self, Claims.self, Requests.self, JWTs.self])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as ToolError {
            let place = error.context.map { ", \($0.name) \($0.value)" }.joined()
            try? StandardStream.error().write(Array("assay-benchmark-data: \(error.message)\(place)\n".utf8))
            System.exit(error.exitStatus.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// What all kinds of data share.
struct FleetOptions: ParsableArguments {
    @Option(help: "How many devices.")
    var count = 1000

    @Option(help: "Any text; the same text gives the same bytes.")
    var seed = "1"

    @Option(help: "The folder to write into, made if it is missing.")
    var out: String

    @Option(
        help: .init(
            "Of a thousand signatures, how many do not verify; bad.txt lists them.", valueName: "per-mille"))
    var bad = 0

    func validate() throws {
        guard count >= 0 else { throw ValidationError("--count must not be negative, found \(count)") }
        guard 0...1000 ~= bad else { throw ValidationError("--bad must be 0…1000, found \(bad)") }
    }

    func make(_ recipe: Recipe) throws(ToolError) {
        let production = Production(recipe: recipe, fleet: Fleet(seed: seed), count: count, badPerMille: bad)
        let spoiled = try production.run(into: out)
        try StandardStream.error().write(
            Array("assay-benchmark-data: \(count) devices, \(spoiled) of them bad, in \(out)\n".utf8))
    }
}

struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Attestation tokens (tokens.txt) and identity keys (pubkeys.csv).")

    @OptionGroup var fleet: FleetOptions

    func run() throws { try fleet.make(.tokens) }
}

struct Claims: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims",
        abstract:
            "The same tokens as the nRF Cloud utilities store them (attestation_tokens.csv), and pubkeys.csv."
    )

    @OptionGroup var fleet: FleetOptions

    @Flag(help: "Noise in place of signatures, and no keys: a hundred times as fast.")
    var unsigned = false

    func run() throws { try fleet.make(.claims(signed: !unsigned)) }
}

struct Requests: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csrs", abstract: "Certification requests (csrs.pem) and a CA (ca.pem, ca.key).")

    @OptionGroup var fleet: FleetOptions

    @Flag(help: "Also one file for each request, below csrs/.")
    var dir = false

    @Flag(help: "Also the answers of %KEYGEN that hold the requests (keygen.txt).")
    var keygen = false

    func run() throws {
        let authority = try Workshop(Fleet(seed: fleet.seed)).authority()
        try Production.makeFolder(fleet.out)
        try NewFile.write(
            PEMWriter.encode(label: "CERTIFICATE", der: authority.certificate), to: "\(fleet.out)/ca.pem",
            replaces: true)
        try NewFile.write(
            authority.privateKey, to: "\(fleet.out)/ca.key", mode: .ownerOnly, replaces: true)
        try fleet.make(.requests(folder: dir ? "csrs" : nil, keyGeneration: keygen))
    }
}

struct JWTs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwts", abstract: "Device JWTs (jwts.txt) and identity keys (pubkeys.csv).")

    @OptionGroup var fleet: FleetOptions

    @Option(help: .init("When the JWTs were issued, seconds since 1970.", valueName: "seconds"))
    var issued: Int64 = 1_760_000_000

    @Option(help: .init("How long they are valid, in seconds.", valueName: "seconds"))
    var lifetime: Int64 = 630_720_000

    func validate() throws {
        guard issued >= 0, lifetime >= 0, !issued.addingReportingOverflow(lifetime).overflow else {
            throw ValidationError(
                "--issued and --lifetime must not be negative nor go beyond 64 bits together")
        }
    }

    func run() throws { try fleet.make(.jwts(issued: issued, expires: issued + lifetime)) }
}
