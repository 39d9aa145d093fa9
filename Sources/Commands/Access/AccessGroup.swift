import Access
import ArgumentParser

/// `assay access`: which credentials a connection needs, and whether they are there.
struct AccessGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access",
        abstract: "Say which credentials a connection needs, and check that they are there and good.",
        subcommands: [AccessPlanCommand.self, AccessCheckCommand.self])
}

/// The values of `--target`.
enum AccessTargetChoice: String, ExpressibleByArgument, CaseIterable {
    case device, user

    var target: AccessTarget {
        switch self {
        case .device: .device
        case .user: .user
        }
    }
}

/// The values of `--use`.
enum AccessUseChoice: String, ExpressibleByArgument, CaseIterable {
    case mqtt, rest, coap, fota, location

    var use: AccessUse {
        switch self {
        case .mqtt: .mqtt
        case .rest: .rest
        case .coap: .coap
        case .fota: .fota
        case .location: .location
        }
    }
}
