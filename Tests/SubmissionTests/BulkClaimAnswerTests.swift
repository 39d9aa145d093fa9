import Submission
import Testing

/// What the service may answer to a bulk claim, documented or not.
@Suite struct BulkClaimAnswerTests {
    private let items = TestItems.make(3)

    private func verdicts(_ status: Int, _ body: String) throws -> [BulkClaimAnswer.Verdict] {
        let answer = BulkClaimAnswer(ServiceAnswer(status: status, body: Array(body.utf8)), to: items)
        guard case .rows(let verdicts) = answer else {
            Issue.record("\(answer)")
            return []
        }
        return verdicts
    }

    private func id(_ place: Int) -> String { items[place].name }

    @Test func allClaimed() throws {
        let body = #"{"claimedIds":["\#(id(0))","\#(id(1).uppercased())","\#(id(2))"]}"#
        #expect(try verdicts(201, body) == [.claimed, .claimed, .claimed])
    }

    @Test(arguments: [0, 1])
    func rowsAreCountedFromZeroOrOne(_ first: Int) throws {
        let body =
            #"{"claimedIds":["\#(id(0))","\#(id(2))"],"failed":[{"row":\#(1 + first),"message":"no"}]}"#
        #expect(try verdicts(200, body) == [.claimed, .refused("no"), .claimed])
    }

    @Test func rowsMayBeNamedInOtherWays() throws {
        let token = String(decoding: items[0].token, as: UTF8.self)
        let body =
            #"{"failed":[{"claimToken":"\#(token)","message":"a"},{"id":"\#(id(1))","error":"b"},"[2]: c"]}"#
        #expect(try verdicts(400, body) == [.refused("a"), .refused("b"), .refused("[2]: c")])
    }

    /// Counted from 0 it is one row, counted from 1 another: both are asked for, and none is told as refused.
    @Test func aRowThatMayBeCountedEitherWayIsAskedFor() throws {
        let found = try verdicts(
            200, #"{"failed":[{"row":1,"message":"no"},{"row":2,"message":"nor this"}]}"#)
        #expect(
            found == [.unaccounted("no"), .unaccounted("no, or: nor this"), .unaccounted("nor this")])
        let last = try verdicts(200, #"{"failed":[{"row":1,"message":"no"}]}"#)
        #expect(last[0] == .unaccounted("no") && last[1] == .unaccounted("no"))
        #expect(last[2] == .unaccounted("the service's answer does not name the device"))
    }

    /// A number that is none of a row of the body says how rows are counted.
    @Test(arguments: [(0, 0), (3, 2)])
    func aRowThatCanBeCountedOneWayIsRefused(_ row: Int, _ place: Int) throws {
        #expect(
            try verdicts(200, #"{"failed":[{"row":\#(row),"message":"no"}]}"#)[place] == .refused("no"))
    }

    @Test(arguments: ["-9223372036854775808", "9223372036854775807", "-1", "4"])
    func aRowThatIsNotThereNamesNone(_ row: String) throws {
        let found = try verdicts(200, #"{"failed":[{"row":\#(row),"message":"no"}]}"#)
        #expect(
            found
                == Array(
                    repeating: .unaccounted("the service refused rows that it does not name: no"), count: 3))
    }

    @Test func whatNamesNoRowIsAskedFor() throws {
        let body = #"{"claimedIds":["\#(id(0))"],"failed":[{"strange":[1]}]}"#
        let found = try verdicts(200, body)
        #expect(found[0] == .claimed)
        guard case .unaccounted(let remark) = found[1] else {
            Issue.record("\(found)")
            return
        }
        #expect(remark.contains("strange"))
        #expect(found[1] == found[2])
    }

    @Test func claimedAndFailedAtOnceIsAskedFor() throws {
        let body = #"{"claimedIds":["\#(id(0))"],"failed":[{"id":"\#(id(0))","message":"no"}]}"#
        #expect(try verdicts(200, body)[0] == .unaccounted("no"))
    }

    /// Counts that do not add up: rows that nobody mentions.
    @Test func rowsThatAreNotMentionedAreAskedFor() throws {
        let found = try verdicts(201, #"{"claimedIds":["\#(id(2))"]}"#)
        #expect(found[0] == .unaccounted("the service's answer does not name the device"))
        #expect(found[2] == .claimed)
    }

    @Test func anEmptyBodyIsNoAnswer() throws {
        #expect(try verdicts(201, "")[1] == .unaccounted("the service's answer is empty"))
        #expect(try verdicts(400, "")[1] == .refused("HTTP 400 without a text"))
    }

    @Test func aRefusalAsAWholeIsOneOfEachRow() throws {
        #expect(
            try verdicts(400, #"{"message":"too many rows"}"#)
                == Array(repeating: .refused("too many rows"), count: 3))
    }

    @Test(arguments: [(200, "<html>hello</html>"), (400, "<html>"), (201, #"{"claimedIds":["#)])
    func otherFormsAreUnreadable(_ status: Int, _ body: String) {
        let answer = BulkClaimAnswer(ServiceAnswer(status: status, body: Array(body.utf8)), to: items)
        guard case .unreadable = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test(arguments: [401, 403, 404, 302])
    func whatEveryRequestWillBeAnswered(_ status: Int) {
        let answer = BulkClaimAnswer(ServiceAnswer(status: status), to: items)
        guard case .fatal = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test func anOperationIsWaitedFor() {
        let body = #"{"bulkOpsRequestId":"01G4ACS60SAEK1YNGSSJHBEET0"}"#
        let answer = BulkClaimAnswer(ServiceAnswer(status: 202, body: Array(body.utf8)), to: items)
        #expect(answer == .operation("01G4ACS60SAEK1YNGSSJHBEET0"))
    }
}
