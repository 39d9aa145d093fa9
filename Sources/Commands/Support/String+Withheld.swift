import CommandLineSupport

extension String {
    /// This text with every credential in it replaced by its first characters, its length and a part of its digest
    /// (``CommandLineSupport/Withholding``).
    ///
    /// Everything that came from an argument or a file goes through this where it is an error's or a path's name; results
    /// that print a token do so because somebody asked (`--reveal`).
    var withheld: String { Withholding.withheld(self) }
}
