import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JWT
import Registry
import Store

/// Where the keys that verify JWTs come from.
struct JWTKeyOptions: ParsableArguments {
    @Option(help: .init("Verify every token with this public key.", valueName: "pem"))
    var key: String?

    @Option(
        help: .init(
            "Keys of many devices: CSV of device UUID and base64 SubjectPublicKeyInfo, or a folder of keys in files "
                + "<device UUID>.pem; a token's iss chooses.",
            valueName: "csv|folder"))
    var keys: String?

    @Option(help: .init("A JWK Set, or one JWK; a token's kid chooses.", valueName: "file"))
    var jwks: String?

    @OptionGroup var store: StoreOptions

    @Option(
        help: .init(
            "The least trust in a key of the store: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice = .trusted

    /// Checks that standard input is read once: for keys or for inputs.
    func demandOneReader(inputs: Bool) throws {
        guard inputs, [key, keys, jwks].contains("-") else { return }
        throw ValidationError("expected the keys or the inputs from standard input, found both")
    }

    func validate() throws {
        let named = [key, keys, jwks, store.store].count { $0 != nil }
        guard named <= 1 else {
            throw ValidationError("expected one of --key, --keys, --jwks and --store, found \(named) of them")
        }
    }

    /// The keys that the options name, or those of the store where one is.
    func source(_ console: Console) throws(ToolError) -> JWTKeySource {
        if let key { return .keys(try single(key)) }
        if let keys {
            guard case .table(let table) = try KeySource.many(path: keys) else {
                throw ToolError(
                    .csv,
                    "expected a table of device UUIDs and keys, found PEM, which does not say whose key it is",
                    context: [.init("file", keys.escapedForTerminal)],
                    hint:
                        .text(
                            "--key takes one key in PEM; --keys takes a folder with a file <device UUID>.pem for "
                                + "each"))
            }
            return .keys(
                DeviceKeyTable { device in
                    table[device].map { JWTKey($0.publicKey, trust: $0.trust.rawValue) }
                })
        }
        if let jwks { return .keys(try set(jwks, console)) }
        guard store.isAvailable else {
            throw ToolError(
                .usage,
                "expected --key, --keys, --jwks or a store with the devices' identity keys, found none",
                hint: "assay device import fills a store")
        }
        return .store(try store.path(), trust.trust)
    }

    private func single(_ path: String) throws(ToolError) -> SingleJWTKey {
        let pem = try KeyFile.contents(of: path)
        do {
            return SingleJWTKey(try JWTKey(pem: pem, trust: KeyTrust.given.rawValue))
        } catch {
            throw error.at("file", path.escapedForTerminal)
        }
    }

    private func set(_ path: String, _ console: Console) throws(ToolError) -> JWKSet {
        let text = try SourceReader.contents(of: path, for: Expectation(.json, "a JWK Set"))
        if TextBetweenBlocks.beginsWithBlocks(text) {
            throw ToolError(
                .json, "expected a JWK Set, found PEM", context: [.init("file", path.escapedForTerminal)],
                hint: "--key takes a key in PEM, --keys a folder or a table of them")
        }
        let set: JWKSet
        do {
            set = try JWKSet(parsing: text, trust: KeyTrust.given.rawValue)
        } catch {
            throw error.at("file", path.escapedForTerminal)
        }
        // Ten lines are help; a thousand would hide it.
        for key in set.ignored.prefix(10) {
            let reason = key.reason.escapedForTerminal
            console.note(
                "assay: note: key \(key.position) of \(path.escapedForTerminal) is not used: \(reason)")
        }
        if set.ignored.count > 10 {
            console.note("assay: note: \(set.ignored.count) keys are not used in all")
        }
        return set
    }
}

/// The keys of a run, before a worker has opened them.
enum JWTKeySource: Sendable {
    case keys(any JWTKeyResolver & Sendable)
    /// The registry in this file, and the least trust in its keys.
    case store(String, KeyTrust)
}

/// The identity keys of a store. One per worker, because a connection belongs to one thread.
final class StoreJWTKeys: JWTKeyResolver {
    private let registry: any DeviceRegistry
    private let minimumTrust: KeyTrust
    /// Why the store could not be read: that is no verdict on a token, and ends the run.
    private(set) var trouble: ToolError?
    /// What was looked up ahead, in the order in which it will be asked for.
    private var prepared: [(device: DeviceUUID, key: IdentityKey?)] = []
    private var nextPrepared = 0

    init(path: String, minimumTrust: KeyTrust) throws(ToolError) {
        registry = try SQLiteStore(path: path, access: .readOnly)
        self.minimumTrust = minimumTrust
    }

    /// Runs `body`, in which keys are asked for; see ``DeviceRegistry/reading(_:)``.
    func reading(_ body: () -> Void) {
        do throws(ToolError) {
            try registry.reading { () throws(ToolError) in body() }
        } catch {
            trouble = error
        }
    }

    func key(
        kid: String?, device: DeviceUUID?, algorithm: JWSAlgorithm
    ) -> Result<JWTKey, CheckFailure> {
        guard let device else { return DeviceKeyTable.noDevice }
        let known: IdentityKey?
        do {
            known = try find(device)
        } catch {
            trouble = error
            return .failure(CheckFailure(error.code, error.message))
        }
        guard let known else { return DeviceKeyTable.unknown(device) }
        guard minimumTrust != .trusted || known.trust != .observed else {
            return .failure(
                CheckFailure(.untrustedKey, "the device's key is observed only, expected a trusted one"))
        }
        return .success(JWTKey(known.publicKey, trust: known.trust.rawValue))
    }

    /// Looks up the keys of the devices of a block of tokens, which will be asked for in this order.
    ///
    /// One look-up after the other finds the store's code and its upper pages in the processor's caches.
    func prepare(_ devices: [DeviceUUID]) {
        prepared.removeAll(keepingCapacity: true)
        nextPrepared = 0
        do throws(ToolError) {
            for device in devices { prepared.append((device, try registry.key(of: device))) }
        } catch {
            trouble = error
        }
    }

    /// A token may not ask, for its algorithm is refused: its device is passed over.
    private func find(_ device: DeviceUUID) throws(ToolError) -> IdentityKey? {
        while nextPrepared < prepared.count {
            defer { nextPrepared += 1 }
            if prepared[nextPrepared].device == device { return prepared[nextPrepared].key }
        }
        return try registry.key(of: device)
    }
}
