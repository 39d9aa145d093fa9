public import DeviceIdentity
public import Diagnostics
import JSON

/// Where a device was at the end of a simulation.
public struct DeviceOutcome: Sendable, Equatable {
    /// Why a device waited, or that it need not wait any more.
    public enum Status: String, Sendable {
        /// It has not had an answer yet.
        case waiting
        /// A `finished` was acknowledged, or does not come again though the answer to its report was lost.
        case provisioned
        /// The service had nothing to do for it.
        case idle
        case unclaimed
        /// The service refused its credentials or its request.
        case refused
        case overloaded
        case unreachable
        /// The answer could not be used, or the device had no room for it.
        case failed
    }

    /// How many different failures are kept.
    static let failureLimit = 20

    public let deviceUUID: DeviceUUID
    public internal(set) var status = Status.waiting
    /// Commands executed, helper steps and `finished` included.
    public internal(set) var commands = 0
    /// What its modem had in the end, where that was asked for.
    public internal(set) var credentials: CredentialStore?
    /// What went wrong on the way, each once.
    public private(set) var failures: [CheckFailure] = []

    public init(deviceUUID: DeviceUUID) { self.deviceUUID = deviceUUID }

    mutating func note(_ failure: CheckFailure) {
        guard failures.count < Self.failureLimit, !failures.contains(failure) else { return }
        failures.append(failure)
    }

    /// One line of `assayd.device/1`, with its line end.
    public var line: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 160)
        writer.beginObject()
        writer.member("schema", ascii: "assayd.device/1")
        writer.member("deviceUuid", deviceUUID.description)
        writer.member("status", status.rawValue)
        writer.member("commands", Int64(commands))
        writer.key("failures")
        writer.beginArray()
        for failure in failures {
            writer.beginObject()
            writer.member("code", failure.code.rawValue)
            writer.member("message", failure.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
