import CBOR
import TestSupport

/// A random item, at most `depth` containers deep, with different keys in every map.
func randomItem(depth: Int, indefinite: Bool, using generator: inout SplitMix64) -> CBORItem {
    let isLeaf = depth == 0 || Int.random(in: 0..<3, using: &generator) == 0
    guard !isLeaf else { return randomLeaf(using: &generator) }
    let count = Int.random(in: 0...4, using: &generator)
    let isIndefinite = indefinite && Bool.random(using: &generator)
    switch Int.random(in: 0..<(indefinite ? 5 : 3), using: &generator) {
    case 0:
        let elements = (0..<count).map { _ in
            randomItem(depth: depth - 1, indefinite: indefinite, using: &generator)
        }
        return isIndefinite ? .indefiniteArray(elements) : .array(elements)
    case 1:
        var pairs: [CBORItem.Pair] = []
        for _ in 0..<count {
            let key = randomItem(depth: depth - 1, indefinite: indefinite, using: &generator)
            guard !pairs.contains(where: { $0.key == key }) else { continue }
            let value = randomItem(depth: depth - 1, indefinite: indefinite, using: &generator)
            pairs.append(CBORItem.Pair(key, value))
        }
        return isIndefinite ? .indefiniteMap(pairs) : .map(pairs)
    case 2:
        return .tagged(
            randomArgument(using: &generator),
            randomItem(depth: depth - 1, indefinite: indefinite, using: &generator))
    case 3: return .byteStringChunks((0..<count).map { generator.bytes($0 * 9) })
    default: return .textStringChunks((0..<count).map { _ in randomText(using: &generator) })
    }
}

private func randomLeaf(using generator: inout SplitMix64) -> CBORItem {
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: return .unsigned(randomArgument(using: &generator))
    case 1: return .negative(randomArgument(using: &generator))
    case 2: return .byteString(generator.bytes(Int.random(in: 0...40, using: &generator)))
    case 3: return .textString(randomText(using: &generator))
    case 4: return .boolean(Bool.random(using: &generator))
    case 5: return Bool.random(using: &generator) ? .null : .undefined
    case 6:
        let number = UInt8.random(in: 0...255, using: &generator)
        return CBORSimpleValue(number).map(CBORItem.simple) ?? .null
    case 7: return .float(.half(bitPattern: UInt16(truncatingIfNeeded: generator.next())))
    default:
        return Bool.random(using: &generator)
            ? .float(.single(bitPattern: UInt32(truncatingIfNeeded: generator.next())))
            : .float(.double(bitPattern: generator.next()))
    }
}

/// Arguments of every width, with their bounds.
private func randomArgument(using generator: inout SplitMix64) -> UInt64 {
    let bounds: [UInt64] = [0, 23, 24, 255, 256, 65535, 65536, 4_294_967_295, 4_294_967_296, .max]
    if Bool.random(using: &generator), let bound = bounds.randomElement(using: &generator) { return bound }
    return generator.next() >> UInt64.random(in: 0..<64, using: &generator)
}

private func randomText(using generator: inout SplitMix64) -> String {
    let alphabet: [Unicode.Scalar] = [
        "a", "\"", "\\", "\n", "\u{1b}", "\u{e9}", "\u{301}", "\u{6c34}", "\u{1f600}",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...30, using: &generator) {
        text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
    }
    return text
}
