import ATCommands
public import Attestation
public import DeviceIdentity
public import Diagnostics
import InputOutput
public import PKIX

/// A key that a modem made, and its word for it.
public struct MadeKey: Sendable {
    /// What to make, and where.
    public struct Order: Sendable {
        public let tag: SecTag
        public let kind: KeyMessage.Subject
        /// The name that the request is to have; `nil` leaves it to the modem.
        public let subject: DistinguishedName?
        let request: ATRequest

        /// - Parameter usage: nine characters 0 or 1, the bits of RFC 5280 section 4.2.1.3 from the first.
        /// - Throws: ``ToolError`` with code `usage` for a name that cannot stand in a command.
        public init(
            _ kind: KeyMessage.Subject, under tag: SecTag, subject: DistinguishedName? = nil,
            usage: String? = nil
        ) throws(ToolError) {
            self.tag = tag
            self.kind = kind
            self.subject = subject
            // Attributes with commas between, the most specific one first.
            request = try .generateKey(
                under: tag, isPublicKeyAlone: kind == .publicKey, attributes: subject?.description,
                usage: usage)
        }
    }

    public let answer: ModemToken
    /// Why the modem is not back on line. The key is there all the same, and its answer comes once.
    public let leftOffLine: ToolError?

    /// Makes a key.
    ///
    /// - Parameter replaces: whether a key that is there is deleted before.
    /// - Throws: ``ToolError`` with `would-overwrite`, `modem-error`, `uuid-mismatch`, `sec-tag`, `digest`, or as a token's
    ///   shape has it; its context says whether there may be a key now, and whether the old one is gone.
    public init(
        _ order: Order, replaces: Bool, _ session: ModemSession, of identity: ModemIdentity
    ) throws(ToolError) {
        let tag = order.tag
        let isTaken = try StoredCredentials(session, under: tag).digest(of: .privateKey, under: tag) != nil
        guard !isTaken || replaces else {
            throw ToolError(
                .wouldOverwrite, "security tag \(tag) has a private key already", hint: .replaceStored)
        }
        let done = try session.offline { () throws(ToolError) -> String in
            if isTaken { try Self.delete(under: tag, session) }
            do throws(ToolError) {
                return try Self.make(order, session)
            } catch {
                throw isTaken ? error.afterDeletion(of: .privateKey, under: tag) : error
            }
        }
        leftOffLine = done.leftOffLine
        do throws(ToolError) {
            answer = try ModemToken(done.value, of: identity)
            try Self.demand(order, answer.token)
        } catch {
            throw error.withKey("was made", under: tag).leaving(done.leftOffLine)
        }
    }

    private static func delete(under tag: SecTag, _ session: ModemSession) throws(ToolError) {
        do throws(ToolError) {
            _ = try session.ask(.deleteCredential(.privateKey, under: tag))
        } catch {
            throw error.duringDeletion(of: .privateKey, under: tag)
        }
    }

    private static func make(_ order: Order, _ session: ModemSession) throws(ToolError) -> String {
        if Interruption.requested { throw Interruption.error }
        let answer: ATAnswer
        do throws(ToolError) {
            answer = try session.answer(order.request)
        } catch {
            throw error.withKey("may have been made", under: order.tag)
        }
        // A refusal is the modem's word that there is none.
        guard case .ok(let information) = answer, let text = information.first else {
            throw session.refusal(answer, order.request)
        }
        return text
    }

    /// Asserts that the answer is the one to this order.
    private static func demand(_ order: Order, _ token: AttestationToken) throws(ToolError) {
        guard let message = token.keyMessage else {
            throw ToolError(
                .tokenFormat, "expected the answer to AT%KEYGEN, found another answer of the modem")
        }
        guard message.secTag == order.tag else {
            throw ToolError(
                .secTag,
                "expected the answer for security tag \(order.tag), found one for \(message.secTag)")
        }
        guard message.digest == token.actualDigest else {
            throw ToolError(.digest, "expected the digest of what the modem made, found another")
        }
        guard message.subject == order.kind else {
            let isRequest = message.subject == .certificationRequest
            throw ToolError(
                .modemError,
                isRequest
                    ? "expected a public key as it was asked for, found a certification request"
                    : "expected a certification request as it was asked for, found a public key")
        }
        guard case .certificationRequest(_, let request) = token.content, let subject = order.subject else {
            return
        }
        guard attributes(request.subject) == attributes(subject) else {
            throw ToolError(
                .modemError,
                "expected a request for \(subject.description.escapedForTerminal), found one for "
                    + String(request.subject.description.prefix(256)).escapedForTerminal)
        }
    }

    /// A name's attributes without their order: modems take a text, and which end of it is the first is their matter. What
    /// can stand in a command has no comma within a value.
    private static func attributes(_ name: DistinguishedName) -> [Substring] {
        name.description.split(separator: ",").sorted()
    }
}
