import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import PKIX
import Store

/// The CA that signs for devices, out of its folder: `ca.crt`, `ca.key`, `profiles.json`, and `ca.json` with
/// its ledger.
struct AuthorityFolder: Sendable {
    /// The profile that devices are certified under.
    static let profileName = "device"
    private static let limit = 1 << 20

    let path: String
    private let chain: [[UInt8]]
    private let key: PrivateKey
    let profile: CertificateProfile
    let ledgerPath: String
    let ledgerID: FileID

    /// - Parameter passphrase: opens the key; nil for one that is not encrypted.
    /// - Throws: ``ToolError`` for a folder that is not whole, a key that the passphrase does not open, or a
    ///   profile that is not there.
    init(path: String, passphrase: [UInt8]? = nil) throws(ToolError) {
        self.path = path
        let document = try Self.document(path + "/ca.json")
        ledgerPath = document.ledger.hasPrefix("/") ? document.ledger : path + "/" + document.ledger
        ledgerID = document.id
        chain = try Self.certificates(path + "/ca.crt")
        key = try Self.key(path + "/ca.key", passphrase)
        let profilesFile = path + "/profiles.json"
        let profiles =
            FileSystem.kind(of: profilesFile) == nil
            ? ProfileSet.withoutFile
            : try ProfileSet(
                parsing: try ByteSource.contents(of: profilesFile, limit: Self.limit), origin: profilesFile)
        profile = try profiles.named(Self.profileName)
    }

    /// The checked CA.
    func issuer(at time: Int64) throws(ToolError) -> Issuer { try Issuer(chain: chain, key: key, at: time) }

    /// Opens the CA's own ledger, and no other.
    func openLedger() throws(ToolError) -> SQLiteStore {
        try SQLiteStore(path: ledgerPath, access: .readWrite, as: .ledger(ledgerID))
    }

    private static func document(_ file: String) throws(ToolError) -> (ledger: String, id: FileID) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: try ByteSource.contents(of: file, limit: limit))
        } catch let error as JSONError {
            throw error.toolError.at("file", file.escapedForTerminal)
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError(.internalFault, "unexpected error")
        }
        let node = JSONNode(value)
        let schema = try node.member("schema")
        guard try schema.string() == "assay.ca-folder/1" else {
            throw schema.error("expected assay.ca-folder/1").at("file", file.escapedForTerminal)
        }
        let id = try node.member("ledgerId")
        guard let found = FileID(try id.string()) else { throw id.error("expected 32 digits in hex") }
        return (try node.member("ledger").string(), found)
    }

    private static func certificates(_ file: String) throws(ToolError) -> [[UInt8]] {
        let bytes = try ByteSource.contents(of: file, limit: limit)
        do {
            return try PEMDocument(bytes).entries.filter { $0.label == "CERTIFICATE" }.map(\.der)
        } catch {
            throw ToolError(.pem, error.description, context: [.init("file", file.escapedForTerminal)])
        }
    }

    private static func key(_ file: String, _ passphrase: [UInt8]?) throws(ToolError) -> PrivateKey {
        let bytes = try ByteSource.contents(of: file, limit: limit)
        let place = [ToolError.Context("file", file.escapedForTerminal)]
        do throws(KeyDocument.Fault) {
            guard case .privateKey(let key) = try KeyDocument.read(bytes, passphrase: passphrase) else {
                throw .failure(
                    CheckFailure(.pem, "expected the CA's private key, found a public one"), hint: nil)
            }
            return key
        } catch {
            switch error {
            case .failure(let failure, let hint):
                throw ToolError(failure.code, failure.message, context: place, hint: hint)
            case .privateKey(.passphraseNeeded):
                throw ToolError(
                    .passphrase, "the CA's key is encrypted: expected its passphrase, found none",
                    context: place)
            case .privateKey(.wrongPassphrase):
                throw ToolError(.passphrase, "the passphrase does not open the CA's key", context: place)
            case .privateKey(.malformed):
                throw ToolError(
                    .pem, "expected a private key in PEM, found something else", context: place)
            case .privateKey(.unsound(let reason)): throw ToolError(.csrKey, reason, context: place)
            }
        }
    }
}
