import DeviceIdentity
import Diagnostics
import JSON
import OpenSSL
import ProvisioningAPI
import ProvisioningCommands
import ProvisioningState
import ServiceStore

/// What a device would get if it asked now: told by the code that hands it out, on a copy of its queue.
extension ProvisioningService {
    /// A look ahead: the delivery, and the queue as it would be.
    struct LookAhead {
        let delivery: Delivery
        let queue: DeviceQueue

        /// The octets that the device would get; none for "nothing to do".
        var body: [UInt8] { delivery.records.isEmpty ? [] : DeviceMessage.commands(delivery.records).cbor }
    }

    func lookAhead(
        at claim: ClaimRow, _ limits: BatchLimits, _ time: Int64, _ tables: ServiceTables
    ) throws -> LookAhead {
        var queue = try tables.queue(of: claim)
        let delivery = queue.fetch(try terms(claim, limits, time, tables))
        return LookAhead(delivery: delivery, queue: queue)
    }

    /// Sizes are those of the query, else those that the device said last, else what clients have by default.
    func lookAhead(_ context: RequestContext) throws -> ServiceResponse {
        let device = try device(context)
        return try store.read { tables in
            let claim = try Self.claim(of: device, context, tables)
            let query = context.request.query.flatMap { $0.isEmpty ? nil : $0 } ?? claim.lastLimits
            let limits: DeviceQuery
            do {
                limits = try DeviceQuery(query, headSize: configuration.deviceHeadLimit)
            } catch is DeviceRefusal {
                throw Refusal(
                    400, "query", "expected limit, rxMaxSize and txMaxSize as numbers, found another text")
            }
            let ahead = try lookAhead(at: claim, limits.limits(), context.time, tables)
            return ServiceResponse(json: json(ahead, at: context.time))
        }
    }

    private func json(_ ahead: LookAhead, at time: Int64) -> JSONValue {
        let commands = ahead.delivery.delivered.compactMap { id -> JSONValue? in
            guard let command = ahead.queue.command(id) else { return nil }
            let ids = ahead.delivery.records.map(\.correlationID).filter {
                DeliveryID($0)?.command == id
            }
            var object = resource(command, at: time).json.objectValue ?? [:]
            // It would be now; when it was stands in the command itself.
            object[MemberName.deliveredAt] = nil
            object["correlationIds"] = .array(ids.map { .string($0) })
            return .object(object)
        }
        let body = ahead.body
        var object: JSONObject = [
            MemberName.commands: .array(commands),
            "appliesRules": .array(ahead.delivery.appliedRules.map { .string($0) }),
            "undeliverable": .array(ahead.delivery.undeliverable.map { .string($0.description) }),
            "bodySize": .integer(Int64(body.count)),
        ]
        // What the device gets may hold secrets; its digest tells that it is the same.
        object["bodySha256"] = body.isEmpty ? nil : .string(Hex.encode(Digest.sha256(body)))
        return .object(object)
    }
}
