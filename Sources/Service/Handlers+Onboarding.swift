import CSV
import Claims
import Diagnostics
import JSON
import OpenSSL
import ProvisioningAPI
import ServiceStore

/// The neighbouring API's registration of device credentials, as far as a manufacturing line uses it.
extension ProvisioningService {
    private struct Candidate: Sendable {
        /// 0-based.
        let row: Int
        let device: OnboardedRow
    }

    func onboardDevices(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "onboard devices")
        let events = CSVReader.events(in: context.request.body)
        guard 1...OnboardingRow.rowLimit ~= events.count else {
            throw Refusal(
                422, "rows", "expected 1 to \(OnboardingRow.rowLimit) rows, found \(events.count)")
        }
        var errors: [(row: Int, message: String)] = []
        var candidates: [Candidate] = []
        for (row, event) in events.enumerated() {
            switch Self.row(event, at: context.time) {
            case .success(let device): candidates.append(Candidate(row: row, device: device))
            case .failure(let failure): errors.append((row, failure.message))
            }
        }
        let id = try newULID(context.time)
        let found = errors.map { "[\($0.row)]: \($0.message)" }
        let accepted = candidates
        try store.write { tables in
            let errors = found + (try Self.enter(accepted, context, tables))
            try tables.add(
                BulkOperationRow(
                    id: id, team: context.key.team, endpoint: "ONBOARD_DEVICES",
                    status: errors.isEmpty ? "SUCCEEDED" : "FAILED", requestedAt: context.time,
                    completedAt: context.time,
                    result: .object(["errors": .array(errors.map { .string($0) })])))
        }
        return ServiceResponse(json: .object([MemberName.bulkOpsRequestId: .string(id)]), status: 202)
    }

    private static func enter(
        _ candidates: [Candidate], _ context: RequestContext, _ tables: ServiceTables
    ) throws -> [String] {
        var errors: [String] = []
        for candidate in candidates {
            if let holder = try tables.holder(ofCredential: candidate.device.digest),
                holder.team != context.key.team || holder.id != candidate.device.id
            {
                errors.append(
                    "[\(candidate.row)]: The device certificate is already registered and attached to a different "
                        + "device.")
                continue
            }
            try tables.onboard(candidate.device, ofTeam: context.key.team)
            try tables.note(
                EventRow(
                    at: context.time, team: context.key.team, actor: context.actor, kind: "device.onboarded",
                    detail: [MemberName.id: .string(candidate.device.id)]))
        }
        return errors
    }

    private static func row(_ event: CSVReader.Event, at time: Int64) -> Result<OnboardedRow, CheckFailure> {
        do throws(CheckFailure) {
            guard case .record(let record) = event else {
                throw CheckFailure(.csv, "expected a row of CSV, found a broken one")
            }
            guard record.count == 5, let pem = record[4] else {
                throw CheckFailure(
                    .csv, "expected deviceId,subType,tags,fwTypes,certificate, found \(record.count) fields")
            }
            let fields = record.fields.map(\.text)
            let types = fields[3].split(separator: "|").map(String.init)
            for type in types where OnboardingRow.FirmwareType(rawValue: type) == nil {
                throw CheckFailure(.csv, "expected firmware types such as APP and MODEM, found another")
            }
            let row = try OnboardingRow(
                deviceID: fields[0], subType: fields[1],
                tags: fields[2].split(separator: "|").map(String.init),
                firmwareTypes: types.compactMap(OnboardingRow.FirmwareType.init), pem: Array(pem.bytes))
            return .success(
                OnboardedRow(
                    id: row.deviceID, subType: row.subType, tags: row.tags.joined(separator: "|"),
                    firmwareTypes: row.firmwareTypes.map(\.rawValue).joined(separator: "|"),
                    credential: row.pem, digest: Digest.sha256(Array(row.pem.utf8)), createdAt: time))
        } catch {
            return .failure(error)
        }
    }

    private static let unknown = Refusal(
        404, "device-unknown", "your team has onboarded no device of this id")

    private static func json(_ row: OnboardedRow) -> JSONValue {
        func list(_ text: String) -> JSONValue {
            .array(text.split(separator: "|").map { .string(String($0)) })
        }
        return .object([
            MemberName.id: .string(row.id), "subType": .string(row.subType), MemberName.tags: list(row.tags),
            "supportedFirmwareTypes": list(row.firmwareTypes),
            MemberName.createdAt: .string(ServiceTime.text(row.createdAt)),
        ])
    }

    func getOnboardedDevice(_ context: RequestContext) throws -> ServiceResponse {
        let id = context.parameter(0)
        guard let row = try store.read({ try $0.onboardedDevice(id, ofTeam: context.key.team) }) else {
            throw Self.unknown
        }
        return ServiceResponse(json: Self.json(row))
    }

    func listOnboardedDevices(_ context: RequestContext) throws -> ServiceResponse {
        let page = try Page(context)
        let after = try page.number()
        let rows = try store.read {
            try $0.onboardedDevices(ofTeam: context.key.team, after: after, count: page.count + 1)
        }
        return try page.answer(rows, total: nil, key: { String($0.number) }, json: Self.json)
    }

    /// The claim of the device stays.
    func removeOnboardedDevice(_ context: RequestContext) throws -> ServiceResponse {
        try context.require(.editor, to: "remove a device")
        let id = context.parameter(0)
        try store.write { tables in
            guard try tables.removeOnboarded(id, ofTeam: context.key.team) else { throw Self.unknown }
            try tables.note(
                EventRow(
                    at: context.time, team: context.key.team, actor: context.actor, kind: "device.removed",
                    detail: [MemberName.id: .string(id)]))
        }
        return ServiceResponse(json: .object([:]), status: 202)
    }
}
