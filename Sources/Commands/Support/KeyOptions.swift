import ArgumentParser
import Attestation
import Diagnostics

/// Where the identity keys of a run come from, and how much trust they need.
struct KeyOptions: ParsableArguments {
    @Option(help: .init("The identity key of the device, a public key in PEM.", valueName: "pem"))
    var key: String?

    @Option(
        help: .init(
            "Identity keys of many devices: CSV of device UUID and base64 SubjectPublicKeyInfo, a folder of keys "
                + "in files <device UUID>.pem, or a file of keys in PEM, each of any device.",
            valueName: "csv|pem|folder"))
    var keys: String?

    @OptionGroup var store: StoreOptions

    @Option(
        help: .init(
            "The least trust in a key of the store: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice?

    /// The least trust in a key: what was said, or `trusted`.
    var minimumTrust: KeyTrust { trust?.trust ?? .trusted }

    /// The source that was named; `nil` when none was and there is no store.
    func source() throws -> KeySource? {
        if let key { return try KeySource.single(path: key) }
        if let keys { return try KeySource.many(path: keys) }
        return store.isAvailable ? .store(try store.path()) : nil
    }

    /// Checks that standard input is read once: for keys or for inputs.
    func demandOneReader(inputs: Bool) throws {
        guard inputs, [key, keys].contains("-") else { return }
        throw ValidationError("expected the keys or the inputs from standard input, found both")
    }

    /// `--store` beside a file of keys names where nonces are kept.
    func validate() throws {
        if key != nil, keys != nil { throw ValidationError("expected one of --key and --keys, found both") }
    }
}

/// The values of `--trust`.
enum TrustChoice: String, ExpressibleByArgument, CaseIterable {
    case trusted, observed

    var trust: KeyTrust { self == .trusted ? .trusted : .observed }
}
