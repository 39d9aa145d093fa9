import Commands
import Diagnostics
import InputOutput
import ProvisioningAPI
import Submission

/// `assay rule list`
enum RuleListRun {
    static func run(_ verb: RuleList) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let sink = StandardStream.output()
        try PagedList(session.conversation()).read(.listRules, doing: "look at rules") {
            rule throws(ToolError) in
            try sink.write(RuleReport(rule).bytes(json: verb.output.json))
            return true
        }
        if let error = session.control.error { throw error }
        return .done
    }
}
