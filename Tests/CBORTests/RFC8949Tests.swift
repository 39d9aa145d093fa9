import CBOR
import Foundation
import TestSupport
import Testing

/// The examples of RFC 8949 Appendix A and the malformed items of Appendix F.
@Suite struct RFC8949Tests {
    struct Case: Decodable {
        struct Inputs: Decodable { let hex: String }
        struct Output: Decodable { let diagnostic: String? }
        let caseID: String
        let inputs: Inputs
        let expected: String
        let output: Output?

        enum CodingKeys: String, CodingKey {
            case caseID = "case_id"
            case inputs, expected, output
        }
    }

    @Test func agreesOnEveryCase() throws {
        guard let cases = try Self.load() else {
            try Skip.test(TestPaths.noVectors)
        }
        #expect(cases.count == 132)
        for item in cases {
            let input = bytes(item.inputs.hex)
            if item.expected == "accept" {
                let decoded = try CBORDecoder().decode(input)
                #expect(decoded.diagnosticNotation == item.output?.diagnostic, "\(item.caseID)")
                #expect(decoded.encode() == input, "\(item.caseID)")
            } else {
                #expect(item.expected == "reject")
                #expect(decodeError(input, .general) != nil, "\(item.caseID)")
                #expect(decodeError(input, .strict) != nil, "\(item.caseID)")
                #expect(skipError(input) != nil, "\(item.caseID)")
            }
        }
    }

    private static func load() throws -> [Case]? {
        guard let folder = TestPaths.vectors else { return nil }
        let file = folder.appendingPathComponent("rfc8949/cases.json")
        return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    }
}
