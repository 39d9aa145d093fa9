import Foundation
import TestSupport
import Testing

@testable import DeviceIdentity

@Suite struct Base64Tests {
    private func decodeURL(_ text: String) throws(Base64Error) -> [UInt8] {
        try Base64.decodeURL(Array(text.utf8)[...])
    }

    private func decodeStandard(_ text: String) throws(Base64Error) -> [UInt8] {
        try Base64.decodeStandard(Array(text.utf8)[...])
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectorsOfRFC4648(plain: String, text: String) throws {
        let bytes = Array(plain.utf8)
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        #expect(try decodeURL(text) == bytes)
        #expect(try decodeStandard(padded) == bytes)
        #expect(Base64.encode(bytes, .url) == Array(text.utf8))
        #expect(Base64.encode(bytes, .standard) == Array(padded.utf8))
    }

    @Test func theAlphabetsDifferInTwoLetters() throws {
        #expect(try decodeURL("-_-_") == [0xfb, 0xff, 0xbf])
        #expect(try decodeStandard("+/+/") == [0xfb, 0xff, 0xbf])
        #expect(Base64.encode([0xfb, 0xff, 0xbf], .url) == Array("-_-_".utf8))
        #expect(Base64.encode([0xfb, 0xff, 0xbf], .standard) == Array("+/+/".utf8))
        #expect(throws: Base64Error(offset: 0, reason: .character(UInt8(ascii: "+")))) {
            try decodeURL("+/+/")
        }
        #expect(throws: Base64Error(offset: 0, reason: .character(UInt8(ascii: "-")))) {
            try decodeStandard("-_-_")
        }
    }

    @Test(
        arguments: [
            ("Z", 1, .length(1)), ("Zm9vY", 5, .length(5)), ("Zh", 1, .trailingBits),
            ("Zm9", 2, .trailingBits),
            ("Zm9vYh", 5, .trailingBits), ("Zg==", 2, .character(0x3d)), ("Zm9v=", 4, .character(0x3d)),
            ("Zm8=", 3, .character(0x3d)), ("Zm9v\n", 4, .character(0x0a)), ("Zm 9vYg", 2, .character(0x20)),
            ("Zm9vY*", 5, .character(0x2a)), ("*", 0, .character(0x2a)), ("Zm9vYm*", 6, .character(0x2a)),
            ("Zm9v\u{0}m9v", 4, .character(0)), ("Zm9v....", 4, .character(0x2e)),
            ("Zmé", 2, .character(0xc3)),
        ] as [(String, Int, Base64Error.Reason)])
    func refusalsOfTheURLForm(text: String, offset: Int, reason: Base64Error.Reason) {
        #expect(throws: Base64Error(offset: offset, reason: reason)) { try decodeURL(text) }
    }

    @Test(
        arguments: [
            ("Zg", 2, .padding), ("Zg=", 3, .padding), ("Z===", 1, .character(0x3d)),
            ("====", 0, .character(0x3d)),
            ("Zh==", 1, .trailingBits), ("Zm9=", 2, .trailingBits), ("Zg==Zg==", 2, .character(0x3d)),
            ("Zg= =", 5, .padding), ("Zm9v\nZm9v", 9, .padding), ("Zm9vZ===", 5, .character(0x3d)),
            ("=Zm8", 0, .character(0x3d)),
        ] as [(String, Int, Base64Error.Reason)])
    func refusalsOfTheStandardForm(text: String, offset: Int, reason: Base64Error.Reason) {
        #expect(throws: Base64Error(offset: offset, reason: reason)) { try decodeStandard(text) }
    }

    @Test func offsetsCountFromTheStartOfTheSlice() {
        let text = Array("....Zm*v".utf8)
        #expect(throws: Base64Error(offset: 2, reason: .character(0x2a))) { try Base64.decodeURL(text[4...]) }
    }

    @Test func messagesNameThePlace() {
        #expect(
            Base64Error(offset: 7, reason: .character(0x2a)).message
                == "unexpected character '*' at offset 7")
        #expect(
            Base64Error(offset: 5, reason: .length(5)).message
                == "a text of 5 characters leaves one over, which encodes nothing")
        #expect(
            Base64Error(offset: 1, reason: .trailingBits).message
                == "unused bits of the last character are not zero")
        #expect(Base64Error(offset: 3, reason: .padding).message == "wrong padding at offset 3")
    }

    /// Whatever is accepted encodes to itself: no two texts give the same bytes.
    @Test func everyAcceptedTextIsTheOnlyOneForItsBytes() {
        var accepted = 0
        for length in 1...3 {
            var text = [UInt8](repeating: 0, count: length)
            let letters: [UInt8] = length < 3 ? Array(0...255) : Array("AQgwBEz09-_+/= \n.*".utf8)
            func visit(_ position: Int) {
                guard position < length else {
                    if let bytes = try? Base64.decodeURL(text[...]) {
                        accepted += 1
                        #expect(Base64.encode(bytes, .url) == text)
                    }
                    return
                }
                for letter in letters {
                    text[position] = letter
                    visit(position + 1)
                }
            }
            visit(0)
        }
        // Two letters: 64 firsts with 4 seconds. Three: 11 letters in the first two places, 6 in the last.
        #expect(accepted == 64 * 4 + 11 * 11 * 6)
    }

    @Test func agreesWithFoundation() throws {
        var random = SplitMix64(seed: 4648)
        for round in 0..<3_000 {
            let bytes = (0..<round % 70).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Array(Data(bytes).base64EncodedData())
            #expect(Base64.encode(bytes, .standard) == text)
            #expect(try Base64.decodeStandard(text[...]) == bytes)
            let url = Base64.encode(bytes, .url)
            #expect(try Base64.decodeURL(url[...]) == bytes)
        }
    }

    @Test func damagedTextsAreRefusedOrStandForOtherBytes() {
        var random = SplitMix64(seed: 99)
        var refused = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var text = Base64.encode(bytes, .standard)
            let index = Int.random(in: text.indices, using: &random)
            let old = text[index]
            text[index] = UInt8.random(in: 0...255, using: &random)
            guard text[index] != old else { continue }
            if let other = try? Base64.decodeStandard(text[...]) {
                #expect(other != bytes)
                #expect(Base64.encode(other, .standard) == text)
            } else {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }
}
