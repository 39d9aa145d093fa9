/// Digits with nothing but separators in between.
struct DigitRun {
    private(set) var values: [UInt8] = []
    /// Where they stand in the text.
    private var places: [Int] = []

    static func all(in symbols: [UInt8], _ value: (UInt8) -> UInt8?) -> [DigitRun] {
        var runs: [DigitRun] = []
        var run = DigitRun()
        for (place, symbol) in symbols.enumerated() {
            if let digit = value(symbol) {
                run.values.append(digit)
                run.places.append(place)
            } else if !NamedDevices.isSeparator(symbol) {
                if run.values.count >= 14 { runs.append(run) }
                run = DigitRun()
            }
        }
        if run.values.count >= 14 { runs.append(run) }
        return runs
    }

    /// Where so many digits stand between separators or the ends of the run.
    func windows(of length: Int) -> [Int] {
        guard values.count >= length else { return [] }
        return (0...values.count - length).filter { isEdge($0) && isEdge($0 + length) }
    }

    /// Where 32 digits are written as UUIDs usually are. In groups of 8-4-4-4-12 they are one wherever they stand, whatever
    /// digits touch the first and the last group: the hyphens say where it begins. In one piece they have to be all of it.
    func usualUUIDs() -> [Int] {
        guard values.count >= 32 else { return [] }
        return (0...values.count - 32).filter { place in
            if isEdge(place + 8) {
                return isEdge(place + 12) && isEdge(place + 16) && isEdge(place + 20)
                    && groups(place, 32) == [8, 4, 4, 4, 12]
            }
            return isEdge(place) && isEdge(place + 32) && groups(place, 32) == [32]
        }
    }

    private func isEdge(_ index: Int) -> Bool {
        index == 0 || index == values.count || places[index] != places[index - 1] + 1
    }

    /// How many digits of a window stand together each time.
    func groups(_ index: Int, _ length: Int) -> [Int] {
        var groups = [0]
        for place in index..<index + length {
            if place > index, isEdge(place) { groups.append(0) }
            groups[groups.count - 1] += 1
        }
        return groups
    }

    /// Whether a part of the text lies among so many digits, or more, in one piece.
    func hasPiece(around part: Range<Int>, of length: Int) -> Bool {
        guard let place = places.firstIndex(of: part.lowerBound) else { return false }
        var start = place
        while !isEdge(start) { start -= 1 }
        var end = place + 1
        while !isEdge(end) { end += 1 }
        return end - start >= length
    }

    func range(_ index: Int, _ length: Int) -> Range<Int> { places[index]..<places[index + length - 1] + 1 }
}
