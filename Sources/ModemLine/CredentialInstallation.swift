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
    /// Why the modem is not back on line; the credentials are in it.
    public let leftOffLine: ToolError?

    private struct Plan {
        let credential: BenchCredential
        let status: Entry.Status
        let request: ATRequest

        /// The error at this credential.
        func failure(_ error: ToolError) -> ToolError {
            error.at("file", credential.source.escapedForTerminal)
        }
    }

    /// Writes what is not there yet.
    ///
    /// - Parameter replaces: whether something else that is there may go.
    /// - Throws: ``ToolError`` with `would-overwrite` before anything is written, `modem-error`, `digest`; its context says
    ///   what was deleted and written before.
    public init(
        _ credentials: [BenchCredential], under tag: SecTag, replaces: Bool, _ session: ModemSession
    ) throws(ToolError) {
        let plans = try Self.plans(credentials, under: tag, replaces: replaces, session)
        let changes = plans.filter { $0.status != .present }
        var written: [String] = []
        do throws(ToolError) {
            var leftOffLine: ToolError?
            if !changes.isEmpty {
                leftOffLine = try session.offline { () throws(ToolError) in
                    for plan in changes {
                        do throws(ToolError) { try Self.write(plan, under: tag, session) } catch {
                            throw plan.failure(error)
                        }
                        written.append(plan.credential.source.escapedForTerminal)
                    }
                }
                .leftOffLine
            }
            self.leftOffLine = leftOffLine
            do throws(ToolError) {
                entries = try Self.verified(plans, under: tag, session)
            } catch {
                throw error.leaving(leftOffLine)
            }
        } catch {
            guard !written.isEmpty else { throw error }
            var failure = error.told("interrupted while credentials were written")
            failure.context.append(.init("written", written.joined(separator: ", ")))
            throw failure
        }
    }

    private static func plans(
        _ credentials: [BenchCredential], under tag: SecTag, replaces: Bool, _ session: ModemSession
    ) throws(ToolError) -> [Plan] {
        let before = try StoredCredentials(session, under: tag)
        var plans: [Plan] = []
        // A certificate that comes before its root or key would do no harm; the order of the numbers is the usual one.
        for credential in credentials.sorted(by: { $0.kind.rawValue < $1.kind.rawValue }) {
            let found = before.digest(of: credential.kind, under: tag)
            let status: Entry.Status =
                found == credential.digest ? .present : found == nil ? .written : .replaced
            let plan = Plan(
                credential: credential, status: status,
                request: try .writeCredential(credential.kind, under: tag, credential.text))
            guard status != .replaced || replaces else {
                throw plan.failure(
                    ToolError(
                        .wouldOverwrite, "security tag \(tag) has another \(credential.kind.name) already",
                        hint: .replaceStored))
            }
            plans.append(plan)
        }
        return plans
    }

    private static func write(_ plan: Plan, under tag: SecTag, _ session: ModemSession) throws(ToolError) {
        let kind = plan.credential.kind
        guard plan.status == .replaced else {
            do throws(ToolError) {
                _ = try session.ask(plan.request)
            } catch {
                throw error.told("interrupted while a credential was written")
            }
            return
        }
        do throws(ToolError) {
            _ = try session.ask(.deleteCredential(kind, under: tag))
        } catch {
            throw error.duringDeletion(of: kind, under: tag)
        }
        // A digest that is listed after writing says nothing of a private key where it may be that of the old one.
        let rest: StoredCredentials
        do throws(ToolError) {
            rest = try StoredCredentials(session, under: tag)
        } catch {
            throw error.afterDeletion(of: kind, under: tag)
        }
        guard rest.digest(of: kind, under: tag) == nil else {
            throw ToolError(
                .digest,
                "expected no \(kind.name) under security tag \(tag) after it was deleted, found one in the listing",
                hint: "the modem says that it deleted it and has it still: choose another security tag")
        }
        do throws(ToolError) {
            _ = try session.ask(plan.request)
        } catch {
            throw error.afterDeletion(of: kind, under: tag)
        }
    }

    /// What the modem lists of each.
    private static func verified(
        _ plans: [Plan], under tag: SecTag, _ session: ModemSession
    ) throws(ToolError) -> [Entry] {
        let after = try StoredCredentials(session, under: tag)
        var entries: [Entry] = []
        for plan in plans {
            let kind = plan.credential.kind
            guard let digest = after.digest(of: kind, under: tag) else {
                throw plan.failure(
                    ToolError(
                        .digest,
                        "expected the \(kind.name) that was written, found none in the listing"))
            }
            let entry = Entry(credential: plan.credential, status: plan.status, digest: digest)
            guard entry.isVerified || kind == .privateKey else {
                throw plan.failure(
                    ToolError(
                        .digest,
                        "expected the digest \(Hex.encode(plan.credential.digest)) of the \(kind.name) that was "
                            + "written, found \(Hex.encode(digest))",
                        hint: "noise on the line can spoil what is written: have it written again"))
            }
            entries.append(entry)
        }
        return entries
    }
}
