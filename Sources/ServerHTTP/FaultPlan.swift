package import Diagnostics
import Synchronization

/// Which requests get which faults: the same ones for the same seed and the same order of requests.
package final class FaultPlan: Sendable {
    /// One kind and how often, in millionths.
    package struct Share: Sendable, Equatable {
        package let fault: Fault
        package let millionths: Int

        /// `KIND:PROBABILITY`, as in `502:0.05`.
        ///
        /// - Throws: ``ToolError`` with `usage`.
        package init(_ text: String) throws(ToolError) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let kinds = Fault.allCases.map(\.rawValue).joined(separator: ", ")
            guard parts.count == 2, let fault = Fault(rawValue: String(parts[0])) else {
                throw ToolError(
                    .usage, "expected a fault as KIND:PROBABILITY, found \(text.escapedForTerminal)",
                    hint: "the kinds are \(kinds)")
            }
            guard let probability = Double(parts[1]), 0...1 ~= probability else {
                throw ToolError(
                    .usage, "expected a fault with a probability of 0 to 1, found \(text.escapedForTerminal)")
            }
            self.fault = fault
            millionths = Int(probability * 1_000_000)
        }
    }

    private let shares: [Share]
    private let state: Mutex<UInt64>

    /// - Throws: ``ToolError`` with `usage` where the probabilities add up to more than 1.
    package init(_ shares: [Share], seed: String) throws(ToolError) {
        guard shares.map(\.millionths).reduce(0, +) <= 1_000_000 else {
            throw ToolError(.usage, "expected faults with probabilities of at most 1 together, found more")
        }
        self.shares = shares
        // FNV-1a: any text gives a beginning of its own.
        state = Mutex(seed.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }

    /// What happens to the next request; `nil` for nothing.
    func next() -> Fault? {
        var roll = Int(
            state.withLock { state in
                // SplitMix64.
                state &+= 0x9e37_79b9_7f4a_7c15
                var mixed = state
                mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
                mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
                return (mixed ^ (mixed >> 31)) % 1_000_000
            })
        for share in shares {
            if roll < share.millionths { return share.fault }
            roll -= share.millionths
        }
        return nil
    }
}
