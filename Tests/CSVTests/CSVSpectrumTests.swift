import CSV
import Foundation
import Testing

/// A seeded generator: the same sequence on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Third-party vectors, read where they are: beside the package or in `$ASSAY_VECTORS`.
private let vectors: URL? = {
    let named = ProcessInfo.processInfo.environment["ASSAY_VECTORS"]
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let folder =
        named.map { URL(fileURLWithPath: $0) }
        ?? package.deletingLastPathComponent().appendingPathComponent("shared/vectors")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

@Test(.enabled(if: vectors != nil, "skipped: no folder of third-party vectors"))
func csvSpectrum() throws {
    struct Case: Decodable {
        struct Inputs: Decodable { let b64: String }
        struct Output: Decodable { let objects: [[String: String]] }
        let case_id: String
        let level: String
        let inputs: Inputs
        let output: Output?
    }
    let file = try #require(vectors).appendingPathComponent("csv-spectrum/cases.json")
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
    #expect(judged == 10)
}
