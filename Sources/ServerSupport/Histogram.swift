/// How long requests took, in Prometheus' text format.
struct Histogram: Sendable {
    /// Upper ends in microseconds.
    static let ends: [UInt64] = [1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000]
    static let names = ["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5"]
    var counts = [UInt64](repeating: 0, count: ends.count)
    var count: UInt64 = 0
    var sum: UInt64 = 0

    mutating func add(_ microseconds: UInt64) {
        count &+= 1
        sum &+= microseconds
        for place in counts.indices where microseconds <= Self.ends[place] { counts[place] &+= 1 }
    }

    /// The samples of a histogram of this name.
    ///
    /// - Parameter labels: as `side="device"`; may be empty.
    func text(_ name: String, _ labels: String) -> String {
        let prefix = labels.isEmpty ? "" : labels + ","
        let set = labels.isEmpty ? "" : "{\(labels)}"
        var text = ""
        for (end, count) in zip(Self.names, counts) {
            text += "\(name)_bucket{\(prefix)le=\"\(end)\"} \(count)\n"
        }
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(count)\n"
        text += "\(name)_sum\(set) \(Self.seconds(sum))\n"
        text += "\(name)_count\(set) \(count)\n"
        return text
    }

    private static func seconds(_ microseconds: UInt64) -> String {
        let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        return "\(microseconds / 1_000_000).\(fraction)"
    }
}
