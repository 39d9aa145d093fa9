import CBOR
import CCBOR
import TestSupport
import Testing

@Suite struct PropertyTests {
    @Test func encodeThenDecodeIsTheIdentity() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<10_000 {
            let item = randomItem(depth: 4, indefinite: true, using: &generator)
            let encoded = item.encode()
            let decoded = try CBORDecoder().decode(encoded)
            #expect(decoded == item)
            #expect(decoded.encode() == encoded)
            #expect(decoded.diagnosticNotation.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        }
    }

    @Test func survivesRandomBytes() {
        var generator = SplitMix64(seed: 2)
        var accepted = 0
        for _ in 0..<100_000 {
            let input = generator.bytes(Int.random(in: 0...24, using: &generator))
            if decodeError(input, .general) == nil { accepted += 1 }
            pullEverything(input, using: &generator)
            #expect(skipError(input) == decodeError(input, .strict))
        }
        #expect(accepted > 1_000)
    }

    @Test func survivesMutations() {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let input = mutated(
                randomItem(depth: 3, indefinite: true, using: &generator).encode(), using: &generator)
            #expect(skipError(input) == decodeError(input, .strict))
            guard let item = try? CBORDecoder().decode(input) else { continue }
            // What general mode accepts in longer forms is stable once it is written in shortest ones.
            #expect((try? CBORDecoder().decode(item.encode())) == item)
        }
    }

    /// What strict mode accepts, libcbor accepts, reads to the end and writes back the same.
    @Test func libcborAgrees() throws {
        var generator = SplitMix64(seed: 4)
        var compared = 0
        for round in 0..<20_000 {
            var input = randomItem(depth: 3, indefinite: false, using: &generator).encode()
            if round % 2 == 1 { input = mutated(input, using: &generator) }
            guard let item = try? CBORDecoder(.strict).decode(input), isKnownToLibcbor(item) else { continue }
            compared += 1
            let copy = libcborRoundTrip(input)
            #expect(copy == input, "\(item.diagnosticNotation)")
        }
        #expect(compared > 8_000)
    }
}

extension PropertyTests {
    /// Calls every read in turn until nothing moves any more.
    private func pullEverything(_ input: [UInt8], using generator: inout SplitMix64) {
        let lower = Int.random(in: -1...input.count, using: &generator)
        var reader = CBORReader(input, range: lower..<max(lower, input.count))
        var before = -1
        while reader.offset != before {
            before = reader.offset
            _ = try? reader.readTagIfPresent(18)
            _ = try? reader.readTag()
            _ = try? reader.readArrayHeader()
            _ = try? reader.readMapHeader()
            _ = try? reader.readUnsigned()
            _ = try? reader.readInteger()
            if let content = try? reader.readByteString() { #expect(content.upperBound <= input.count) }
            if let content = try? reader.readTextString() {
                #expect(String(validating: input[content], as: UTF8.self) != nil)
            }
            try? reader.readNull()
            try? reader.skipItem()
        }
        #expect(reader.offset <= input.count)
    }

    private func mutated(_ input: [UInt8], using generator: inout SplitMix64) -> [UInt8] {
        var result = input
        for _ in 0..<Int.random(in: 1...2, using: &generator) where !result.isEmpty {
            let index = Int.random(in: 0..<result.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: result[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: result[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: result.remove(at: index)
            default: result.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            }
        }
        return result
    }

    /// libcbor 0.8 refuses one-byte tags 6 to 20 and simple values, and writes NaNs and subnormal halves
    /// in its own way.
    private func isKnownToLibcbor(_ item: CBORItem) -> Bool {
        switch item {
        case .array(let elements): elements.allSatisfy(isKnownToLibcbor)
        case .map(let pairs): pairs.allSatisfy { isKnownToLibcbor($0.key) && isKnownToLibcbor($0.value) }
        case .tagged(let number, let content): !(6...20).contains(number) && isKnownToLibcbor(content)
        case .simple: false
        case .float(.half(let bits)): bits & 0x7c00 != 0 && bits & 0x7c00 != 0x7c00
        case .float(let number): !number.value.isNaN
        default: true
        }
    }

    /// The input decoded and written by libcbor; nil if it refuses it or leaves bytes unread.
    private func libcborRoundTrip(_ input: [UInt8]) -> [UInt8]? {
        var result = cbor_load_result()
        guard let item = cbor_load(input, input.count, &result) else { return nil }
        defer {
            var reference: UnsafeMutablePointer<cbor_item_t>? = item
            cbor_decref(&reference)
        }
        guard result.read == input.count else { return nil }
        var buffer = [UInt8](repeating: 0, count: input.count + 64)
        let length = cbor_serialize(item, &buffer, buffer.count)
        return Array(buffer[..<length])
    }
}
