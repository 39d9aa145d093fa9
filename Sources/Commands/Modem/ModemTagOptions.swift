import ArgumentParser
import DeviceIdentity
import Diagnostics

/// `--sec-tag` of a verb that writes: one that an application may use.
struct ModemTagOptions: ParsableArguments {
    @Option(help: .init("The security tag, for example 16842753.", valueName: "n"))
    var secTag: String

    /// - Throws: ``ToolError`` with code `usage`.
    func tag() throws(ToolError) -> SecTag {
        let tag = try SecTag(text: secTag)
        guard !tag.isReservedForModem else {
            throw ToolError(
                .usage, "expected a security tag of at most \(SecTag.largestForApplications), found \(tag)",
                hint: "the tags above are the modem's own, and traffic under some of them can be decrypted")
        }
        return tag
    }
}
