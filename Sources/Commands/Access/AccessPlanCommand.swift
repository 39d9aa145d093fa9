import Access
import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput

/// `assay access plan`
struct AccessPlanCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say which credentials a connection needs, where each lives, and how to get it.",
        discussion: """
            A device needs the root CA and a private key for all but downloads, which need the root CA alone; MQTT needs a \
            client certificate too, whose common name is the client id. Users have an API key, and for location services a \
            token of the team's service key. Certificates of a CA of your own are registered before the device connects.

            Nothing is read and nothing is made: the plan names the commands. Words in capitals are yours to fill in.

            EXAMPLES

              assay access plan --target device --use mqtt
              assay access plan --target user --use location --json
            """)

    @Option(help: .init("Who connects: device or user.", valueName: "target"))
    var target: AccessTargetChoice

    @Option(help: .init("What for: mqtt, rest, coap, fota or location.", valueName: "use"))
    var use: AccessUseChoice

    @Option(help: .init("The device, by its UUID, instead of the word UUID.", valueName: "uuid"))
    var device: String?

    @OptionGroup var tag: SecTagOption
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let device = try device.map { text throws(ToolError) in try DeviceUUID(text: text) }
        guard let plan = AccessPlan.of(target.target, use.use) else {
            throw ToolError(
                .usage, "expected a use that users have, found \(use.rawValue), which is for devices",
                hint: "--use rest is the way of users; --target device has the plan for \(use.rawValue)")
        }
        let report = AccessPlanReport(plan, try tag.value(), device: device)
        try StandardStream.output().write(output.json ? report.json : report.text)
        return .done
    }
}

/// `--sec-tag` of the verbs about a modem.
struct SecTagOption: ParsableArguments {
    @Option(
        help: .init(
            "The security tag under which the modem keeps the credentials, 16842753 by default.",
            valueName: "n"))
    var secTag: String?

    /// The tag; throws `usage`.
    func value() throws(ToolError) -> SecTag {
        guard let secTag else { return .nrfCloud }
        let tag = try SecTag(text: secTag)
        guard !tag.isReservedForModem else {
            throw ToolError(
                .usage, "expected a security tag from 0 to \(SecTag.largestForApplications), found \(tag)")
        }
        return tag
    }
}
