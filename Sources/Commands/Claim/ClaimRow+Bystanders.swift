import CSV
import Claims
import DeviceIdentity
import Diagnostics
import Intake
import JSON

extension ClaimRow {
    /// The row, with a finding if anything but its token has the shape of one, and for another device if a cell of
    /// whatever column names it.
    func held(against record: CSVRecord, _ layout: ClaimLayout) -> ClaimRow {
        // A row without a token where it belongs is malformed already, and says why.
        guard finding == nil, let token, let column = token.column, LineShape.isToken(token.bytes) else {
            return self
        }
        return held(
            against: Bystanders(of: record, beside: [column - 1], others: layout.others, known: device))
    }

    /// The same for a line of JSON Lines.
    func held(againstJSON line: ArraySlice<UInt8>) -> ClaimRow {
        guard finding == nil, let token else { return self }
        // Most lines say nothing more than what is read of them: that shows without reading them once again.
        var text = Bystanders()
        text.add(line, known: device)
        let isPlain =
            text.devices.isEmpty && text.requests == 0 && text.tokens.allSatisfy { $0 == token.bytes }
        guard !isPlain || line.contains(UInt8(ascii: "\\")),
            let object = (try? JSONValue(parsing: line.trimmed))?.objectValue
        else { return self }
        return held(against: Bystanders(of: object, known: device) { $0 == .token || $0 == .uuid })
    }

    /// The device that the row says it is of.
    private var device: DeviceUUID? { uuid.flatMap { DeviceUUID(text: $0.bytes) } }

    private func held(against beside: Bystanders) -> ClaimRow {
        guard !beside.isEmpty, let token else { return self }
        var row = self
        if let mixture = beside.mixture(with: token.bytes, claims: true) {
            row.finding = ClaimFinding(
                .malformed, mixture.code, mixture.message, column: token.column, field: .token,
                hint: "give each token a row of its own")
        } else if let stranger = beside.stranger(to: token.bytes) {
            row.uuid = Cell(stranger.textBytes[...])
        }
        return row
    }
}
