extension Unicode.Scalar {
    /// Whether a reader does not see the character, or it changes how others are shown: two texts that differ in such
    /// characters alone look like one.
    public var isInvisible: Bool {
        // The ideographic space is as wide as the characters beside it, and looks like the space that it is.
        if value < 0x80 || value == 0x3000 { return false }
        // The blank of Braille is a symbol to Unicode.
        if value == 0x2800 || properties.isDefaultIgnorableCodePoint { return true }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .surrogate,
            .unassigned:
            return true
        default: return false
        }
    }
}
