import CommandLineSupport
import Commands
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission

/// `assay account show`
enum AccountShowRun {
    static func run(_ verb: AccountShow) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        guard let (method, url) = session.address.request(.getAccount) else {
            throw ToolError(.internalFault, "no path of the account")
        }
        // A person waits: once, and no journal is needed for a question.
        let account: Account
        switch session.send(ServiceCall(method: method, url: url)) {
        case .answer(let answer): account = try Account(answer, at: session.address)
        case .senseless(let reason):
            throw ToolError(
                .serviceContract, "the service's answer makes no sense: \(reason)",
                context: [.init("service", session.address.core.escapedForTerminal)],
                hint: "check the address of the service")
        case .notSent(let reason), .unanswered(let reason):
            throw ToolError(
                .serviceUnreachable, "the service does not answer: \(reason)",
                context: [.init("service", session.address.core.escapedForTerminal)],
                hint: "check the address and the network")
        }
        try StandardStream.output().write(verb.output.json ? json(account, session) : text(account, session))
        return .done
    }

    private static func json(_ account: Account, _ session: ServiceSession) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", "assay.account/1")
        writer.member("service", session.address.provisioning)
        writer.member("team", account.team)
        writer.member("name", ifPresent: account.name)
        writer.member("role", ifPresent: account.role)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private static func text(_ account: Account, _ session: ServiceSession) -> [UInt8] {
        let name = account.name.map { " (\($0))" } ?? ""
        let lines = [
            "service  \(session.address.provisioning)", "team     \(account.team)\(name)",
            "role     \(account.role ?? "not said")",
        ]
        return Array(lines.map { Withholding.safe($0) + "\n" }.joined().utf8)
    }
}
