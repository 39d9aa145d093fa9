import DeviceIdentity
import Diagnostics
import Foundation
import ModemLine
import TestSupport
import Testing

@Suite("Tables of tokens") struct TokenTableTests {
    private static let uuid = "50363154-3931-44f0-8022-121b6401627d"
    private static let other = "50343956-3037-4738-800d-1f29e0a0f7bf"
    private static let imei = "355025930000003"
    private static let time = "2026-01-31T12:00:00.000000+00:00"
    private static let row = "\(imei),\(uuid),new,\(time)\n"

    private func change(_ content: String, replaces: Bool = false) throws -> TokenTable.Change {
        try TokenTable(Array(content.utf8)).adding(
            imei: #require(IMEI(text: Self.imei)), uuid: DeviceUUID(text: Self.uuid), token: "new",
            time: Self.time,
            replaces: replaces)
    }

    @Test func oneRowADevice() throws {
        let others = "352656100000002,\(Self.other),t,x\n"
        let old = "\(Self.imei),\(Self.uuid),old,x\n"
        #expect(try change("") == .appended(Array(Self.row.utf8)))
        #expect(try change(others) == .appended(Array((others + Self.row).utf8)))
        #expect(try change(old + others) == .present)
        #expect(try change(old + others, replaces: true) == .replaced(Array((others + Self.row).utf8)))
        #expect(try change(others + old + old, replaces: true) == .replaced(Array((others + Self.row).utf8)))
        #expect(try change("None,\(Self.uuid),old,x\n") == .present)
        #expect(try change("\"\(Self.imei)\",\"\(Self.uuid)\",old,x\r\n") == .present)
        #expect(
            try change("imei,uuid,token,time\n")
                == .appended(Array(("imei,uuid,token,time\n" + Self.row).utf8)))
    }

    @Test(arguments: ["352656100000002,\(uuid),old,x\n", "\(imei),\(other),old,x\n"])
    func refuseOneIMEIOfTwoDevices(_ content: String) {
        let error = #expect(throws: ToolError.self) { try change(content) }
        #expect(error?.code == .duplicateDevice)
        #expect(throws: ToolError.self) { try change(content, replaces: true) }
    }

    /// A row without its line end is completed if it is whole, and refused if not.
    @Test func doNotWriteOnAfterHalfARow() throws {
        let token = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent("tokens/attestation-nrf9160.txt"),
            encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let whole = "352656100000002,\(Self.other),\(token),x"
        #expect(try change(whole) == .appended(Array((whole + "\n" + Self.row).utf8)))
        for length in 1..<whole.utf8.count - 2 where length % 7 == 0 {
            let error = #expect(throws: ToolError.self) { try change(String(whole.prefix(length))) }
            #expect(error?.code == .csv)
        }
    }

    struct Foreign: Sendable {
        let name: String
        let content: [UInt8]
        let code: ErrorCode
        let message: String

        init(_ name: String, _ text: String, _ code: ErrorCode, _ message: String) {
            self.init(name, Array(text.utf8), code, message)
        }

        init(_ name: String, _ content: [UInt8], _ code: ErrorCode, _ message: String) {
            self.name = name
            self.content = content
            self.code = code
            self.message = message
        }
    }

    private static let otherColumns = "expected a row imei,uuid,token,time, found a line with other columns"

    static let foreign: [Foreign] = [
        Foreign(
            "a key", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n", .mixedInput,
            "expected a table of tokens, found PEM"),
        Foreign(
            "a spreadsheet", [0x50, 0x4b, 3, 4, 0x0a, 0xff, 0x0a], .mixedInput,
            "expected a table of tokens, found a ZIP archive or a spreadsheet"),
        Foreign(
            "binary data", [0x31, 0, 0x0a], .mixedInput, "expected a table of tokens, found binary data"),
        Foreign("a device file", "uuid,imei,spkiBase64\n\(uuid),\(imei),AAAA\n", .csv, otherColumns),
        Foreign("a header of other columns", "imei,uuid,spkiBase64\n", .csv, otherColumns),
        Foreign("another order", "\(uuid),\(imei),old,x\n", .csv, otherColumns),
        Foreign("no columns", "hello\n", .csv, otherColumns),
        Foreign("no line end", "hello", .csv, otherColumns),
        Foreign(
            "semicolons", "\(imei);\(uuid);old;x\n", .csv,
            "expected a row imei,uuid,token,time, found semicolons between the fields"),
        Foreign("UTF-16", [0xff, 0xfe, 0x31, 0, 0x0a, 0], .csv, "expected a table in UTF-8, found UTF-16"),
        Foreign(
            "lone CR", "\(imei),\(uuid),old,x\r", .csv, "expected line ends LF or CR LF, found CR alone"),
        Foreign(
            "lone CR between", "\(imei),\(uuid),old,x\r\(imei),\(uuid),old,x\n", .csv,
            "expected line ends LF or CR LF, found CR alone"),
    ]

    /// Nothing is added to what is no table of tokens.
    @Test(arguments: foreign) func isNoTable(_ sample: Foreign) {
        let error = #expect(throws: ToolError.self) { try TokenTable(sample.content) }
        #expect(error?.code == sample.code && error?.message == sample.message, "\(sample.name)")
        #expect(error?.hint != nil)
    }

    /// A byte order mark is no part of the first IMEI; empty lines are none of another table.
    @Test func byteOrderMarksAreReadOver() throws {
        let others = "\u{feff}352656100000002,\(Self.other),t,x\r\n\n"
        #expect(try change(others) == .appended(Array((others + Self.row).utf8)))
        #expect(try change("\u{feff}\(Self.imei),\(Self.uuid),old,x\n") == .present)
        #expect(
            try change("\u{feff}imei,uuid,attestation_token\n\(Self.imei),\(Self.uuid),old,x\n") == .present)
    }
}
