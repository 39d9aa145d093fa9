import TestSupport
import Testing

@Suite struct ConsolePageTests {
    static let page = """
        # Title
        ```console
        $ echo one; echo two >&2
        one
        two
        $ (exit 3)
        $ echo $? \\
          more
        3 more
        ```
        ```sh
        $ not run
        ```

        """

    @Test func commandsRunInOrderAndSeeTheLastStatus() throws {
        let page = ConsolePage(markdown: Self.page)
        #expect(page.steps.map(\.line) == [3, 6, 7])
        let results = try page.run()
        #expect(results.map(\.lines) == page.steps.map(\.output))
        #expect(results.map(\.outcome.status) == [0, 3, 0])
    }

    @Test func newOutputsReplaceTheOld() {
        let page = ConsolePage(markdown: Self.page)
        #expect(page.markdown(outputs: page.steps.map(\.output)) == Self.page)
        let changed = page.markdown(outputs: [["x"], [], ["y"]])
        #expect(ConsolePage(markdown: changed).steps.map(\.output) == [["x"], [], ["y"]])
    }

    @Test(arguments: [
        (["a"], ["a"], true), (["a"], ["b"], false), (["a"], [], false), ([], ["a"], false), ([], [], true),
        (["a", "b", "c"], ["a", "...", "c"], true), (["a", "c"], ["a", "...", "c"], true),
        (["a", "b"], ["a", "...", "c"], false), (["a"], ["..."], true), (["key 12 ok"], ["key ... ok"], true),
        (["key 12 bad"], ["key ... ok"], false), (["abc"], ["a...bc..."], true), (["ab"], ["ab...b"], false),
    ])
    func dotsStandForAnything(_ found: [String], _ expected: [String], _ matches: Bool) {
        #expect(ConsolePage.matches(found, expected: expected) == matches)
    }
}
