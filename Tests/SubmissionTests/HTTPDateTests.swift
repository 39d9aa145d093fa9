import Testing

@testable import Submission

@Suite struct HTTPDateTests {
    private let now: Int64 = 1_800_000_000

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func allFormsAreKnown(_ text: String) {
        #expect(HTTPDate.seconds(text, now: now) == 784_111_777)
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Friday, 01-Jan-77 00:00:00 GMT", 3_376_684_800),
        ("Friday, 01-Jan-78 00:00:00 GMT", 252_460_800),
    ])
    func daysAreCounted(_ text: String, _ seconds: Int64) {
        #expect(HTTPDate.seconds(text, now: now) == seconds)
    }

    @Test(arguments: [
        "", "120", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "a b c d e f",
    ])
    func othersAreNone(_ text: String) {
        #expect(HTTPDate.seconds(text, now: now) == nil)
    }

    @Test func aWaitIsUntilTheDateAndBounded() {
        #expect(RetryPolicy.delay(until: 1_010, now: 1_000_500_000) == 9_500_000)
        #expect(RetryPolicy.delay(until: 10, now: 1_000_000_000) == 0)
        #expect(RetryPolicy.delay(until: 1_000_000, now: 0) == 300_000_000)
        #expect(RetryPolicy.delay(until: .max, now: 0) == 300_000_000)
        #expect(RetryPolicy.delay(until: .min, now: .max) == 0)
    }
}
