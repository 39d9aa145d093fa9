import ArgumentParser

/// `assay onboard`: devices with credentials of one's own at the neighbouring device API.
struct OnboardGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "onboard",
        abstract: "Send onboarding files: devices whose certificates are of one's own CA.",
        subcommands: [OnboardSubmit.self])
}
