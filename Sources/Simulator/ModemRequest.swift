import Diagnostics
import OpenSSL
import PKIX

/// The certification request that `%KEYGEN` makes: version 0, a key usage that is not critical, and a signature
/// algorithm with NULL parameters, which RFC 5758 forbids and every modem writes.
struct ModemRequest {
    /// What the modem asks for when it is not told.
    static let standardUsage = "111010000"

    let der: [UInt8]

    /// - Parameters:
    ///   - subject: attributes as `%KEYGEN` takes them: `CN=…,O=…`.
    ///   - usage: nine characters 0 or 1, the bits of RFC 5280 section 4.2.1.3 from the first.
    /// - Throws: `badParameters` for a subject or usage that cannot be read, `keyGeneration` for anything else.
    init(
        subject: String, usage: String, scalar: [UInt8], publicKey: P256PublicKey, arithmetic: P256Arithmetic
    ) throws(ModemError) {
        guard let name = try? DistinguishedName(text: subject), let usage = Self.usage(usage) else {
            throw .badParameters
        }
        let value = CertificateExtension.keyUsage(usage).value
        var information = DERWriter(capacity: 320)
        information.sequence { writer in
            writer.unsignedInteger([0])
            writer.raw(name.der)
            writer.raw(publicKey.spki)
            writer.constructed(.constructed(0)) { writer in
                writer.sequence { writer in
                    writer.objectIdentifier(.extensionRequest)
                    writer.constructed(.set) { writer in
                        writer.sequence { writer in
                            writer.sequence { writer in
                                writer.objectIdentifier(.keyUsage)
                                writer.octetString(value)
                            }
                        }
                    }
                }
            }
        }
        let digest = Digest.sha256(information.bytes)
        guard let fixed = try? ModemSignature.sign(digest, scalar, arithmetic),
            let signature = ECDSASignature.der(fromFixedWidth: fixed[...], width: 32)
        else { throw .keyGeneration }
        var request = DERWriter(capacity: 420)
        request.sequence { writer in
            writer.raw(information.bytes)
            writer.sequence { writer in
                writer.objectIdentifier(.ecdsaWithSHA256)
                writer.null()
            }
            writer.bitString(signature)
        }
        der = request.bytes
    }

    /// The usage of nine characters 0 or 1, at least one of them 1.
    private static func usage(_ text: String) -> KeyUsage? {
        let bits = Array(text.utf8)
        guard bits.count == 9, bits.allSatisfy({ 0x30...0x31 ~= $0 }) else { return nil }
        var usage: KeyUsage = []
        for (place, bit) in bits.enumerated() where bit == 0x31 {
            usage.insert(KeyUsage(rawValue: 1 << UInt16(place)))
        }
        return usage.isEmpty ? nil : usage
    }
}
