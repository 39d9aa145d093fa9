import Access
import DeviceIdentity
import Diagnostics
import TestSupport
import Testing

/// Listings as people have them.
@Suite struct CredentialListingTests {
    private static let one = String(repeating: "0A", count: 32)
    private static let two = String(repeating: "B1", count: 32)

    /// Tag, type, the digest's first octet and the line, for each entry.
    private static func read(_ text: String) throws(ToolError) -> [[Int]] {
        try CredentialListing(Array(text.utf8)).entries.map {
            [Int($0.secTag.rawValue), Int($0.type), Int($0.digest.first ?? 0), $0.line]
        }
    }

    struct Case: Sendable {
        let text: String
        let entries: [[Int]]
        var isComplete = true
        var earlier = 0

        init(_ text: String, _ entries: [[Int]], isComplete: Bool = true, earlier: Int = 0) {
            self.text = text
            self.entries = entries
            self.isComplete = isComplete
            self.earlier = earlier
        }
    }

    static let cases: [Case] = [
        Case("%CMNG: 16842753,0,\"\(one)\"\nOK\n", [[16_842_753, 0, 10, 1]]),
        Case(
            "\r\n%CMNG: 7,1,\"\(one)\"\r\n%CMNG: 7,2,\"\(two)\"\r\n\r\nOK\r\n",
            [[7, 1, 10, 2], [7, 2, 177, 3]]),
        Case("%CMNG: 7,1,\"\(one)\"\r%CMNG: 7,2,\"\(two)\"\rOK\r", [[7, 1, 10, 1], [7, 2, 177, 2]]),
        // A log's time stamps, the shell's prompt, the echo, lower-case digits, blanks, other answers between.
        Case(
            "uart:~$ at AT%CMNG=1\n[00:00:01.2] %CMNG: 7, 1 , \"\(one.lowercased())\" \n%XTIME: \"1\"\n"
                + "2026-01-01 10:00 < %CMNG: 8,11,\"\(two)\"\n[00:00:02] OK\n",
            [[7, 1, 10, 2], [8, 11, 177, 4]]),
        // Without quotes, escaped quotes of a JSON log, a type of newer firmware, the modem's own tags.
        Case("%CMNG: 4294967295,12,\(one)\nOK", [[4_294_967_295, 12, 10, 1]]),
        Case("%CMNG: 7,1,\\\"\(one)\\\"\nOK", [[7, 1, 10, 1]]),
        // A terminal of 80 columns, and of 40.
        Case(
            "%CMNG: 7,1,\"\(one.prefix(62))\n\(one.dropFirst(62))\"\n%CMNG: 8,1,\"\(two)\"\nOK\n",
            [[7, 1, 10, 1], [8, 1, 177, 3]]),
        Case(
            "%CMNG: 7,1,\"\(one.prefix(29))\n  \(one.dropFirst(29).prefix(32))\n\(one.suffix(3))\"\nOK\n",
            [[7, 1, 10, 1]]),
        // A certificate that was read.
        Case(
            "%CMNG: 7,0,\"\(one)\",\"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n\"\nOK\n",
            [[7, 0, 10, 1]]),
        // Cut; listed twice; two parts; the same slot twice in one.
        Case("%CMNG: 7,1,\"\(one)\"\n", [[7, 1, 10, 1]], isComplete: false),
        Case(
            "%CMNG: 7,1,\"\(one)\"\n%CMNG: 8,1,\"\(one)\"\nOK\n%CMNG: 7,1,\"\(two)\"\nOK\n",
            [[7, 1, 177, 4]], earlier: 1),
        Case("%CMNG: 7,1,\"\(one)\"\nOK\n%CMNG: 8,1,\"\(two)\"\nOK\n", [[7, 1, 10, 1], [8, 1, 177, 3]]),
        Case("%CMNG: 7,1,\"\(one)\"\n%CMNG: 7,1,\"\(one)\"\nOK\n", [[7, 1, 10, 1]]),
        // Nothing is stored.
        Case("AT%CMNG=1\r\n\r\nOK\r\n", []), Case("OK\n", []),
    ]

    @Test(arguments: cases)
    func readsAsPeopleHaveThem(_ listing: Case) throws {
        let read = try CredentialListing(Array(listing.text.utf8))
        #expect(try Self.read(listing.text) == listing.entries)
        #expect(read.isComplete == listing.isComplete)
        #expect(read.earlierListings == listing.earlier)
    }

    @Test(arguments: [
        ("", ErrorCode.listing), ("hello\n", .listing), ("hello\nOK\n", .listing),
        ("AT%CMNG=1\n+CME ERROR: 514\n", .modemError), ("%CMNG: 7,1\nOK\n", .listing),
        ("%CMNG: 7,1,\"0A\"\nOK\n", .listing), ("%CMNG: x,1,\"\(one)\"\nOK\n", .listing),
        ("%CMNG: 4294967296,1,\"\(one)\"\nOK\n", .listing), ("%CMNG: 7,1,\"\(one)00\"\nOK\n", .listing),
        ("%CMNG: 7,1,\"\(one)\"\n%CMNG: 8,1,\"\(two.dropLast(9))\nOK\n", .listing), ("%CMNG:", .listing),
        // One answer with two words for one slot.
        ("%CMNG: 7,1,\"\(one)\"\n%CMNG: 7,1,\"\(two)\"\nOK\n", .listing),
        ("%CMNG: 7,1,\"\(one)\"\n%CMNG: 8,1,\"\(one)\"\n%CMNG: 7,1,\"\(two)\"\n", .listing),
    ])
    func refusesOthers(_ text: String, _ code: ErrorCode) {
        let error = #expect(throws: ToolError.self) { try CredentialListing(Array(text.utf8)) }
        #expect(error?.code == code)
    }

    /// Damaged listings are read or refused, never more: no trap, no entry that was not there.
    @Test func damageIsNoTrap() throws {
        var random = SplitMix64(seed: 15)
        let sources = Self.cases.map { Array($0.text.utf8) }
        for _ in 0..<20_000 {
            var text = sources[Int(random.next() % UInt64(sources.count))]
            for _ in 0...Int(random.next() % 4) where !text.isEmpty {
                let place = Int(random.next() % UInt64(text.count))
                switch random.next() % 4 {
                case 0: text[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: text.remove(at: place)
                case 2: text.removeSubrange(place...)
                default: text.insert(contentsOf: text[..<place], at: place)
                }
            }
            guard let listing = try? CredentialListing(text) else { continue }
            for entry in listing.entries {
                #expect(entry.digest.count == 32)
                #expect(entry.line >= 1)
            }
        }
    }

    /// A megabyte without a line end, and more entries than any modem has, take no time to speak of.
    @Test(.timeLimit(.minutes(1))) func sizesAreBounded() throws {
        let long = [UInt8](repeating: UInt8(ascii: "%"), count: 1 << 20)
        #expect(throws: ToolError.self) { try CredentialListing(long) }
        var many = ""
        for tag in 0..<10_001 { many += "%CMNG: \(tag),1,\"\(Self.one)\"\n" }
        #expect(throws: ToolError.self) { try CredentialListing(Array((many + "OK\n").utf8)) }
    }
}
