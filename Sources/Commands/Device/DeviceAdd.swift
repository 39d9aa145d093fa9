import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import OpenSSL
import Registry
import Store

/// `assay device add`
struct DeviceAdd: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register one device and its identity key.",
        discussion: """
            A different key for a device that is registered is a key-conflict: nothing changes, exit status 1. With \
            --replace-observed a trusted key takes the place of one that was only observed (replaced). The same key \
            again changes nothing, or raises its trust.

            EXAMPLES

              assay device add --uuid 50363154-3931-44f0-8022-121b6401627d --key identity.pem
              assay device add --uuid 50363154-3931-44f0-8022-121b6401627d --key identity.pem --replace-observed
            """)

    @Option(help: .init("The device's UUID.", valueName: "uuid"))
    var uuid: String

    @Option(help: .init("Its identity key, a public key in PEM.", valueName: "pem"))
    var key: String

    @Option(help: .init("Its IMEI, 15 digits.", valueName: "imei"))
    var imei: String?

    @Option(help: .init("How far the key is trusted: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice = .trusted

    @OptionGroup var replacement: ReplacementOptions
    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws { try replacement.validate(with: trust) }

    func run(in environment: Environment) throws -> ExitStatus {
        let device = try DeviceUUID(text: uuid)
        let number = try imei.map { text in
            guard let number = IMEI(text: text) else {
                throw ToolError(
                    .usage,
                    "expected an IMEI of 15 digits with a right check digit, found '\(text.escapedForTerminal)'"
                )
            }
            return number
        }
        let bytes = try KeyFile.contents(of: key)
        guard case .single(let given) = try KeySource.single(path: key, bytes: bytes) else {
            throw ToolError(.internalFault, "a key file gave no key")
        }
        let console = output.console
        let registry = try store.open(.create, console)
        try clock.check(environment.now, registry)
        var registration = Registration(
            uuid: device, imei: number, key: IdentityKey(publicKey: given.publicKey, trust: trust.trust),
            how: .added, inputDigest: Digest.sha256(bytes))
        registration.replacesObserved = replacement.replaceObserved
        let outcome = try registry.register([registration], at: environment.now)
        let report = RegistrationReport(location: nil, device: device, outcome: outcome.first ?? .unchanged)
        try StandardStream.output().write(report.rendered(json: output.json))
        if case .rejected(let failure) = report.outcome {
            let isReplaceable =
                failure.code == .keyConflict && !replacement.replaceObserved && trust == .trusted
            console.error(
                ToolError(
                    failure.code, failure.message,
                    hint: isReplaceable
                        ? "if the registered key was only observed, --replace-observed puts this one in its place"
                        : nil))
            return .rejected
        }
        return .done
    }
}
