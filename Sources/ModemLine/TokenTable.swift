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

    /// - Throws: ``ToolError`` with `mixed-input` for what is no table, `csv` for another table, text that is not UTF-8 and a
    ///   last row that was cut off.
    public init(_ content: [UInt8]) throws(ToolError) {
        try Self.demandText(content)
        var rows: [Row] = []
        // A byte order mark in UTF-8, which spreadsheets write, belongs to no field.
        var start = content.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 0x0a) ?? content.count
            let fields = String(decoding: content[start..<end], as: UTF8.self)
                .split(separator: ",", omittingEmptySubsequences: false).map(Self.field)
            let isLast = end == content.count
            // A last row that was cut off is told below.
            if !isLast || rows.isEmpty && fields.count < 2 {
                try Self.demandRow(fields, line: rows.count + 1)
            }
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

    private static let otherFile: Hint =
        "name the table of tokens, imei,uuid,token,time without a header, or a new file"

    /// Asserts that the content may be a table: what is added to a key or a spreadsheet spoils it.
    private static func demandText(_ content: [UInt8]) throws(ToolError) {
        let encoding = "save the table as CSV in UTF-8 with LF line ends, or name a new file"
        if content.starts(with: [0xff, 0xfe]) || content.starts(with: [0xfe, 0xff]) {
            throw ToolError(.csv, "expected a table in UTF-8, found UTF-16", hint: .text(encoding))
        }
        if content.starts(with: Array("PK".utf8) + [3, 4]) {
            throw ToolError(
                .mixedInput, "expected a table of tokens, found a ZIP archive or a spreadsheet",
                hint: .text(encoding))
        }
        if content.drop(while: { $0 == 0x0a || $0 == 0x0d || $0 == 0x20 }).starts(with: "-----BEGIN ".utf8) {
            throw ToolError(.mixedInput, "expected a table of tokens, found PEM", hint: otherFile)
        }
        guard !content.contains(0) else {
            throw ToolError(.mixedInput, "expected a table of tokens, found binary data", hint: otherFile)
        }
        for (index, octet) in content.enumerated() where octet == 0x0d {
            guard content.dropFirst(index + 1).first == 0x0a else {
                throw ToolError(
                    .csv, "expected line ends LF or CR LF, found CR alone", hint: .text(encoding))
            }
        }
    }

    /// Asserts that a line is a row of tokens, a header of such, or empty.
    private static func demandRow(_ fields: [String], line: Int) throws(ToolError) {
        if fields == [""] { return }
        let isHeader =
            line == 1 && fields.count >= 3 && fields[0].lowercased() == "imei"
            && fields[1].lowercased() == "uuid" && fields[2].lowercased().contains("token")
        if isHeader { return }
        let hasIMEI =
            fields[0] == "None" || fields[0].isEmpty || fields[0].utf8.allSatisfy { 0x30...0x39 ~= $0 }
        if hasIMEI, fields.count >= 3, (try? DeviceUUID(text: fields[1])) != nil { return }
        let found =
            fields.count == 1 && fields[0].contains(";")
            ? "semicolons between the fields" : "a line with other columns"
        throw ToolError(
            .csv, "expected a row imei,uuid,token,time, found \(found)",
            context: [.init("line", String(line))], hint: otherFile)
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
