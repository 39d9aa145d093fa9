import Attestation
import DeviceIdentity
import Diagnostics
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// A published output of a modem, with the identity key recovered for its device.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let profile: SigningProfile

    /// Those that verify.
    static let genuine = [
        Fixture(name: "attestation-nrf9160", profile: .bound),
        Fixture(name: "keygen-csr-nrf9160", profile: .bound),
        Fixture(name: "keygen-public-key-nrf9160", profile: .bound),
        Fixture(name: "keygen-csr-nrf91x1", profile: .plain),
    ]
    /// Its signature is good and its digest is not.
    static let edited = Fixture(name: "keygen-csr-edited", profile: .plain)

    var testDescription: String { name }

    func text() throws -> [UInt8] {
        let file = TestPaths.fixtures.appendingPathComponent("tokens/\(name).txt")
        return Array(try Data(contentsOf: file)).filter { $0 != 0x0a }
    }

    func token() throws -> AttestationToken { try AttestationToken(text()[...]) }

    func key() throws -> P256PublicKey {
        let file = TestPaths.fixtures.appendingPathComponent("keys/\(try token().deviceUUID).pem")
        let der = try PEMDocument(Array(try Data(contentsOf: file))).single("PUBLIC KEY")
        return try #require(P256PublicKey(spki: der[...]))
    }

    /// The two decoded halves.
    func halves() throws -> (first: [UInt8], second: [UInt8]) {
        let parts = try text().split(separator: UInt8(ascii: "."))
        return (try Base64.decodeURL(parts[0]), try Base64.decodeURL(parts[1]))
    }
}

/// The text of a token with these halves.
func tokenText(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    Base64.encode(first, .url) + [UInt8(ascii: ".")] + Base64.encode(second, .url)
}

/// What became of a text.
enum Outcome: Equatable {
    case verified(SigningProfile)
    case rejected([ErrorCode])
    case malformed(ErrorCode)
}

extension AttestationVerifier {
    /// The outcome for the text of a token.
    func outcome(
        of text: [UInt8], key: P256PublicKey?, trust: KeyTrust = .given, expected: DeviceUUID? = nil
    ) -> Outcome {
        do throws(TokenError) {
            let token = try AttestationToken(text[...])
            let identity = key.map { IdentityKey(publicKey: $0, trust: trust) }
            switch verify(token, key: identity, expectedUUID: expected) {
            case .verified(let attestation): return .verified(attestation.profile)
            case .rejected(let failures): return .rejected(failures.map(\.code))
            }
        } catch {
            return .malformed(error.code)
        }
    }
}

/// The message with which a text is refused as a token, nil if it is one.
func refusal(_ text: [UInt8], _ rule: AttestationToken.Base64Rule = .strict) -> TokenError? {
    do throws(TokenError) {
        _ = try AttestationToken(text[...], base64: rule)
        return nil
    } catch {
        return error
    }
}
