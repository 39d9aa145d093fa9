import Access
import DeviceIdentity
import Diagnostics
import OpenSSL
import Testing

/// What a listing says of files.
@Suite struct ListingComparisonTests {
    private static let first = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    private static let second = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
    private static let tag = SecTag(7)

    private static func listing(
        _ stored: [(tag: Int, type: Int, text: String)]
    ) throws -> CredentialListing {
        let lines = stored.map {
            "%CMNG: \($0.tag),\($0.type),\"\(Hex.encode(Digest.sha256(Array($0.text.utf8))).uppercased())\"\n"
        }
        return try CredentialListing(Array(("AT%CMNG=1\n" + lines.joined() + "OK\n").utf8))
    }

    private static func compare(
        _ text: String, _ kind: CredentialKind, stored: [(tag: Int, type: Int, text: String)],
        needed: [CredentialKind] = []
    ) throws -> ListingComparison {
        ListingComparison(
            try listing(stored), [ExpectedCredential(file: "a.pem", kind: kind, text: Array(text.utf8))],
            secTag: tag, needed: needed)
    }

    struct Form: Sendable {
        let stored: String
        let form: StoredForm?
        let state: ListingComparison.State

        init(_ stored: String, _ form: StoredForm?, _ state: ListingComparison.State) {
            self.stored = stored
            self.form = form
            self.state = state
        }
    }

    static let crlf = first.replacing("\n", with: "\r\n")
    static let forms = [
        Form(first, .exact, .present), Form(crlf, .carriageReturns, .lineEnds),
        Form(String(first.dropLast()), .lineFeedsCut, .lineEnds),
        Form(String(crlf.dropLast()), .carriageReturnsCut, .lineEnds), Form(second, nil, .different),
        Form(first + "\n", nil, .different),
    ]

    @Test(arguments: forms)
    func formsAreTold(_ form: Form) throws {
        let stored = form.stored
        let comparison = try Self.compare(Self.first, .rootCertificate, stored: [(7, 0, stored)])
        let answer = try #require(comparison.answers.first)
        #expect(comparison.answers.count == 1)
        #expect(answer.state == form.state)
        #expect(answer.form == form.form)
        #expect(answer.place == nil)
    }

    /// A file with CR LF, of which the modem has the form that modems take.
    @Test func theFileMayHaveTheOtherLineEnds() throws {
        let comparison = try Self.compare(Self.crlf, .clientCertificate, stored: [(7, 1, Self.first)])
        #expect(comparison.answers.map(\.state) == [.present])
        #expect(comparison.answers.map(\.form) == [.lineFeeds])
        #expect(comparison.findings == [])
    }

    /// Two CAs in one text, as a provisioning command writes them; the first of a chain.
    @Test func severalBlocksAreCompared() throws {
        let file = Self.first + Self.second
        let composed = try Self.compare(
            file, .rootCertificate, stored: [(7, 0, Self.first + "\n" + Self.second)])
        #expect(composed.answers.map(\.form) == [.composed])
        let leaf = try Self.compare(file, .clientCertificate, stored: [(7, 1, Self.first)])
        #expect(leaf.answers.map(\.form) == [.first])
        #expect(leaf.answers.map(\.state) == [.present])
    }

    @Test func placesAreTold() throws {
        let elsewhere = try Self.compare(Self.first, .rootCertificate, stored: [(8, 0, Self.first)])
        #expect(elsewhere.answers.map(\.state) == [.elsewhere])
        #expect(elsewhere.answers.first?.place?.secTag == SecTag(8))
        #expect(elsewhere.findings.map(\.code) == [.secTag])
        let absent = try Self.compare(Self.first, .rootCertificate, stored: [(8, 0, Self.second)])
        #expect(absent.answers.map(\.state) == [.absent])
        #expect(absent.findings.map(\.code) == [.credentialMissing])
    }

    /// The digest of a key follows no published rule: even the digest of its own text says nothing.
    @Test func keysAreNotCompared() throws {
        let there = try Self.compare("key", .privateKey, stored: [(7, 2, "key")])
        #expect(there.answers.map(\.state) == [.notComparable])
        #expect(there.findings.map(\.severity) == [.note])
        let absent = try Self.compare("key", .privateKey, stored: [(8, 2, "key")])
        #expect(absent.answers.map(\.state) == [.absent])
        #expect(absent.findings.map(\.severity) == [.error])
    }

    /// Each thing that is missing is told once: by its file, or by the need.
    @Test(arguments: AccessUse.allCases)
    func needsAreTold(_ use: AccessUse) throws {
        let needed = try #require(AccessPlan.of(.device, use)).modemKinds
        let nothing = ListingComparison(try Self.listing([]), [], secTag: Self.tag, needed: needed)
        #expect(nothing.findings.map(\.code) == needed.map { _ in .credentialMissing })
        #expect(nothing.findings.map(\.severity) == needed.map { _ in .error })
        let all = ListingComparison(
            try Self.listing(needed.map { (7, Int($0.rawValue), "x\($0)") }), [], secTag: Self.tag,
            needed: needed)
        #expect(all.findings == [])
        let file = ExpectedCredential(
            file: "a.pem", kind: .rootCertificate, text: Array(Self.first.utf8))
        let both = ListingComparison(try Self.listing([]), [file], secTag: Self.tag, needed: needed)
        #expect(both.findings.count == needed.count)
    }

    @Test func cutAndRepeatedListingsAreTold() throws {
        let digest = String(repeating: "00", count: 32)
        let cut = try CredentialListing(Array("%CMNG: 7,0,\"\(digest)\"\n".utf8))
        let comparison = ListingComparison(cut, [], secTag: Self.tag, needed: [.rootCertificate])
        #expect(comparison.findings.map(\.code) == [.listing])
        #expect(comparison.findings.map(\.severity) == [.note])
    }
}
