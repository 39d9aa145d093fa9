import Testing

/// Every verb that reads inputs, and every way in which an input can be: they all have the same manners.
@Suite struct InputMannersTests {
    typealias Verb = MannerlyVerb
    typealias Outcome = (status: Int32, results: Int, text: String)

    /// Runs a verb with --json.
    private func run(_ verb: Verb, _ inputs: [String]) throws -> Outcome {
        try MannersFolder.run(verb.words + verb.options + ["--json"] + verb.naming(inputs))
    }

    @Test(arguments: Verb.all)
    func missingFile(_ verb: Verb) throws {
        let outcome = try run(verb, ["no/such.file"])
        #expect(outcome.status == 5 && outcome.text.contains("\"code\":\"io\""), "\(outcome.text)")
        if verb.hasResults { #expect(outcome.results == 1) }
    }

    /// An input that holds nothing where something was expected.
    @Test(arguments: Verb.all)
    func nothing(_ verb: Verb) throws {
        for input in ["empty", "blank", "feeds"] + (verb.takesSeveral || verb.takesFolder ? ["hollow"] : []) {
            let outcome = try run(verb, [input])
            #expect(
                outcome.status == 4 && outcome.text.contains("\"code\":\"\(verb.code)\""),
                "\(input): \(outcome.status) \(outcome.text)")
        }
    }

    /// One that holds nothing among others has a result of its own, or is an error where all have one answer.
    @Test(arguments: Verb.all.filter(\.takesSeveral))
    func nothingAmongOthers(_ verb: Verb) throws {
        let alone = try run(verb, ["\(verb.sample)"])
        let outcome = try run(verb, ["\(verb.sample)", "empty"])
        if verb.answers == .one {
            #expect(outcome.status == 4 && outcome.results == 0, "\(outcome.text)")
            #expect(outcome.text.contains("\"code\":\"\(verb.code)\""), "\(outcome.text)")
        } else {
            #expect(outcome.status == 3 && outcome.results == alone.results + 1, "\(outcome.text)")
        }
    }

    /// What is no input of any kind does not stop the others, nor is it passed over.
    @Test(arguments: Verb.all.filter(\.takesSeveral))
    func oneBadInputAmongOthers(_ verb: Verb) throws {
        let alone = try run(verb, ["\(verb.sample)"])
        for bad in ["no/such.file", "book.xlsx"] {
            let outcome = try run(verb, ["\(bad)", "\(verb.sample)"])
            if verb.answers == .one {
                #expect([4, 5].contains(outcome.status) && outcome.results == 0, "\(bad): \(outcome.text)")
            } else {
                #expect(
                    outcome.status == 3 && outcome.results == alone.results + 1, "\(bad): \(outcome.text)")
            }
        }
    }

    @Test(arguments: Verb.all)
    func marksAndLineEnds(_ verb: Verb) throws {
        let plain = try run(verb, ["\(verb.sample)"])
        #expect(plain.status == 0, "\(plain.text)")
        for manner in ["mark", "crlf", "cr"] {
            let outcome = try run(verb, ["\(verb.sample).\(manner)"])
            #expect(outcome.status == 0 && outcome.results == plain.results, "\(manner): \(outcome.text)")
        }
    }

    /// What is something else altogether is called by its name.
    @Test(arguments: Verb.all)
    func somethingElse(_ verb: Verb) throws {
        let names = [
            "\(verb.sample).utf16": "found UTF-16", "book.xlsx": "found an Excel workbook (xlsx)",
            "packed.gz": "found gzip data", "page.html": "found an HTML page",
        ]
        for (input, name) in names {
            let outcome = try run(verb, [input])
            #expect(
                outcome.status == 4 && outcome.text.contains(name)
                    && outcome.text.contains("\"code\":\"\(verb.code)\""),
                "\(input): \(outcome.status) \(outcome.text)")
        }
    }

    @Test(arguments: Verb.all.filter(\.takesSeveral))
    func foldersAndLists(_ verb: Verb) throws {
        let plain = try run(verb, ["\(verb.sample)"])
        let folder = try run(verb, ["\(verb.sample).folder"])
        #expect(folder.status == 0 && folder.results == plain.results, "\(folder.text)")
        if !folder.text.contains("links passed over") {
            #expect([["cert", "verify"], ["token", "recover-key"]].contains(verb.words), "\(folder.text)")
        }
        let list = try run(verb, ["--files-from", "\(verb.sample).list"])
        #expect(list.status == 0 && list.results == plain.results, "\(list.text)")
        let missing = try run(verb, ["--files-from", "no/such.list"])
        #expect(missing.status == 5 && missing.text.contains("\"code\":\"io\""), "\(missing.text)")
        let nothing = try run(verb, ["--files-from", "blank"])
        #expect(nothing.status == 4 && nothing.text.contains("\"code\":\"\(verb.code)\""), "\(nothing.text)")
        let twice = try run(verb, ["\(verb.sample)", "\(verb.sample)"])
        #expect(twice.status == (verb.takesTwice ? 0 : 3), "\(twice.text)")
        #expect(twice.results == plain.results * (verb.answers == .one ? 1 : 2), "\(twice.text)")
    }

    /// A folder where one file belongs is named, and is neither read nor taken for an empty file.
    @Test(arguments: Verb.all.filter { !$0.takesSeveral && !$0.takesFolder })
    func aFolderWhereOneFileBelongs(_ verb: Verb) throws {
        for folder in ["\(verb.sample).folder", "hollow"] {
            let outcome = try run(verb, [folder])
            #expect(
                outcome.status == 5 && outcome.text.contains("\"code\":\"io\"")
                    && outcome.text.contains(folder),
                "\(outcome.status) \(outcome.text)")
        }
    }
}
