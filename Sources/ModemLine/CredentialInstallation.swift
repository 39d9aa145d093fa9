import ATCommands
public import DeviceIdentity
public import Diagnostics

/// Credentials written under one security tag and read back by their digests.
public struct CredentialInstallation: Sendable {
    /// What became of a credential.
    public struct Entry: Sendable {
        public enum Status: String, Sendable {
            case written
            /// Something else was there and was deleted.
            case replaced
            /// It was there already; nothing was written.
            case present
        }

        public let credential: BenchCredential
        public let status: Status
        /// The digest that the modem lists.
        public let digest: [UInt8]

        /// Whether the modem lists the digest of what was written. How it makes that of a private key is not published.
        public var isVerified: Bool { digest == credential.digest }
    }

    public let entries: [Entry]

    /// Writes what is not there yet.
    ///
    /// - Parameter replaces: whether something else that is there may go.
    /// - Throws: ``ToolError`` with `would-overwrite` before anything is written, `modem-error`, `digest`.
    public init(
        _ credentials: [BenchCredential], under tag: SecTag, replaces: Bool, _ session: ModemSession
    ) throws(ToolError) {
        let before = try StoredCredentials(session, under: tag)
        var plans: [(credential: BenchCredential, status: Entry.Status, request: ATRequest)] = []
        // A certificate that comes before its root or key would do no harm; the order of the numbers is the usual one.
        for credential in credentials.sorted(by: { $0.kind.rawValue < $1.kind.rawValue }) {
            let found = before.digest(of: credential.kind, under: tag)
            let status: Entry.Status =
                found == credential.digest ? .present : found == nil ? .written : .replaced
            guard status != .replaced || replaces else {
                throw ToolError(
                    .wouldOverwrite,
                    "security tag \(tag) has another \(credential.kind.name) already",
                    context: [.init("file", credential.source.escapedForTerminal)],
                    hint: .replaceStored)
            }
            plans.append(
                (credential, status, try .writeCredential(credential.kind, under: tag, credential.text)))
        }
        if plans.contains(where: { $0.status != .present }) {
            try session.offline { () throws(ToolError) in
                for plan in plans where plan.status != .present {
                    if plan.status == .replaced {
                        _ = try session.ask(.deleteCredential(plan.credential.kind, under: tag))
                    }
                    _ = try session.ask(plan.request)
                }
            }
        }
        let after = try StoredCredentials(session, under: tag)
        var entries: [Entry] = []
        for plan in plans {
            guard let digest = after.digest(of: plan.credential.kind, under: tag) else {
                throw ToolError(
                    .digest,
                    "expected the \(plan.credential.kind.name) that was written, found none in the listing",
                    context: [.init("file", plan.credential.source.escapedForTerminal)])
            }
            let entry = Entry(credential: plan.credential, status: plan.status, digest: digest)
            guard entry.isVerified || plan.credential.kind == .privateKey else {
                throw ToolError(
                    .digest,
                    "expected the digest \(Hex.encode(plan.credential.digest)) of the \(plan.credential.kind.name) that "
                        + "was written, found \(Hex.encode(digest))",
                    context: [.init("file", plan.credential.source.escapedForTerminal)],
                    hint: "noise on the line can spoil what is written: have it written again")
            }
            entries.append(entry)
        }
        self.entries = entries
    }
}
