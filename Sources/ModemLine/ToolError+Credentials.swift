import DeviceIdentity
import Diagnostics
import InputOutput

/// What a failure leaves behind in a modem, which the next step depends on.
extension ToolError {
    /// There is a key that nobody knows, or may be.
    func withKey(_ state: String, under tag: SecTag) -> ToolError {
        var error = told("interrupted while the modem made a key")
        error.context.append(.init("key", "\(state) under security tag \(tag)"))
        error.hint = .replaceStored
        return error
    }

    /// What the failure follows is gone.
    func afterDeletion(of kind: CredentialKind, under tag: SecTag) -> ToolError {
        var error = told("interrupted after a credential was deleted")
        error.context.append(.init("deleted", "the \(kind.name) that security tag \(tag) had"))
        return error
    }

    /// Whoever does not answer may have done it; whoever refuses has not.
    func duringDeletion(of kind: CredentialKind, under tag: SecTag) -> ToolError {
        guard code == .io else { return self }
        var error = told("interrupted while a credential was deleted")
        error.context.append(
            .init("deleted", "perhaps, the \(kind.name) that security tag \(tag) had"))
        return error
    }

    /// The modem is off line besides.
    func leaving(_ leftOffLine: ToolError?) -> ToolError {
        var error = self
        error.context += leftOffLine?.context.filter { $0.name == "modem" } ?? []
        return error
    }

    /// An interrupt is no news to whoever sent it; what it left behind is.
    func told(_ message: String) -> ToolError {
        guard self.message == Interruption.error.message else { return self }
        var error = self
        error.message = message
        return error
    }
}
