import Diagnostics
import JSON
import Journal
import Store
@testable import Submission
import TestFleet
import TestSupport
import Testing

/// What a service echoes of credentials goes nowhere.
@Suite("Credentials that a service echoes")
struct DiscretionTests {
    private static let key = "0123456789abcdef0123456789abcdef01234567"
    private static let token =
        "2dn3hQFQU0lNREVWRwamcDhd7IXXgQZQg77oz2IWgL0NC93zeqz7cFCEm74d8vuxmuCB8-VXuhoj."
        + "0oRDoQEmoQRBIfZYQBTvbARvL_qjh6ALcaHz8RixmhHM1nBMjouI0Okvn7PU4hFe1kgIdo9vr4zvU7mLcGLOqLbpvOt6-LC58vbtsBM"

    private func answer(_ outcome: TransportOutcome) -> TransportOutcome {
        DiscreetTransport(TestTransport { _ in outcome }, key: Self.key)
            .send(ServiceCall(method: "GET", url: "https://a"))
    }

    @Test(arguments: [
        (#"{"message":"unknown key Bearer KEY!"}"#, #"{"message":"unknown key Bearer [the API key]!"}"#),
        (#"{"KEY":["KEYKEY"]}"#, #"{"[the API key]":["[the API key][the API key]"]}"#),
        ("<html>KEY</html>", "<html>[the API key]</html>"),
        (#"{"message":"\u0030123456789abcdef0123456789abcdef01234567"}"#, #"{"message":"[the API key]"}"#),
        ("0123456789ABCDEF0123456789abcdef01234567", "[the API key]"),
        ("0123456789abcdef0123456789abcdef0123456", "0123456789abcdef0123456789abcdef0123456"),
        (#"{"a":"\n"}"#, #"{"a":"\n"}"#), ("", ""),
    ])
    func theKeyIsNoPartOfAnAnswer(_ body: String, _ expected: String) {
        let body = body.replacing("KEY", with: Self.key)
        #expect(answer(.json(400, body)) == .json(400, expected))
    }

    @Test func theKeyIsNoPartOfAReason() {
        #expect(answer(.unanswered("reset \(Self.key)")) == .unanswered("reset [the API key]"))
        #expect(answer(.notSent(Self.key)) == .notSent("[the API key]"))
    }

    /// A key that could be any word is left alone: nothing would be readable.
    @Test func aShortKeyIsNoWord() {
        let transport = DiscreetTransport(TestTransport { _ in .json(200, #"{"items":[]}"#) }, key: "items")
        #expect(transport.send(ServiceCall(method: "GET", url: "x")) == .json(200, #"{"items":[]}"#))
    }

    @Test func noTokenIsPartOfAMessage() {
        for body in [
            #"{"message":"bad \#(Self.token)"}"#, Self.token, #"{"detail":"\#(Self.token.prefix(60))"}"#,
        ] {
            let text = AnswerText.message(ServiceAnswer(status: 400, body: Array(body.utf8)))
            #expect(!text.contains(Self.token.prefix(40)), "\(text)")
            #expect(text.contains("characters, sha256:"))
        }
        let shown = AnswerText.shown(.object([Self.token: .array([.string(Self.token)])]))
        #expect(!String(decoding: shown.compact(), as: UTF8.self).contains(Self.token.prefix(40)))
    }

    @Test(arguments: ["", "a b", "a\n", Self.token, String(repeating: "a", count: 201)])
    func whatIsNoIdIsNone(_ text: String) {
        #expect(AnswerText.id(.string(text)) == nil)
        #expect(AnswerText.id(.string("01G4ACS60SAEK1YNGSSJHBEET0")) != nil)
    }

    /// What is refused with the token in the reason is kept without it.
    @Test func noTokenIsInTheJournal() throws {
        let (folder, time) = (try WorkFolder(), TestTime())
        let store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        let journal = try store.journal(JournalScope(kind: .claim, service: "https://a", team: "t"))
        let items = TestItems.make(2)
        let transport = TestTransport { _ in
            .json(
                200,
                #"{"failed":[{"id":"\#(items[0].name)","message":"bad \#(Self.token)"},{"id":"\#(items[1].name)","x":"\#(Self.token)"}]}"#
            )
        }
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
            clock: time.clock, control: RunControl(RetryPolicy(patience: 1), time.clock))
        let run = try store.beginRun(at: 1)
        let plan = ClaimSubmission.Plan(
            journal: journal, run: run, retriesFailed: false, isAlive: { $0 == run })
        for outcome in try ClaimSubmission(plan, talk, store).submit(items) {
            guard case .refused(let reason) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(!reason.contains(Self.token.prefix(40)))
        }
        for item in items {
            let note = try store.entry(item.key, in: journal)?.note ?? ""
            #expect(!note.isEmpty && !note.contains(Self.token.prefix(40)))
        }
    }
}
