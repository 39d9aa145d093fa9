import Diagnostics

/// What may stand in the content of certificate commands.
enum CertificateContent {
    /// The text if it is exactly one certificate; throws `pem` for other blocks, `chain` for more than one.
    static func leaf(_ text: PEMText) throws(ToolError) -> PEMText {
        let text = try certificates(text)
        guard text.blocks.count == 1 else {
            throw ToolError(
                .chain, "expected the device's certificate alone, found \(text.blocks.count) certificates",
                hint: "keep the first certificate of the chain only")
        }
        return text
    }

    /// The text if all of its blocks are certificates; throws `pem` otherwise.
    static func certificates(_ text: PEMText) throws(ToolError) -> PEMText {
        if let stranger = text.blocks.first(where: { $0.label != "CERTIFICATE" }) {
            throw ToolError(.pem, "expected certificates only, found a block \(stranger.label)")
        }
        return text
    }
}
