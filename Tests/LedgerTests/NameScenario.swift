import Attestation
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import PKIX
import TestFleet
import TestSupport
import Testing

/// Requests for names by devices and others, in an order that follows from a seed, and what may come of each: told by who
/// made it and not by what the code under test reads in it.
struct NameScenario {
    enum Name: Hashable {
        case uuid(Int), imei(Int), plain(Int)

        var isPlain: Bool { if case .plain = self { true } else { false } }
    }

    enum Maker: Equatable {
        /// The token of this device, by its own identity key.
        case genuine(Int)
        /// A token that says it is of the first and is signed by the second.
        case foreign(Int, Int)
        /// A bare request.
        case bare
    }

    struct Request {
        let name: Name
        let maker: Maker
        /// Whether the name is written otherwise than its owner would.
        let isDisguised: Bool
        /// Whether it is another name that has the owner's number in it, without an end that could be seen.
        let isTouched: Bool
        let der: [UInt8]
        let token: String?
    }

    struct Member {
        let device: TestDevice
        let isRegistered: Bool
        let hasIMEI: Bool
    }

    let members: [Member]
    private(set) var requests: [Request] = []
    private let signer: P256Arithmetic

    init(seed: UInt64, count: Int) throws {
        var random = SplitMix64(seed: seed)
        signer = try P256Arithmetic()
        members = try (0..<6).map { _ in
            let isRegistered = random.next() % 4 != 0
            return Member(
                device: try TestDevice(seed: random.next()), isRegistered: isRegistered,
                hasIMEI: isRegistered && random.next() % 3 != 0)
        }
        for _ in 0..<count { requests.append(try request(&random)) }
    }

    private func request(_ random: inout SplitMix64) throws -> Request {
        let target = Int(random.next() % 6)
        let name: Name = [.uuid(target), .imei(target), .plain(target % 3)][Int(random.next() % 3)]
        let maker: Maker
        switch random.next() % 6 {
        case 0: maker = .bare
        case 1: maker = .foreign(target, (target + 1) % 6)
        case 2, 3: maker = .genuine(Int(random.next() % 6))
        default: maker = .genuine(target)
        }
        let disguise = random.next() % 2 == 0 ? Int(random.next() % 12) + 1 : 0
        let subject = try DistinguishedName(text: subject(name, disguise, &random))
        let key = try PrivateKey.p256(scalar: [0] + random.bytes(30) + [1])
        let der = try CertificationRequest.make(subject: subject, key: key).der
        var token: String?
        let nonce = random.bytes(16)
        switch maker {
        case .bare: break
        case .genuine(let number):
            token = try members[number].device.keyGeneration(
                certifying: der, nonce: nonce, profile: .plain, signer: signer)
        case .foreign(let claimed, let number):
            token = try members[number].device.keyGeneration(
                certifying: der, nonce: nonce, profile: .plain, signer: signer,
                claiming: members[claimed].device.uuid)
        }
        return Request(
            name: name, maker: maker, isDisguised: disguise != 0, isTouched: disguise >= 11, der: der,
            token: token)
    }

    /// Characters that are no digits of ASCII and look like one.
    private static let lookAlikes: [Character: [Character]] = [
        "0": ["\u{3007}", "\u{585}", "\u{D3}"], "1": ["\u{4C0}", "\u{1C0}", "\u{CD}"],
        "2": ["\u{1A8}", "\u{4E8C}"],
        "3": ["\u{417}", "\u{4DF}"], "4": ["\u{427}", "\u{13CE}"], "5": ["\u{1BC}"], "6": ["\u{431}"],
        "7": ["\u{2466}"], "8": ["\u{222}"], "9": ["\u{2CCA}"], "a": ["\u{1EA1}", "a\u{323}", "\u{4D3}"],
        "b": ["\u{1E03}", "\u{42C}"], "c": ["\u{E7}", "c\u{327}"],
        "d": ["\u{1E0D}", "d\u{323}", "\u{2146}", "\u{A4D2}"],
        "e": ["\u{451}", "\u{435}\u{308}"], "f": ["\u{192}", "\u{17F}", "\u{1E9B}"],
    ]

    private func subject(_ name: Name, _ disguise: Int, _ random: inout SplitMix64) -> String {
        let text =
            switch name {
            case .uuid(let number): members[number].device.uuid.description
            case .imei(let number): "nrf-\(members[number].device.imei)"
            case .plain(let number): "pump-\(number)-hall"
            }
        switch disguise {
        case 1: return "CN=" + text.uppercased()
        case 2: return "CN=\(text),O=Example"
        case 3: return "O=Example,CN=\(text)"
        case 4: return "CN=\(text)\\ "
        case 5: return "CN=" + text.replacing("-", with: "\u{2010}")
        case 6: return "CN=\(text),UID=\(text)"
        case 7:
            // A digit or letter of full width in place of the last.
            guard let last = text.unicodeScalars.last, let wide = Unicode.Scalar(last.value + 0xFEE0) else {
                return "CN=\(text)"
            }
            return "CN=\(text.dropLast())\(Character(wide))"
        case 8:
            // A digit or letter of another script, or with a mark, in place of the last.
            guard let last = text.last, let forms = Self.lookAlikes[last] else {
                return "CN=\(text)"
            }
            return "CN=\(text.dropLast())\(forms[Int(random.next() % UInt64(forms.count))])"
        // Names of their own where there is no number in it.
        case 9 where !name.isPlain: return "CN=device\(text)"
        case 10 where !name.isPlain: return "CN=\(text)-7"
        case 11: return "CN=nrf0\(text.filter { $0 != "-" })"
        case 12: return "CN=\(text.filter { $0 != "-" })00"
        default: return "CN=\(text)"
        }
    }

    /// Holds what was issued against what may be: in the order in which it was.
    struct Judge {
        let scenario: NameScenario
        private var owners: [Name: Int] = [:]

        init(_ scenario: NameScenario) { self.scenario = scenario }

        /// - Parameter code: `nil` for a certificate, the first failure otherwise.
        mutating func judge(_ request: Request, _ code: ErrorCode?) -> String? {
            let members = scenario.members
            let attested: Int? =
                if case .genuine(let number) = request.maker, members[number].isRegistered { number } else {
                    nil
                }
            if request.isTouched {
                guard code == nil else { return nil }
                switch request.name {
                case .uuid(let owner) where owner != attested && members[owner].isRegistered:
                    return "a longer number with another device's UUID"
                case .imei(let owner) where owner != attested && members[owner].hasIMEI:
                    return "a longer number with another device's IMEI"
                default: return nil
                }
            }
            guard let code else {
                switch (request.name, attested) {
                case (.uuid(let owner), let device?) where owner != device: return "another device's UUID"
                case (.imei(let owner), let device?) where owner != device && members[owner].hasIMEI:
                    return "another device's IMEI"
                case (.imei(let owner), let device?) where owner != device && members[device].hasIMEI:
                    return "an IMEI of nobody for a device that has one"
                case (.uuid(let owner), nil) where members[owner].isRegistered:
                    return "a registered UUID without the device's word"
                case (.imei(let owner), nil) where members[owner].hasIMEI:
                    return "a registered IMEI without the device's word"
                default: break
                }
                if case .foreign(let claimed, _) = request.maker, members[claimed].isRegistered {
                    return "a token that does not verify"
                }
                if let owner = owners[request.name], owner != attested {
                    return "a name that device \(owner) has"
                }
                if let attested { owners[request.name] = attested }
                return nil
            }
            // The genuine request of a device for its own name.
            guard let attested, !request.isDisguised else { return nil }
            switch request.name {
            case .uuid(attested): return "its own UUID was refused: \(code.rawValue)"
            case .imei(attested) where members[attested].hasIMEI:
                return "its own IMEI was refused: \(code.rawValue)"
            case .plain where owners[request.name] == attested || owners[request.name] == nil:
                return "its name was refused: \(code.rawValue)"
            default: return nil
            }
        }
    }
}
