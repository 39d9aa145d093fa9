import JSON
import ProvisioningAPI

/// What part of a list is asked for, and how a part is answered. Pages go by the last key that was shown, so
/// that what is added or taken away in between moves nothing.
struct Page: Sendable {
    static let defaultCount = 100
    static let largestCount = 1000

    let count: Int
    /// The key after which the page begins; nil for the first page.
    let token: String?

    init(_ context: RequestContext) throws {
        token = try context.query("pageNextToken")
        guard let text = try context.query("pageLimit") else {
            count = Self.defaultCount
            return
        }
        guard 1...4 ~= text.utf8.count, let number = Int(text), 1...Self.largestCount ~= number else {
            throw Refusal(400, "query", "expected pageLimit from 1 to \(Self.largestCount), found another")
        }
        count = number
    }

    /// The key where keys are numbers.
    func number() throws -> Int64 {
        guard let token else { return 0 }
        guard let number = Int64(token), number >= 0 else {
            throw Refusal(400, "query", "expected a pageNextToken that the service gave out, found another")
        }
        return number
    }

    /// The answer with the rows of one more than a page: whether there is one more says whether there is a
    /// next page.
    func answer<Row>(
        _ rows: [Row], total: Int64?, key: (Row) -> String, json: (Row) throws -> JSONValue
    ) throws -> ServiceResponse {
        var object = JSONObject()
        object[MemberName.items] = .array(try rows.prefix(count).map(json))
        object[MemberName.total] = total.map { .integer($0) }
        if rows.count > count, let last = rows.prefix(count).last {
            object[MemberName.pageNextToken] = .string(key(last))
        }
        return ServiceResponse(json: .object(object))
    }
}
