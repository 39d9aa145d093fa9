import Attestation
import DeviceIdentity
import Foundation
import OpenSSL
import Registry
import Store
import TestFleet
import TestSupport
import Testing

/// Tests of the program in trouble: killed, in company, without room. One at a time, because each uses all cores.
@Suite(.serialized) struct CrashTests {
    /// What a run with `--json` reported in whole lines.
    static func reports(_ outcome: Program.Outcome) throws -> [Report] {
        let array = "[" + outcome.wholeLines.joined(separator: ",") + "]"
        return try JSONDecoder().decode([Report].self, from: Data(array.utf8))
    }
}

/// One JSON line of any of the commands.
struct Report: Decodable {
    struct Input: Decodable { let line: Int }
    struct Failure: Decodable { let code: String }

    let input: Input?
    let deviceUuid: String?
    let status: String?
    let verdict: String?
    let nonce: String?
    let failures: [Failure]

    /// The device as ``StoreState`` writes it.
    var device: String { (deviceUuid ?? "").filter { $0 != "-" }.uppercased() }
    var nonceID: String { device.lowercased() + "|" + (nonce ?? "") }
}

/// Inputs of the tests, all from a seed.
enum Inputs {
    /// `uuid,imei,spkiBase64` of devices from `range` of an endless fleet whose keys repeat: an import does not mind.
    static func rows(_ range: Range<Int>, shiftingKeysBy shift: Int = 0) -> [String] {
        range.map { index in
            var random = SplitMix64(seed: UInt64(index) &+ 0x1000)
            let digits = [random.next(), random.next()].map { String($0 | 1 << 63, radix: 16) }
            let uuid = [
                digits[0].prefix(8), digits[0].dropFirst(8).prefix(4), digits[0].suffix(4),
                digits[1].prefix(4), digits[1].dropFirst(4),
            ].joined(separator: "-")
            return "\(uuid),,\(keys[(index + shift) % keys.count])"
        }
    }

    static func csv(_ rows: [String]) -> String {
        "uuid,imei,spkiBase64\n" + rows.map { $0 + "\n" }.joined()
    }

    private static let keys: [String] = (0..<64).compactMap { try? TestDevice(seed: $0).spkiBase64 }

    /// Attestation tokens, one a line: `count` of each device, interleaved.
    static func tokens(of devices: [TestDevice], count: Int) throws -> String {
        let arithmetic = try P256Arithmetic()
        var random = SplitMix64(seed: 77)
        var text = ""
        for _ in 0..<count {
            for device in devices {
                text += try device.attestation(nonce: random.bytes(16), signer: arithmetic) + "\n"
            }
        }
        return text
    }

    static func devices(_ count: Int) throws -> [TestDevice] {
        try (0..<count).map { try TestDevice(seed: 0xdead_0000 + UInt64($0)) }
    }

    /// A store in which these devices' keys are trusted.
    static func registry(of devices: [TestDevice], at path: String) throws {
        let store = try SQLiteStore(path: path, access: .create)
        _ = try store.register(
            devices.map {
                Registration(
                    uuid: $0.uuid, key: IdentityKey(publicKey: $0.publicKey, trust: .trusted), how: .imported,
                    inputDigest: nil)
            }, at: Int64(Date().timeIntervalSince1970))
    }
}

extension WorkFolder {
    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> Program {
        try Program(TestPaths.binary, arguments, in: url, environment: environment)
    }

    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Outcome {
        try Program(TestPaths.binary, arguments, in: url, environment: environment).wait()
    }
}

/// Whether the long forms of the tests are asked for (`make soak`).
let isSoak = ProcessInfo.processInfo.environment["ASSAY_SOAK"] == "1"
