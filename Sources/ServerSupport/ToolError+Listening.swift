package import Diagnostics
import NIOCore

extension ToolError {
    /// A server that cannot have its address.
    ///
    /// - Parameter address: as a URL.
    package static func cannotListen(_ error: any Error, at address: String) -> ToolError {
        let reason =
            switch (error as? IOError)?.errnoCode {
            case 98?: "the address is in use"
            case 99?: "this machine has no such address"
            case 13?: "permission denied"
            case let code?: "system error \(code)"
            case nil: "\(error)"
            }
        return ToolError(.io, "cannot listen: \(reason)", context: [.init("address", address)])
    }
}
