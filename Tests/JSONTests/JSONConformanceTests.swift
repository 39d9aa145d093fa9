import CJansson
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JSONConformanceTests {
    @Test(.needsVectors)
    func jsonTestSuite() throws {
        let file = try #require(TestPaths.vectors).appendingPathComponent("jsontestsuite/cases.json")
        let cases = try JSONValue(parsing: Array(Data(contentsOf: file)))
        var judged = 0
        for element in try JSONNode(cases).elements() {
            let name = try element.member("case_id").string()
            let encoded = try element.member("inputs").member("b64").string()
            let bytes = try Array(#require(Data(base64Encoded: encoded)))
            let accepted = (try? JSONValue(parsing: bytes)) != nil
            let requires = try element.member("requires").elements().map { try $0.string() }
            if requires.contains("json:duplicate-keys") {
                // Refused on purpose: readers that keep different ones of two members can be played off.
                #expect(!accepted, "\(name)")
                continue
            }
            switch try element.member("expected").string() {
            case "accept": #expect(accepted, "\(name)")
            case "reject": #expect(!accepted, "\(name)")
            default: continue
            }
            judged += 1
        }
        #expect(judged == 134)
    }

    @Test func agreesWithBareJanssonAndKeepsWhatItReads() {
        // The pre-scan and the mask must change nothing but numbers and U+0000.
        var random = SplitMix64(seed: 20_26)
        var accepted = 0
        for round in 0..<100_000 {
            let bytes = Self.mutant(round, using: &random)
            let bare = Self.janssonVerdict(bytes)
            let value = try? JSONValue(parsing: bytes)
            if let value {
                accepted += 1
                let again = try? JSONValue(parsing: value.compact())
                #expect(again == value)
                #expect((try? JSONValue(parsing: value.indented())) == value)
            }
            switch bare {
            case .accepted: #expect(value != nil, "\(text(bytes))")
            case .refused: #expect(value == nil, "\(text(bytes))")
            case .cannotHold: break
            }
        }
        #expect(accepted > 5_000)
    }

    @Test func readsTheSameWithAndWithoutAStandIn() {
        // U+0000 in front has jansson read a text in which places are replaced.
        var random = SplitMix64(seed: 4_627)
        var accepted = 0
        for round in 0..<100_000 {
            let bytes = Self.mutant(round, using: &random)
            let value = try? JSONValue(parsing: bytes)
            let whole = try? JSONValue(parsing: Array(#"["\u0000","#.utf8) + bytes + Array("]".utf8))
            if let value {
                accepted += 1
                #expect(whole == .array([.string("\0"), value]), "\(text(bytes))")
            } else if let whole {
                // What ends the array early, or is several elements of one, is no value by itself.
                #expect(whole.arrayValue?.count != 2, "\(text(bytes))")
            }
        }
        #expect(accepted > 5_000)
    }

    @Test func findsTheEndOfAStringOfAnyLength() {
        let odd = ["\"", "\\", "\n", "\u{1f}", " ", "~", "\u{7f}", "\u{80}", "é", "\u{2028}"]
        for length in 0..<20 {
            for place in 0...length {
                for piece in odd {
                    let value =
                        String(repeating: "a", count: place) + piece
                        + String(repeating: "!", count: length - place)
                    let document = JSONValue.object(["n": .string(value), value: .array([.string(value)])])
                    #expect((try? JSONValue(parsing: document.compact())) == document)
                    let raw = "[\"" + value + "\"]"
                    let isPlain = !["\"", "\\", "\n", "\u{1f}"].contains(piece)
                    #expect(((try? parse(raw)) == .array([.string(value)])) == isPlain, "\(raw)")
                }
            }
        }
    }

    @Test func neverAcceptsWhatFoundationRefuses() {
        var random = SplitMix64(seed: 77)
        for round in 0..<20_000 {
            let bytes = Self.mutant(round, using: &random)
            guard (try? JSONValue(parsing: bytes)) != nil else { continue }
            let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
            // Foundation refuses numbers beyond `Double`, which we keep as text.
            let hasExponent = bytes.contains(UInt8(ascii: "e")) || bytes.contains(UInt8(ascii: "E"))
            #expect(value != nil || hasExponent, "\(text(bytes))")
        }
    }

    @Test func randomBytesDoNotTrap() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<100_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if let value = try? JSONValue(parsing: bytes) {
                #expect((try? JSONValue(parsing: value.compact())) == value)
            }
        }
    }

    // MARK: Support

    private static let seeds: [[UInt8]] = [
        #"{"a":[1,-2.5e3,"x\u0000\n"],"b":{"c":null},"d":true}"#, #"[0,-0,1e9,123456789012345678901]"#,
        #"["\ud83d\ude00","\\u0000","é",""]"#, #"{"k\u0000":1,"l":{"m":[false,[[]]]}}"#, "  -12.50 ", #""s""#,
        #"{"iss":"nRF9160.f2846fe6-2fa6-801b" , "long name" :["0123456789abcdeé", {"x":"", "yyyyyyyy":"z"}]}"#,
    ].map { Array($0.utf8) }

    private static func mutant(_ round: Int, using random: inout SplitMix64) -> [UInt8] {
        var bytes = seeds[round % seeds.count]
        let alphabet = Array("{}[]\",:\\u0123456789eE+-.nult \n\u{0}a".utf8) + [0xc3, 0xa9, 0xff]
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
            case 2: bytes[index] = alphabet.randomElement(using: &random) ?? 0
            default: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
            }
        }
        return bytes
    }

    private enum Verdict {
        case accepted, refused, cannotHold
    }

    private static func janssonVerdict(_ bytes: [UInt8]) -> Verdict {
        var error = json_error_t()
        let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | 0x10
        let tree = bytes.withUnsafeBytes { buffer in
            json_loadb(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, Int(flags), &error)
        }
        if let tree {
            json_decref(tree)
            // It overlooks a byte 0 after a number.
            return bytes.contains(0) ? .refused : .accepted
        }
        let code = json_error_code(UInt32(assay_json_error_code(&error)))
        let limits = [json_error_numeric_overflow, json_error_null_byte_in_key]
        return limits.contains(code) ? .cannotHold : .refused
    }
}
