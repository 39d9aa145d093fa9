/// How often each reason code was the first of a result that is not good.
public struct ReasonCounts: Sendable, Equatable {
    private var counts: [String: Int] = [:]

    public init() {}

    public mutating func count(_ code: String?) {
        if let code { counts[code, default: 0] += 1 }
    }

    public static func += (left: inout ReasonCounts, right: ReasonCounts) {
        for (code, count) in right.counts { left.counts[code, default: 0] += count }
    }

    /// The codes, the most frequent first, equally frequent ones by name.
    public var codes: [String] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// The end of a summary: `; reasons: 2 signature, 1 digest`; empty where all was well.
    public var note: String {
        if counts.isEmpty { return "" }
        return "; reasons: " + codes.map { "\(counts[$0] ?? 0) \($0)" }.joined(separator: ", ")
    }
}
