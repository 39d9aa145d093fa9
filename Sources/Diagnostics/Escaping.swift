extension String {
    /// This text made safe for a terminal: control characters, line separators, bidirectional overrides and
    /// invisible formatting characters appear as `\u{…}`.
    ///
    /// Everything that came from a token, certificate, file or server goes through this before a person
    /// sees it, so that it can neither move the cursor nor forge a line of output.
    public var escapedForTerminal: String {
        guard unicodeScalars.contains(where: Self.needsEscape) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if Self.needsEscape(scalar) {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        // Almost all text is ASCII, and looking up a category costs more than everything else about a line.
        if scalar.value < 0x7f { return scalar.value < 0x20 }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            true
        default: false
        }
    }
}
