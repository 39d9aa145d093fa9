public import ATCommands
public import DeviceIdentity
public import Diagnostics

/// What a modem keeps, as it lists it.
public struct StoredCredentials: Sendable {
    public let entries: [StoredCredential]

    /// - Parameter tag: the only tag to list.
    /// - Throws: ``ToolError`` with `modem-error` for a line that is none of this listing, and for two digests in one place.
    public init(_ session: ModemSession, under tag: SecTag? = nil) throws(ToolError) {
        var entries: [StoredCredential] = []
        for line in try session.ask(.listCredentials(under: tag)) {
            guard let entry = StoredCredential(information: line) else {
                throw ToolError(
                    .modemError,
                    "expected a security tag, a type and a digest after %CMNG:, found something else",
                    hint: "noise on the line can spoil a line: try again")
            }
            if let tag, entry.secTag != tag {
                throw ToolError(
                    .modemError, "expected credentials of security tag \(tag), found one of \(entry.secTag)",
                    hint: "an answer came late, or another program talks to the modem: try again")
            }
            let other = entries.first { $0.secTag == entry.secTag && $0.type == entry.type }
            guard let other else {
                entries.append(entry)
                continue
            }
            guard other == entry else {
                throw ToolError(
                    .modemError,
                    "expected one credential in a place, found two under security tag \(entry.secTag) with type "
                        + "\(entry.type)",
                    hint: "noise on the line can spoil a line: try again")
            }
        }
        self.entries = entries
    }

    /// The digest of what is stored in a place; `nil` where there is nothing.
    public func digest(of kind: CredentialKind, under tag: SecTag) -> [UInt8]? {
        entries.first { $0.secTag == tag && $0.kind == kind }?.digest
    }
}
