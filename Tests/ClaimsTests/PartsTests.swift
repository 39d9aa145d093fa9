import CSV
import Claims
import DeviceIdentity
import Diagnostics
import JSON
import TestSupport
import Testing

@Suite struct TagsTests {
    @Test(arguments: [
        ("a", []), ("a,b", []), ("location=Trondheim,nrf-cloud-onboarding", []), ("a|b,c", ["a|b"]),
        ("stua æ,x", ["stua æ"]),
    ])
    func accepted(_ text: String, _ unusual: [String]) throws {
        let tags = try ClaimTags(text)
        #expect(tags.text == text)
        #expect(tags.unusual == unusual)
    }

    @Test(arguments: [
        ("", "expected a tag between commas, found nothing"),
        ("a,", "expected a tag between commas, found nothing"),
        (",a", "expected a tag between commas, found nothing"),
        ("a\"b", "expected a tag without quotation marks, found one"),
        ("a\nb", "expected a tag on one line, found a line end in it"),
        ("a\r", "expected a tag on one line, found a line end in it"),
        ("a\u{0}b", "expected a tag of printable characters, found a control character"),
        ("a, b", "expected no white space around a tag, found some"),
    ])
    func refused(_ text: String, _ message: String) {
        let error = #expect(throws: ClaimFinding.self) { try ClaimTags(text) }
        #expect(error?.failure.message == message)
    }

    @Test func boundsTheLength() throws {
        #expect(try ClaimTags(String(repeating: "a", count: 4096)).text.utf8.count == 4096)
        #expect(throws: ClaimFinding.self) { try ClaimTags(String(repeating: "a", count: 4097)) }
    }
}

@Suite struct DeviceIndexTests {
    /// Against a dictionary, with identities that repeat.
    @Test func agreesWithADictionary() throws {
        var random = SplitMix64(seed: 5)
        var index = DeviceIndex()
        var model: [DeviceUUID: DeviceIndex.Occurrence] = [:]
        for line in 1...60_000 {
            var bytes = Array("P61T91D0".utf8) + Array(repeating: 0, count: 8)
            let number = Int.random(in: 0..<40_000, using: &random)
            bytes[14] = UInt8(number >> 8 & 0xff)
            bytes[15] = UInt8(number & 0xff)
            let device = try unwrapped(DeviceUUID(bytes: bytes[...]))
            let here = DeviceIndex.Occurrence(
                source: line % 70_000, line: line << 8, fingerprint: UInt32(truncatingIfNeeded: random.next())
            )
            let first = index.insert(device, here)
            #expect(first == model[device])
            if first == nil { model[device] = here }
        }
        #expect(index.count == model.count)
    }
}

@Suite struct BatchTests {
    @Test func linesAreQuotedAndBodiesEndAtAThousand() throws {
        var batch = ClaimBatch()
        var writer = CSVWriter()
        ClaimBatch.line(token: Array("t.s".utf8)[...], tags: try ClaimTags("a,b"), into: &writer)
        ClaimBatch.line(token: Array("t.s".utf8)[...], tags: nil, into: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"t.s\",\"a,b\"\n\"t.s\"\n")
        for number in 1...1_000 {
            #expect(!batch.isFull)
            #expect(batch.append(line: writer.bytes) == number)
        }
        #expect(batch.isFull)
        batch.advance()
        #expect(batch.number == 2)
        #expect(batch.rowCount == 0)
        #expect(batch.bytes.isEmpty)
    }
}

@Suite struct JSONRowTests {
    private func row(_ text: String) -> ClaimRow { ClaimRow(line: 7, json: Array(text.utf8)[...]) }

    @Test func membersAreCells() {
        let row = row(
            #"{"attestationToken":" a.b ","imei":"1","deviceId":"u","timestamp":null,"tags":["x","y"],"more":1}"#
        )
        func text(_ cell: ClaimRow.Cell?) -> String? {
            cell.map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        #expect(row.finding == nil)
        #expect(text(row.token) == "a.b")
        #expect(text(row.imei) == "1")
        #expect(text(row.uuid) == "u")
        #expect(text(row.time) == nil)
        #expect(text(row.tags) == "x,y")
        #expect(row.line == 7)
    }

    @Test(arguments: [
        ("[]", "malformed json [] expected an object, found an array"),
        (
            #"{"token":"a.b","imei":352656106111233}"#,
            "malformed json [imei] expected a text as imei, found an integer"
        ),
        (
            #"{"token":"a.b","tags":["a,b"]}"#,
            "malformed json [tags] expected tags without commas, found one in the array"
        ),
        (
            #"{"token":"a.b","claimToken":null,"attestationToken":"c.d"}"#,
            "malformed json [token] expected one member for token, found two"
        ),
        (
            #"{"token":"a.b","token":"a.b"}"#,
            "malformed json [] expected distinct member names, found one twice, character 22"
        ),
        (
            #"{"token":"a.b","imei":NaN}"#,
            "malformed json [] expected a JSON value, found something else, character 25"
        ),
        (
            #"{"token":"a.b","imei":9007199254740993}"#,
            "malformed json [imei] expected a text as imei, found an integer"
        ),
        (
            #"{"token":"a.b","imei":355026930000000000000000000000}"#,
            "malformed json [imei] expected a text as imei, found a number"
        ),
        (
            #"{"token":"a.b","tags":["\ud800"]}"#,
            "malformed json [] expected a Unicode escape with surrogates in pairs, found another, character 31"
        ),
        (
            #"{"token":"a.b","deep":"# + String(repeating: "[", count: 200),
            "malformed json [] expected at most 128 levels of nesting, found more, character 150"
        ),
        (
            #"{"token":"a.b"}{"token":"a.b"}"#,
            "malformed json [] expected the end after the JSON value, found more, character 16"
        ),
        (
            #"{"token":"a.b","tags":["a",""]}"#,
            "malformed json [tags] expected tags, found an empty text in the array"
        ),
        (
            #"{"token":"a.b","tags":[1]}"#,
            "malformed json [tags] expected a text or an array of texts as tags, found an array"
        ),
    ])
    func refused(_ text: String, _ summary: String) {
        #expect(row(text).finding?.summary == summary)
    }
}
