import CSV
import DeviceIdentity
import JSON
import ProvisioningAPI
import ServiceStore

/// Claims by the hundred: CSV with one device a row.
extension ProvisioningService {
    private static let largestBulk = 1000

    /// A row that did not claim its device.
    private struct FailedRow: Sendable {
        /// 0-based.
        let row: Int
        let reason: String
        let message: String

        init(row: Int, _ refusal: Refusal) {
            self.row = row
            reason = refusal.body.reason
            message = refusal.body.message
        }

        var json: JSONValue {
            .object([
                MemberName.row: .integer(Int64(row)), MemberName.reason: .string(reason),
                MemberName.message: .string(message),
            ])
        }
    }

    private struct BulkRow: Sendable {
        let row: Int
        let candidate: ClaimCandidate
        let tags: [String]
    }

    private struct BulkResult: Sendable {
        var claimed: [String] = []
        var failed: [FailedRow] = []

        /// `failed` only where something failed.
        var json: JSONObject {
            var object: JSONObject = [MemberName.claimedIds: .array(claimed.map { .string($0) })]
            if !failed.isEmpty {
                object[MemberName.failed] = .array(failed.sorted { $0.row < $1.row }.map(\.json))
            }
            return object
        }
    }

    /// The answer is the outcome: 201 if all rows claimed, 200 if some did, 400 if none; 202 where a dry run finds some that
    /// would.
    func claimMany(_ context: RequestContext) throws -> ServiceResponse {
        let result = try claimRows(context, operation: nil)
        var json = result.json
        guard !result.claimed.isEmpty else {
            json[MemberName.message] = .string(
                "expected rows that claim a device, found none: "
                    + (result.failed.first.map { "row \($0.row): \($0.message)" } ?? "no row"))
            return ServiceResponse(json: .object(json), status: 400)
        }
        if try context.isDryRun() { return ServiceResponse(json: .object(json), status: 202) }
        return ServiceResponse(json: .object(json), status: result.failed.isEmpty ? 201 : 200)
    }

    /// The older form: the answer names an operation, whose outcome is asked for.
    func claimInBulk(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "claim devices")
        guard try !context.isDryRun() else {
            throw Refusal(400, "query", "expected no dry run of an operation: ask without /bulk")
        }
        let id = try newULID(context.time)
        _ = try claimRows(context, operation: id)
        return ServiceResponse(
            json: .object([MemberName.bulkOpsRequestId: .string(id)]), status: 202)
    }

    func newULID(_ time: Int64) throws -> String {
        guard let octets = configuration.randomness(10) else {
            throw Refusal(500, "fault", "the service could not make an id")
        }
        return Identifier.ulid(milliseconds: time &* 1000, randomness: octets)
    }

    private func claimRows(_ context: RequestContext, operation id: String?) throws -> BulkResult {
        var result = BulkResult()
        var rows: [BulkRow] = []
        for (row, event) in try Self.events(context).enumerated() {
            do {
                rows.append(try bulkRow(row, event))
            } catch let refusal as Refusal {
                result.failed.append(FailedRow(row: row, refusal))
            }
        }
        if try context.isDryRun() {
            for row in rows {
                do {
                    _ = try store.read { try Self.checkClaimable(row.candidate.device, context, $0) }
                    result.claimed.append(row.candidate.device.description)
                } catch let refusal as Refusal {
                    result.failed.append(FailedRow(row: row.row, refusal))
                }
            }
            return result
        }
        let examined = result
        let candidates = rows
        return try store.write { tables in
            var result = examined
            for row in candidates {
                do {
                    if case .made = try Self.enter(row.candidate, row.tags, context, tables) {}
                    let device = row.candidate.device.description
                    if !result.claimed.contains(device) { result.claimed.append(device) }
                } catch let refusal as Refusal {
                    result.failed.append(FailedRow(row: row.row, refusal))
                }
            }
            if let id {
                try tables.add(
                    BulkOperationRow(
                        id: id, team: context.key.team, endpoint: "CLAIM_DEVICE_OWNERSHIP",
                        status: result.failed.isEmpty ? "SUCCEEDED" : "FAILED", requestedAt: context.time,
                        completedAt: context.time, result: .object(result.json)))
            }
            return result
        }
    }

    private static func events(_ context: RequestContext) throws -> [CSVReader.Event] {
        let events = CSVReader.events(in: context.request.body)
        guard !events.isEmpty else { throw Refusal(400, "csv", "expected at least one row, found none") }
        guard events.count <= largestBulk else {
            throw Refusal(
                400, "too-many-rows",
                "expected at most \(largestBulk) rows, found \(events.count): split them")
        }
        return events
    }

    private func bulkRow(_ row: Int, _ event: CSVReader.Event) throws -> BulkRow {
        switch event {
        case .malformed(let error): throw Refusal(400, "csv", error.message)
        case .record(let record):
            guard 1...2 ~= record.count, let token = record[0] else {
                throw Refusal(
                    400, "csv",
                    "expected a token and perhaps one field of tags, in quotation marks with commas between them, "
                        + "found \(record.count) fields")
            }
            let tags = (record[1]?.text ?? "").split(separator: ",", omittingEmptySubsequences: true)
                .map(String.init)
            for tag in tags {
                if let reason = TagRule.reason(against: tag) { throw Refusal(400, "tag", reason) }
            }
            return BulkRow(row: row, candidate: try examine(token.text), tags: tags)
        }
    }

    // MARK: Operations

    func getBulkOperation(_ context: RequestContext) throws -> ServiceResponse {
        let id = context.parameter(0)
        guard let row = try store.read({ try $0.operation(id, ofTeam: context.key.team) }) else {
            throw Refusal(404, "operation-unknown", "your team has no bulk operation of this id")
        }
        return ServiceResponse(json: json(row, isWhole: true))
    }

    func listBulkOperations(_ context: RequestContext) throws -> ServiceResponse {
        let page = try Page(context)
        let rows = try store.read {
            try $0.operations(ofTeam: context.key.team, after: page.token ?? "", count: page.count + 1)
        }
        return try page.answer(rows, total: nil, key: { $0.id }) { json($0, isWhole: false) }
    }

    /// What went wrong, one text a row that begins with its number from 0; by the operation's id alone, which
    /// nobody guesses, since clients ask for it without their key.
    func getBulkErrors(_ id: String) throws -> ServiceResponse {
        guard let row = try store.read({ try $0.operation(id) }), row.status == "FAILED" else {
            throw Refusal(404, "operation-unknown", "no bulk operation of this id has errors")
        }
        let errors: [JSONValue]
        if let texts = row.result?["errors"]?.arrayValue {
            errors = texts
        } else {
            errors = (row.result?[MemberName.failed]?.arrayValue ?? []).map { failed in
                let number = failed[MemberName.row]?.integerValue ?? 0
                return .string("[\(number)]: \(failed[MemberName.message]?.stringValue ?? "")")
            }
        }
        return ServiceResponse(json: .object(["errors": .array(errors)]))
    }

    private func json(_ row: BulkOperationRow, isWhole: Bool) -> JSONValue {
        var object: JSONObject = [
            MemberName.bulkOpsRequestId: .string(row.id), "endpoint": .string(row.endpoint),
            MemberName.status: .string(row.status), "requestedAt": .string(ServiceTime.text(row.requestedAt)),
        ]
        object["completedAt"] = row.completedAt.map { .string(ServiceTime.text($0)) }
        if row.status == "FAILED", let address = configuration.publicAddress,
            let path = RoutingTable.request(.getBulkErrors, row.id)?.path
        {
            object["errorSummaryUrl"] = .string(address + path)
        }
        if isWhole, let result = row.result { object["result"] = result }
        return .object(object)
    }
}
