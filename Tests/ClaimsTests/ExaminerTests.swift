import Attestation
import CSV
import Claims
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import TestSupport
import Testing

private func rows(_ text: String) -> [ClaimRow] {
    var layout: ClaimLayout?
    return CSVReader.events(in: Array(text.utf8)).compactMap { event in
        switch event {
        case .malformed(let error): return (layout ?? .utilities).row(error, raw: [])
        case .record(let record):
            if let header = ClaimLayout(header: record, isFirst: layout == nil) {
                layout = header
                return header.isUnusable ? header.row(record) : nil
            }
            if layout == nil { layout = .inferred(from: record) }
            return layout?.row(record)
        }
    }
}

/// Each row as `status: findings`.
private func judged(_ text: String, _ policy: ClaimPolicy = ClaimPolicy()) throws -> [String] {
    let examiner = try ClaimExaminer(policy: policy)
    return try rows(text).map { row in
        let claim = try examiner.examine(row)
        return ([claim.status.rawValue] + claim.findings.map(\.summary)).joined(separator: "; ")
    }
}

private func device(_ seed: UInt64 = 1) throws -> TestDevice {
    var random = SplitMix64(seed: seed)
    return try TestDevice(&random)
}

@Suite struct ExaminerTests {
    private static let expected =
        "malformed csv [1 imei] expected an IMEI of 15 digits with its check digit, found "

    @Test(arguments: [
        ("352656106111233", nil), ("", nil), ("None", nil), (" 352656106111233 ", nil),
        (
            "3.52656E+14",
            "'3.52656E+14', a spreadsheet's short form of a long number; its last digits are lost"
        ),
        ("3,55E+14", "'3,55E+14', a spreadsheet's short form of a long number; its last digits are lost"),
        ("35265610611123", "14 digits"),
        ("1000000123454", "13 digits: leading zeros were lost, as spreadsheets do"),
        ("123454", "6 digits"), ("0", "1 digit"),
        ("355026000000000", "a number that was rounded, as spreadsheets do; its last digits are lost"),
        ("352656106111230", "check digit 0 where 3 is right"),
        ("3526561061112331", "16 digits, as an IMEISV has"),
        ("35265610611123300", "17 digits"),
        ("352656106111233.0", "'352656106111233.0', a number with decimals, as spreadsheets write it"),
        ("352-656-106-111-233", "'352-656-106-111-233', digits in groups"),
        ("'352656106111233", "''352656106111233', text guarded for a spreadsheet"),
        ("unknown", "'unknown'"),
        ("３５２６５６１０６１１１２３３", "'３５２６５６１０６１１１２３３'"),
    ])
    func imei(_ text: String, _ found: String?) throws {
        let device = try device()
        let field = text.contains(",") ? "\"\(text)\"" : text
        let judged = try judged("\(field),\(device.uuid),\(device.token),2026-02-03\n")
        #expect(judged == [found.map { "malformed; " + Self.expected + $0 } ?? "ready"])
    }

    @Test(arguments: [
        ("2026-02-03T04:05:06.123456+00:00", nil), ("2026-02-03T04:05:06Z", nil), ("2026-02-03 04:05", nil),
        ("2026-02-03", nil), ("", nil), ("2024-02-29", nil),
        ("2026-02-29", "'2026-02-29'"),
        ("3/2/2026 4:05", "'3/2/2026 4:05', a date in a spreadsheet's form"),
        ("03.02.2026", "'03.02.2026', a date in a spreadsheet's form"),
        ("05:06.1", "'05:06.1', minutes and seconds as a spreadsheet shows them; the date is lost"),
        ("46056.17", "'46056.17', a bare number, as a spreadsheet stores days"),
        ("########", "'########', what a spreadsheet shows for a column that is too narrow"),
        ("2026-02-03T24:00:00Z", "'2026-02-03T24:00:00Z'"),
        ("2026-02-03T04:05:06+0000x", "'2026-02-03T04:05:06+0000x'"),
        ("yesterday", "'yesterday'"),
    ])
    func time(_ text: String, _ found: String?) throws {
        let message =
            "malformed; malformed csv [4 time] expected a time such as 2026-02-03T04:05:06+00:00, found "
        let device = try device()
        #expect(
            try judged("352656106111233,\(device.uuid),\(device.token),\(text)\n") == [
                found.map { message + $0 } ?? "ready"
            ])
    }

    @Test func columnsThatAreIgnoredAreNotJudged() throws {
        let device = try device()
        #expect(
            try judged("3.5E+14,\(device.uuid),\(device.token),soon\n", ClaimPolicy(ignored: [.imei, .time]))
                == [
                    "ready"
                ])
    }

    @Test func headersNameColumnsInAnyOrder() throws {
        let (one, two) = (try device(), try device(2))
        #expect(
            try judged(
                "\u{feff}Tags,note,Attestation Token,Device ID\r\n\"a,b\",=1+1,\(one.token),\(one.uuid)\r\n")
                == [
                    "ready"
                ])
        #expect(
            try judged("token\n\(one.token)\ntoken,uuid\n\(two.token),\(one.uuid)\n") == [
                "ready",
                "rejected; rejected uuid-mismatch [2 uuid] the row is for device \(one.uuid), its token is of \(two.uuid)",
            ])
        let nameless = "malformed; malformed csv [] expected a header that names the column token, found none"
        #expect(try judged("imei,uuid\n1,2\n") == [nameless, nameless])
        let double =
            "malformed; malformed csv [2 token] expected one column named token, found two in the header"
        #expect(try judged("token,Token\na,b\n") == [double, double])
    }

    @Test func aCellThatIsCalledLikeAColumnMakesNoHeader() throws {
        let (one, two) = (try device(), try device(2))
        #expect(
            try judged("note,token\ntime,\(one.token)\ndate,x\nb,\(two.token)\n") == [
                "ready",
                "malformed; malformed token-format [2 token] expected two parts joined by a dot, found no dot",
                "ready",
            ])
    }

    @Test func rowsShortAndLongAreNamed() throws {
        let device = try device()
        #expect(
            try judged("352656106111233,\(device.uuid),\(device.token)\n\(device.row),,\n\(device.row),x\n")
                == [
                    "malformed; malformed csv [3] row too short: expected 4 (imei,uuid,token,time) columns, found 3",
                    "ready",
                    "malformed; malformed csv [5] row too long: expected 4 (imei,uuid,token,time) columns, found 5",
                ])
    }

    /// Another delimiter is named, also where commas stand in numbers or quotation marks around the fields.
    @Test func otherDelimitersAreNamed() throws {
        let device = try device()
        let semicolons = "malformed; malformed csv [1] expected fields separated by commas, found semicolons"
        let tabs = "malformed; malformed csv [1] expected fields separated by commas, found tabs"
        #expect(try judged("a;b;c\n\na\tb\n") == [semicolons, tabs])
        #expect(
            try judged("352656106111233;\(device.uuid);\(device.token);2026-02-03\n") == [semicolons])
        #expect(try judged("3,52656E+14;\(device.uuid);\(device.token);\n") == [semicolons])
        #expect(try judged("\(device.token)\ta,b\tc\n") == [tabs])
        // One of its own is text.
        #expect(try judged("token,note\n\(device.token),a;b\tc;d;e;f\n") == ["ready"])
    }

    @Test func aTokenInAnotherColumnIsFound() throws {
        let device = try device()
        #expect(
            try judged("\(device.token),\(device.uuid),352656106111233,\n") == [
                "malformed; malformed csv [1 imei] expected the token in column 3, found one in column 1; "
                    + "malformed csv [1 imei] expected an IMEI of 15 digits with its check digit, found a text of 180 bytes"
            ])
    }

    @Test func bodiesOfTheServiceAreRead() throws {
        let device = try device()
        #expect(try judged("\"\(device.token)\",\"a,b\"\n\"\(device.token)\"\n") == ["ready", "ready"])
    }

    @Test func brokenRecordsSayWhere() throws {
        let device = try device()
        #expect(
            try judged("1,2,a\"b,4\n\(device.row)\n\"x\ny\"z,1\na\rb\n") == [
                "malformed; malformed csv [3 token] expected no quotation mark in an unquoted field, found one "
                    + "(character 6)",
                "ready",
                "malformed; malformed csv [1 imei] expected a comma or the end of the line after a closing "
                    + "quotation mark (line 4, character 3)",
                "malformed; malformed csv [1 imei] expected a line feed after a carriage return, found none "
                    + "(character 2)",
            ])
    }

    @Test func whatIsNoAttestationTokenIsNamed() throws {
        let jwt = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"
        #expect(
            try judged("token\n\(jwt)\n\"\"\nnonsense\n") == [
                "rejected; rejected token-format [1 token] expected an attestation token, found a JWT",
                "malformed; malformed token-format [1 token] expected a token, found nothing",
                "malformed; malformed token-format [1 token] expected two parts joined by a dot, found no dot",
            ])
    }

    @Test func uuidColumn() throws {
        let device = try device()
        let bare = device.uuid.description.filter { $0 != "-" }
        let message = "malformed csv [2 uuid] expected a device UUID (8-4-4-4-12 hexadecimal digits), found "
        #expect(
            try judged(
                "token,uuid\n\(device.token),\(device.uuid.description.uppercased())\n\(device.token),\(bare)\n"
                    + "\(device.token),\n\(device.token),=A1\n") == [
                    "ready", "malformed; \(message)'\(bare)', without its hyphens", "ready",
                    "malformed; \(message)'=A1'",
                ])
    }

    @Test func oneRowHasAllItsFindings() throws {
        let (one, two) = (try device(), try device(2))
        #expect(
            try judged("token,uuid,imei,time,tags\n\(one.token),\(two.uuid),1,2,\"a,,b\"\n") == [
                [
                    "malformed",
                    "rejected uuid-mismatch [2 uuid] the row is for device \(two.uuid), its token is of \(one.uuid)",
                    "malformed csv [3 imei] expected an IMEI of 15 digits with its check digit, found 1 digit",
                    "malformed csv [4 time] expected a time such as 2026-02-03T04:05:06+00:00, found '2', "
                        + "a bare number, as a spreadsheet stores days",
                    "malformed csv [5 tags] expected a tag between commas, found nothing",
                ].joined(separator: "; ")
            ])
    }
}

@Suite struct VerificationTests {
    private let key: PrivateKey
    private let other: PrivateKey
    private let device: TestDevice

    init() throws {
        key = try PrivateKey.generate(.p256)
        other = try PrivateKey.generate(.p256)
        var random = SplitMix64(seed: 3)
        device = try TestDevice(&random, key: key)
    }

    private func identity(_ key: PrivateKey, _ trust: KeyTrust) throws -> IdentityKey {
        IdentityKey(publicKey: try unwrapped(P256PublicKey(spki: key.publicKey.spki[...])), trust: trust)
    }

    private func examine(_ key: IdentityKey?, _ policy: ClaimPolicy = ClaimPolicy()) throws -> ExaminedClaim {
        let row = ClaimRow(line: 1, raw: [], token: ClaimRow.Cell(Array(device.token.utf8)[...]))
        return try ClaimExaminer(policy: policy).examine(row) { _ in key }
    }

    @Test func aKeyAtHandDecides() throws {
        let good = try examine(identity(key, .trusted))
        #expect(good.status == .ready)
        #expect(good.verification == .verified(.bound))
        #expect(good.device == device.uuid)
        let bad = try examine(identity(other, .trusted))
        #expect(bad.status == .rejected)
        #expect(
            bad.findings.map(\.summary) == [
                "rejected signature [token] signature does not verify under the device's key"
            ])
    }

    @Test func noKeyIsNoVerdictUnlessOneIsDemanded() throws {
        let unknown = try examine(nil)
        #expect(unknown.status == .ready)
        #expect(unknown.verification == .noKey)
        let demanded = try examine(nil, ClaimPolicy(requiresVerification: true))
        #expect(
            demanded.findings.map(\.summary) == [
                "rejected unknown-key [token] no identity key is known for device \(device.uuid)"
            ])
    }

    @Test func anObservedKeyCanOnlyRefuse() throws {
        let good = try examine(identity(key, .observed))
        #expect(good.status == .ready)
        #expect(good.verification == .observedKey)
        #expect(try examine(identity(other, .observed)).status == .rejected)
        #expect(
            try examine(identity(key, .observed), ClaimPolicy(minimumTrust: .observed)).verification
                == .verified(.bound))
        #expect(
            try examine(identity(key, .observed), ClaimPolicy(requiresVerification: true)).findings
                .map(\.summary) == [
                    "rejected untrusted-key [token] the device's key is observed only, expected a trusted one"
                ])
    }
}
