import ArgumentParser

/// `assay fleet`: claimed devices and their queues at a service.
struct FleetGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Look after claimed devices and their commands at a service.",
        subcommands: [
            FleetList.self, FleetShow.self, FleetWhy.self, FleetTag.self, FleetBlock.self, FleetUnblock.self,
            FleetUnclaim.self, FleetSkip.self, FleetRetry.self,
        ])
}
