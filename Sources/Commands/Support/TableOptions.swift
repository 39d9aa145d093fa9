import ArgumentParser
import CSV

/// Option of every command that reads tables.
struct TableOptions: ParsableArguments {
    @Option(
        help: .init(
            "The fields of the input are separated by this: comma, semicolon, tab or bar, or the character.",
            valueName: "delimiter"))
    private var delimiter: DelimiterChoice?

    /// That of the tables that are read; nil where nothing was said.
    var character: CSVDelimiter? { delimiter?.delimiter }

    /// - Parameter mayBeTable: whether the format that was named, if any, is that of tables.
    func demandTable(_ mayBeTable: Bool) throws {
        guard delimiter == nil || mayBeTable else {
            throw ValidationError("--delimiter is for tables: expected --format csv with it")
        }
    }
}

/// The values of `--delimiter`.
struct DelimiterChoice: ExpressibleByArgument {
    let delimiter: CSVDelimiter

    init?(argument: String) {
        guard let delimiter = CSVDelimiter(argument) else { return nil }
        self.delimiter = delimiter
    }

    static var allValueStrings: [String] { CSVDelimiter.names }
}
