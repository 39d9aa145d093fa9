public import Diagnostics
import JSON

/// One case of a `cases.json` file: an operation, its inputs and what it depends on.
///
/// What the suite expects is not read here: the verdict must not depend on it.
public struct ConformanceCase: Sendable {
    /// The most bytes of a cases file: 64 MiB.
    public static let fileLimit = 64 << 20

    public let suite: String
    /// Unique within its suite.
    public let caseID: String
    let operation: String
    let inputs: CaseInputs
    /// Features without which the case cannot be judged.
    let requires: [String]
    /// Whether the suite compares the JSON form of a decoded item.
    let comparesJSON: Bool
    /// Whether it compares rows as lists, and not as objects keyed by the header.
    let comparesRows: Bool

    /// The cases of a file; throws `json` when it is not a list of cases.
    public static func list(_ bytes: [UInt8]) throws(ToolError) -> [ConformanceCase] {
        let document: JSONValue
        do {
            document = try JSONValue(
                parsing: bytes, limits: JSONLimits(bytes: fileLimit, depth: 64, values: 4_000_000))
        } catch {
            throw error.toolError
        }
        var cases: [ConformanceCase] = []
        for node in try JSONNode(document).elements() { cases.append(try ConformanceCase(node)) }
        return cases
    }

    private init(_ node: JSONNode) throws(ToolError) {
        suite = try node.member("suite").string()
        caseID = try node.member("case_id").string()
        operation = try node.member("operation").string()
        inputs = CaseInputs(try node.member("inputs").object())
        var requires: [String] = []
        for feature in try node.optionalMember("requires")?.elements() ?? [] {
            requires.append(try feature.string())
        }
        self.requires = requires
        comparesJSON = node.value["output"]?["json"] != nil
        comparesRows = node.value["output"]?["rows"] != nil
    }
}
