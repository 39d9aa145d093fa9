import Foundation
import OpenSSL
import Testing

@Suite struct OctetsTests {
    @Test func comparesWithinBounds() {
        let bytes: [UInt8] = [1, 2, 3, 4]
        #expect(Octets.equal(bytes, in: 1..<3, [2, 3]))
        #expect(!Octets.equal(bytes, in: 1..<3, [2, 4]))
        #expect(!Octets.equal(bytes, in: 1..<3, [2]))
        #expect(Octets.equal(bytes, in: 4..<4, []))
        #expect(Octets.equal([], in: 0..<0, []))
        #expect(!Octets.equal(bytes, in: 3..<5, [4, 0]))
        #expect(!Octets.equal(bytes, in: -1..<1, [0, 1]))
    }

    @Test func findsAndCounts() {
        let bytes: [UInt8] = [10, 1, 10, 10, 2]
        #expect(
            (-1...6).map { Octets.firstIndex(of: 10, in: bytes, from: $0) } == [
                nil, 0, 2, 2, 3, nil, nil, nil,
            ])
        #expect(Octets.count(of: 10, in: bytes) == 3)
        #expect(Octets.count(of: 3, in: bytes) == 0)
        #expect(Octets.count(of: 10, in: []) == 0)
    }

    @Test func findsWhatASearchOctetByOctetFinds() {
        // Neighbours of the octet in question, and of its top bit: what a carry could mistake for it.
        let fillers: [UInt8] = [0, 1, 0x2d, 0x2f, 0x7f, 0x80, 0xae, 0xaf, 0xff]
        for filler in fillers {
            for length in 0..<40 {
                let plain = [UInt8](repeating: filler, count: length)
                #expect(Octets.firstIndex(of: 0x2e, in: plain[...]) == nil)
                for place in 0..<length {
                    var text = plain
                    text[place] = 0x2e
                    if place + 1 < length { text[place + 1] = 0x2f }
                    if place + 2 < length { text[length - 1] = 0x2e }
                    for start in 0...min(place + 1, 9) {
                        let slice = text[start...]
                        #expect(Octets.firstIndex(of: 0x2e, in: slice) == slice.firstIndex(of: 0x2e))
                    }
                }
            }
        }
        #expect(Octets.firstIndex(of: 0, in: [0x80, 0, 1]) == 1)
    }

    @Test(arguments: ["\n", "\\n"])
    func writesBase64AsFoundationDoes(lineEnd: String) {
        for count in Array(0...150) + [1000, 4096] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
            var output: [UInt8] = [7]
            Octets.appendBase64(bytes, lineEnd: lineEnd == "\n" ? "\n" : "\\n", to: &output)
            var expected = Data(bytes).base64EncodedString(options: [
                .lineLength64Characters, .endLineWithLineFeed,
            ])
            if count > 0 { expected += "\n" }
            #expect(output == [7] + Array(expected.replacingOccurrences(of: "\n", with: lineEnd).utf8))
        }
    }

    private static let values: [UInt8] = (0..<256).map { octet in
        switch UInt8(octet) {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(octet) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(octet) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(octet) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        case 0x20, 0x09, 0x0A, 0x0D: 64
        default: 255
        }
    }

    /// Groups of four letters with white space between them, read the slow way.
    private func reference(_ text: [UInt8]) -> (read: Int, octets: [UInt8]) {
        var octets: [UInt8] = []
        var offset = 0
        while text.count - offset >= 4 {
            let group = text[offset..<offset + 4].map { Self.values[Int($0)] }
            if group.allSatisfy({ $0 < 64 }) {
                let word = group.reduce(0) { $0 << 6 | UInt32($1) }
                octets += [16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
                offset += 4
            } else if group[0] == 64 {
                offset += 1
            } else {
                break
            }
        }
        return (offset, octets)
    }

    @Test func readsBase64UpToWhatIsNone() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for count in 0..<200 {
            for other in [nil, 0x0A, 0x20, 0x3D, 0x00, 0xC3] as [UInt8?] {
                var text = (0..<count).map { _ in letters.randomElement(using: &generator) ?? 0x41 }
                if let other, count > 0 { text[Int.random(in: 0..<count, using: &generator)] = other }
                let expected = reference(text)
                var output = [UInt8](repeating: 0, count: count / 4 * 3)
                let found = Octets.decodeBase64(
                    [9] + text + [0x41], in: 1..<1 + count, values: Self.values, into: &output)
                #expect(found.read == expected.read && found.written == expected.octets.count)
                #expect(Array(output.prefix(found.written)) == expected.octets)
            }
        }
    }

    @Test func readsNoBase64WithoutRoom() {
        let text = Array("AAAABBBB".utf8)
        var short = [UInt8](repeating: 0, count: 5)
        var enough = [UInt8](repeating: 0, count: 6)
        for found in [
            Octets.decodeBase64(text, in: 0..<8, values: Self.values, into: &short),
            Octets.decodeBase64(text, in: 0..<9, values: Self.values, into: &enough),
            Octets.decodeBase64(text, in: -1..<8, values: Self.values, into: &enough),
            Octets.decodeBase64(text, in: 0..<8, values: Array(Self.values.dropLast()), into: &enough),
        ] {
            #expect(found == (0, 0))
        }
    }
}

@Suite struct DigestTests {
    /// Of FIPS 180-4, message "abc".
    private static let abc: [HashAlgorithm: String] = [
        .sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
        .sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        .sha384: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            + "8086072ba1e7cc2358baeca134c825a7",
        .sha512: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ]

    private func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Each thread has one context for all algorithms, one after the other.
    @Test func manyThreadsHashWithManyAlgorithms() {
        DispatchQueue.concurrentPerform(iterations: 64) { number in
            for round in 0..<50 {
                for algorithm in HashAlgorithm.allCases {
                    let found = text(Digest.hash(algorithm, Array("abc".utf8)))
                    #expect(found == Self.abc[algorithm], "thread \(number), round \(round)")
                }
            }
        }
    }

    @Test func slicesAndPrefixesAreThoseOfTheWhole() {
        let bytes = Array("xabcy".utf8)
        let whole = Digest.sha256(Array("abc".utf8))
        #expect(text(whole) == Self.abc[.sha256])
        #expect(Digest.sha256(bytes[1..<4]) == whole)
        for (length, expected) in [(-1, 0), (0, 0), (20, 20), (32, 32), (33, 32)] {
            #expect(Digest.sha256(bytes[1..<4], prefix: length) == Array(whole.prefix(expected)))
        }
        #expect(
            text(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
