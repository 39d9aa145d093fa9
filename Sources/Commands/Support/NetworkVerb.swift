package import Diagnostics

/// A verb that talks to a service. `assay` knows its options, help and errors; what it does is done by a program of its own,
/// so that neither start-up nor attack surface of `assay`, beside which a CA's key lies, grow by a network stack.
package protocol NetworkVerb: AssayCommand {}

extension NetworkVerb {
    package func run(in environment: Environment) throws -> ExitStatus {
        try environment.network.run(self, in: environment)
    }
}

/// What runs such verbs.
package protocol NetworkRunner: Sendable {
    func run(_ verb: any NetworkVerb, in environment: Environment) throws -> ExitStatus
}
