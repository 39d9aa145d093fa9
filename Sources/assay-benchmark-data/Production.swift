import Diagnostics
import InputOutput

/// Makes the data of a whole fleet on all cores and writes it in order.
struct Production: Sendable {
    /// Devices a worker makes at a time.
    private static let chunkSize = 256

    let recipe: Recipe
    let fleet: Fleet
    let count: Int
    /// Of a thousand devices, how many get a signature that does not verify.
    let badPerMille: Int

    func isBad(_ index: Int) -> Bool { index % 1000 * 7919 % 1000 < badPerMille }

    /// Writes the files into `out`, replacing those of an earlier run; returns how many devices were spoiled.
    func run(into out: String, jobs: Int = System.coreCount) throws(ToolError) -> Int {
        try Self.makeFolder(out)
        let own = recipe.folder.map { "\(out)/\($0)" }
        if let own { try Self.makeFolder(own) }
        var sinks: [NewFile] = []
        for file in recipe.files { sinks.append(try NewFile(path: "\(out)/\(file)", replaces: true)) }
        var bad: [UInt8] = []
        var badCount = 0
        var start = 0
        let fleet = fleet
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try Workshop(fleet) },
            next: { _ throws(ToolError) -> Arrival<Range<Int>> in
                guard start < count else { return .end }
                let range = start..<min(start + Self.chunkSize, count)
                start = range.upperBound
                return .value(range)
            },
            process: { ($1, make($0, $1)) as (Range<Int>, Result<[Product], ToolError>) },
            deliver: { (range, result) throws(ToolError) in
                let products = try result.get()
                for (position, sink) in sinks.enumerated() {
                    try sink.write(products.flatMap { $0.stretches[position] })
                }
                for (index, product) in zip(range, products) {
                    if let own, let content = product.own {
                        try NewFile.write(content, to: "\(own)/\(Self.name(index)).pem", replaces: true)
                    }
                    guard isBad(index) else { continue }
                    badCount += 1
                    bad += Array("\(index)\n".utf8)
                }
                return true
            })
        for sink in sinks { try sink.commit() }
        if badPerMille > 0 { try NewFile.write(bad, to: "\(out)/bad.txt", replaces: true) }
        return badCount
    }

    private func make(_ workshop: Workshop, _ range: Range<Int>) -> Result<[Product], ToolError> {
        var products: [Product] = []
        do throws(ToolError) {
            for index in range { products.append(try recipe.make(workshop, index, isBad(index))) }
            return .success(products)
        } catch {
            return .failure(error)
        }
    }

    /// Seven digits at least.
    private static func name(_ index: Int) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(7 - digits.utf8.count, 0)) + digits
    }

    static func makeFolder(_ path: String) throws(ToolError) {
        if FileSystem.kind(of: path) != .folder { try FileSystem.makeFolder(path) }
    }
}
