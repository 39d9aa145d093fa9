/// Which of the words that are known was probably meant.
package enum Resemblance {
    /// What the edits of one word may cost: a slip of two neighbouring letters is likelier than another letter.
    private static let swap = 2, edit = 3

    /// The word that `word` begins, or that begins it, before the one that differs in the fewest letters; nil where none is
    /// near, or two are equally near.
    package static func nearest(_ word: String, among known: [String]) -> String? {
        let word = word.lowercased()
        if known.contains(word) { return word }
        let begun = known.filter { isBeginning(word, of: $0) || isBeginning($0, of: word) }
        if begun.count == 1 { return begun[0] }
        let limit = word.count <= 2 ? swap : word.count <= 4 ? edit : 2 * edit
        let costs = known.map { ($0, cost(Array(word.utf8), Array($0.utf8))) }.filter { $0.1 <= limit }
        guard let least = costs.map(\.1).min() else { return nil }
        let best = costs.filter { $0.1 == least }
        return best.count == 1 ? best[0].0 : nil
    }

    /// Two letters are too few to say what a word begins.
    private static func isBeginning(_ beginning: String, of word: String) -> Bool {
        beginning.count >= 3 && word.hasPrefix(beginning)
    }

    /// Of the edits that make one word the other: insertions, deletions, other letters, swaps of neighbours.
    private static func cost(_ from: [UInt8], _ to: [UInt8]) -> Int {
        // Nobody mistypes a word of that length, and the table grows with its square.
        guard from.count <= 64, to.count <= 64 else { return .max }
        var rows = [Array(stride(from: 0, through: to.count * edit, by: edit))]
        for row in 1..<(from.count + 1) {
            var current = [row * edit]
            for column in 1..<(to.count + 1) {
                var least = min(rows[row - 1][column], current[column - 1]) + edit
                let differs = from[row - 1] != to[column - 1]
                least = min(least, rows[row - 1][column - 1] + (differs ? edit : 0))
                if differs, row > 1, column > 1, from[row - 1] == to[column - 2],
                    from[row - 2] == to[column - 1]
                {
                    least = min(least, rows[row - 2][column - 2] + swap)
                }
                current.append(least)
            }
            rows.append(current)
        }
        return rows[from.count][to.count]
    }
}
