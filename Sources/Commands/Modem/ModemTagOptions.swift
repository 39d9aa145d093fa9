import ArgumentParser
import DeviceIdentity
import Diagnostics

/// `--sec-tag` of a verb that writes: one that an application may use.
struct ModemTagOptions: ParsableArguments {
    @Option(help: .init("The security tag, for example 16842753.", valueName: "n"))
    var secTag: String

    /// - Throws: ``ToolError`` with `usage` or `sec-tag`.
    func tag() throws(ToolError) -> SecTag {
        let tag = try SecTag(text: secTag)
        guard !tag.isReservedForModem || tag.isForTests else {
            throw ToolError(
                .secTag, "expected a security tag of at most \(SecTag.largestForApplications), found \(tag)",
                hint: "the tags above belong to the modem")
        }
        return tag
    }
}
