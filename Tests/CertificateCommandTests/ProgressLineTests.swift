@testable import Commands
import Testing

@Suite struct ProgressLineTests {
    private func line(
        _ done: Int, _ elapsed: UInt64, _ input: (Int, Int)? = nil, first: (Int, UInt64)? = nil
    ) -> ProgressLine {
        ProgressLine(
            done: done, failed: 3, unit: "requests", elapsed: elapsed,
            input: input.map { (read: $0.0, total: $0.1) },
            first: first.map { (read: $0.0, elapsed: $0.1) })
    }

    @Test func texts() {
        #expect(line(0, 0).text == "0 requests, 0/s, 3 not good")
        #expect(line(2_000, 500).text == "2000 requests, 4000/s, 3 not good")
        #expect(
            line(8_000, 2_000, (400, 1_000)).text
                == "[########------------] 40%, 8000 requests, 4000/s, 3 not good, 0:03 left")
        // Read to its end: what is still to come is not in the bytes.
        #expect(
            line(8_000, 2_000, (1_000, 1_000)).text
                == "[####################] 100%, 8000 requests, 4000/s, 3 not good")
        // A file that grew, one that shrank, an empty one.
        #expect(line(1, 1, (2_000, 1_000)).text.hasPrefix("[####################] 100%, 1 requests"))
        #expect(line(1, 1, (-5, 1_000)).text.hasPrefix("[--------------------] 0%, 1 requests"))
        #expect(line(1, 1, (0, 0)).text == "1 requests, 1000/s, 3 not good")
        #expect(line(1, 4_000_000, (1, 1_001)).text.hasSuffix(", 1111:06:40 left"))
        #expect(line(1, 60_000, (100, 200)).text.hasSuffix(", 1:00 left"))
    }

    /// A line that reaches the last column, or goes beyond it, is left behind by the next.
    @Test(arguments: [1, 24, 40, 80, 200])
    func noLineReachesTheLastColumn(columns: Int) {
        let full = line(8_000_000, 2_000, (400, 1_000))
        #expect(full.text(columns: columns).utf8.count < columns)
        #expect(columns < 80 || full.text(columns: columns) == full.text)
        #expect(columns != 40 || full.text(columns: columns).hasPrefix("8000000 requests, 4000000/s"))
        #expect(full.text(columns: nil) == full.text)
    }

    /// Reading was 200 bytes ahead after 1 s, and reads 100 bytes a second since.
    @Test func theHeadStartOfReadingIsTakenOff() {
        #expect(line(1, 1_000, (200, 1_000), first: (200, 1_000)).remaining == 4)
        #expect(line(1, 3_000, (400, 1_000), first: (200, 1_000)).remaining == 7)
        #expect(line(1, 9_000, (1_000, 1_000), first: (200, 1_000)).remaining == nil)
        #expect(line(1, 9_000).remaining == nil)
    }
}
