import Diagnostics
import JSON
import PKIX
import ProvisioningAPI
import ServiceStore

/// An operator's request on its way: who asks, for what, and when.
struct RequestContext: Sendable {
    let request: ServiceRequest
    let key: KeyRow
    /// The texts that stand in the path.
    let parameters: [String]
    /// Seconds since 1970.
    let time: Int64

    /// Who did it, in events.
    var actor: String { "key:" + key.id }

    func parameter(_ place: Int) -> String { parameters.indices.contains(place) ? parameters[place] : "" }

    /// The value of a query parameter, decoded; empty where it has no value.
    func query(_ name: String) throws -> String? { try QueryText.value(name, in: request.query) }

    /// Whether a claim is only rehearsed. What is no more than like the word for it is refused: who misspells a rehearsal
    /// does not want the real thing.
    func isDryRun() throws -> Bool {
        let names = (request.query ?? "").split(separator: "&").map { $0.prefix { $0 != "=" } }
        guard names.allSatisfy({ $0.utf8.elementsEqual("dryrun".utf8) }) else {
            throw Refusal(400, "query", "expected no parameter of a claim but dryrun, found another")
        }
        switch try query("dryrun")?.lowercased() {
        case nil, "false"?: return false
        case "true"?: return true
        default: throw Refusal(400, "query", "expected dryrun to be true or false, found another")
        }
    }

    func require(_ role: Role, to purpose: String) throws {
        guard key.role >= role else {
            throw Refusal(
                403, "role",
                "expected the role \(role.rawValue) or higher to \(purpose), found \(key.role.rawValue)")
        }
    }

    /// The body as JSON.
    func json() throws -> JSONValue {
        do {
            return try JSONValue(parsing: request.body, limits: JSONLimits(depth: 16, values: 20_000))
        } catch {
            throw Refusal(400, "json", "expected a body of JSON: \(error.message)")
        }
    }

    /// Reads a body's shape; what is wrong with it is the asker's mistake.
    func body<Value>(_ read: (JSONValue) throws(ToolError) -> Value) throws -> Value {
        let json = try json()
        do {
            return try read(json)
        } catch {
            throw Refusal(400, error.code.rawValue, error.message)
        }
    }
}

/// Query texts: names and values joined by `&`.
enum QueryText {
    /// - Throws: ``Refusal`` for a value whose encoding is broken, or for a name that stands there twice.
    static func value(_ name: String, in query: String?) throws -> String? {
        guard let query else { return nil }
        var found: String?
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, first.utf8.elementsEqual(name.utf8) else { continue }
            guard found == nil else { throw Refusal(400, "query", "expected \(name) once, found it twice") }
            guard let text = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true) else {
                throw Refusal(400, "query", "expected \(name) percent-encoded, found a broken encoding")
            }
            found = text
        }
        return found
    }
}

extension ServiceResponse {
    init(json: JSONValue, status: Int = 200) {
        self.init(status: status, contentType: "application/json", body: json.compact())
    }

    /// Done, with nothing to show.
    static let noContent = ServiceResponse(status: 204)
}

/// Times as the service writes them.
enum ServiceTime {
    /// With milliseconds and `Z`, which clients expect.
    static func text(_ seconds: Int64) -> String {
        String(InternetTime.text(seconds).dropLast()) + ".000Z"
    }
}
