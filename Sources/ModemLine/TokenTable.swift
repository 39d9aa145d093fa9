import Attestation
public import DeviceIdentity
public import Diagnostics

/// Rows of attestation tokens as the nRF Cloud utilities write them: `imei,uuid,token,time`, no header, one row a device.
public struct TokenTable: Sendable {
    /// What adding a row comes to.
    public enum Change: Sendable, Equatable {
        case appended([UInt8])
        case replaced([UInt8])
        /// The device has its row.
        case present
    }

    private struct Row {
        let line: Range<Int>
        let fields: [String]
    }

    private let content: [UInt8]
    private let rows: [Row]

    /// - Throws: ``ToolError`` with `csv` for a last row that was cut off.
    public init(_ content: [UInt8]) throws(ToolError) {
        var rows: [Row] = []
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 0x0a) ?? content.count
            let fields = String(decoding: content[start..<end], as: UTF8.self)
                .split(separator: ",", omittingEmptySubsequences: false).map(Self.field)
            rows.append(Row(line: start..<end + 1, fields: fields))
            start = end + 1
        }
        if let last = rows.last, content.last != 0x0a, !Self.isWhole(last.fields) {
            throw ToolError(
                .csv, "expected a line end after the last row, found a row that was cut off",
                context: [.init("line", String(rows.count))],
                hint: "remove the last line, which another program left, then give the command again")
        }
        // A last row that is whole gets the end that it lacks.
        self.content = content.isEmpty || content.last == 0x0a ? content : content + [0x0a]
        self.rows = rows
    }

    private static func field(_ text: Substring) -> String {
        var text = text.last == "\r" ? text.dropLast() : text
        if text.utf8.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        return String(text)
    }

    private static func isWhole(_ fields: [String]) -> Bool {
        fields.count >= 4 && (try? AttestationToken(Array(fields[2].utf8)[...])) != nil
    }

    /// The table with a row for this device.
    ///
    /// Every token of a device differs from the one before by its nonce and claims the same, so a device that has a row
    /// keeps it; nothing is written then, and a run that is repeated changes nothing.
    /// - Parameters:
    ///   - time: `2026-01-31T12:00:00.000000+00:00`
    ///   - replaces: whether the new row takes the place of the one that is there.
    /// - Throws: ``ToolError`` with `duplicate-device` where the IMEI stands beside another UUID, or the UUID beside
    ///   another IMEI.
    public func adding(
        imei: IMEI, uuid: DeviceUUID, token: String, time: String, replaces: Bool
    ) throws(ToolError) -> Change {
        let row = Array("\(imei),\(uuid),\(token),\(time)\n".utf8)
        var kept: [UInt8] = []
        var hasRow = false
        for (index, other) in rows.enumerated() {
            let isDevice = other.fields.count >= 3 && (try? DeviceUUID(text: other.fields[1])) == uuid
            let isModem = other.fields[0] == imei.description
            if isDevice { hasRow = true } else { kept += content[other.line] }
            // The utilities write None where the modem gave none.
            if isDevice == isModem || (isDevice && other.fields[0] == "None") { continue }
            throw ToolError(
                .duplicateDevice,
                isDevice
                    ? "expected device \(uuid) with IMEI \(imei), found its row with another"
                    : "expected IMEI \(imei) with device \(uuid), found its row with another",
                context: [.init("line", String(index + 1))],
                hint: "one of the two rows is of another board: remove the wrong one")
        }
        guard hasRow else { return .appended(content + row) }
        return replaces ? .replaced(kept + row) : .present
    }
}
