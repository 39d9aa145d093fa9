import Commands
import Diagnostics

/// Does what the verbs of `assay` say that talk to a service.
struct SubmittingVerbs: NetworkRunner {
    func run(_ verb: any NetworkVerb, in environment: Environment) throws -> ExitStatus {
        switch verb {
        case let verb as ClaimSubmit:
            try verb.dryRun ? ClaimRehearsal.run(verb, environment) : ClaimSubmitRun.run(verb, environment)
        case let verb as ClaimCheck: try ClaimCheckRun.run(verb, environment)
        case let verb as ClaimStatusCommand: try ClaimStatusRun.run(verb, environment)
        case let verb as CommandsSubmit: try CommandsSubmitRun.run(verb, environment)
        case let verb as RuleSubmit: try RuleSubmitRun.run(verb, environment)
        case let verb as RuleList: try RuleListRun.run(verb)
        case let verb as OnboardSubmit: try OnboardSubmitRun.run(verb, environment)
        case let verb as FleetList: try FleetListRun.run(verb)
        case let verb as FleetShow: try FleetShowRun.run(verb)
        case let verb as FleetWhy: try FleetWhyRun.run(verb)
        case let verb as any FleetChangeVerb: try FleetChangeRun.run(verb)
        case let verb as AccountShow: try AccountShowRun.run(verb)
        default: throw ToolError(.internalFault, "expected a verb that this program knows, found another one")
        }
    }
}
