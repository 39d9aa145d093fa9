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
}
