import CSV
import Foundation
import TestSupport
import Testing

@Test(.needsVectors)
func csvSpectrum() throws {
    struct Case: Decodable {
        struct Inputs: Decodable { let b64: String }
        struct Output: Decodable { let objects: [[String: String]] }
        let case_id: String
        let level: String
        let inputs: Inputs
        let output: Output?
    }
    let file = try #require(TestPaths.vectors).appendingPathComponent("csv-spectrum/cases.json")
    var judged = 0
    for element in try JSONDecoder().decode([Case].self, from: Data(contentsOf: file)) {
        let bytes = try Array(#require(Data(base64Encoded: element.inputs.b64)))
        let rows = CSVReader.events(in: bytes).compactMap { event -> [String]? in
            if case .record(let record) = event { record.fields.map(\.text) } else { nil }
        }
        let header = try #require(rows.first)
        let objects = rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
        guard element.level == "must" else { continue }
        #expect(objects == element.output?.objects, "\(element.case_id)")
        judged += 1
    }
    #expect(judged == 11)
}
