import DeviceIdentity
import Diagnostics
import PKIX

/// Finds the subject of a certificate under a profile's rule.
struct SubjectNaming {
    let rule: SubjectRule
    let device: DeviceUUID?
    /// The IMEI that came with the request.
    let imei: String?

    private static let prefix = "nrf-"

    /// The subject, or why there is none (`csr-subject`).
    func subject(asked: DistinguishedName, commonName: String?) -> Result<DistinguishedName, CheckFailure> {
        switch rule {
        case .csr:
            if asked.isEmpty {
                return .failure(.init(.csrSubject, "expected a subject, found an empty one"))
            }
            if let reason = asked.unfitness { return .failure(.init(.csrSubject, reason)) }
            return .success(asked)
        case .uuid:
            guard let device else {
                return .failure(
                    .init(.csrSubject, "expected a device UUID in a token or as common name, found none"))
            }
            return named(device.description)
        case .imei: return imeiSubject(commonName)
        }
    }

    private func imeiSubject(_ commonName: String?) -> Result<DistinguishedName, CheckFailure> {
        // The check digit of a number that a device was told to put in its own name is not judged: it is the
        // name that was asked for. A number that stands beside a request was typed or scanned.
        let asked = commonName.flatMap { name -> String? in
            guard name.hasPrefix(Self.prefix) else { return nil }
            let digits = name.utf8.dropFirst(Self.prefix.utf8.count)
            guard digits.count == 15, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
            return String(decoding: digits, as: UTF8.self)
        }
        guard let imei else {
            guard let asked else {
                return .failure(
                    .init(
                        .csrSubject,
                        "expected an IMEI beside the request or a common name nrf-<IMEI>, found neither"))
            }
            return named(Self.prefix + asked)
        }
        guard let number = IMEI(text: imei) else {
            return .failure(.init(.csrSubject, "expected an IMEI of 15 digits with a right check digit"))
        }
        if let asked, asked != number.description {
            return .failure(
                .init(.csrSubject, "the IMEI beside the request is \(number), the common name says \(asked)"))
        }
        return named(Self.prefix + number.description)
    }

    private func named(_ commonName: String) -> Result<DistinguishedName, CheckFailure> {
        var writer = DERWriter(capacity: 64)
        writer.sequence { writer in
            writer.constructed(.set) { writer in
                writer.sequence { writer in
                    writer.primitive(.objectIdentifier, [0x55, 0x04, 0x03] as [UInt8])
                    writer.primitive(.utf8String, commonName.utf8)
                }
            }
        }
        do {
            return .success(try DistinguishedName(der: writer.bytes))
        } catch {
            return .failure(.init(.csrSubject, error.description))
        }
    }
}
