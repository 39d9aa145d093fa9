import NIOCore
import NIOPosix
import NIOSSL
import Simulator

/// What the device's client makes of a connection that does not stand or breaks.
enum ConnectionFault {
    static func answer(to error: any Error) -> ServiceAnswer {
        if let error = error as? NIOConnectionError {
            // One for each address; any refusal tells most.
            let answers = error.connectionErrors.map { answer(to: $0.error) }
            let refusal = answers.first { if case .unreachable = $0 { true } else { false } }
            return refusal ?? answers.last ?? .noAnswer("the service's name has no address")
        }
        if case .connectTimeout? = error as? ChannelError { return .connectTimedOut }
        guard let error = error as? IOError else { return .noAnswer("cannot connect") }
        switch error.errnoCode {
        case refused: return .unreachable("the connection was refused")
        case timedOut: return .connectTimedOut
        default: return .noAnswer("the connection broke (errno \(error.errnoCode))")
        }
    }

    // Of Linux; this module sees no C library.
    private static let refused: Int32 = 111
    private static let timedOut: Int32 = 110
}
