import DeviceIdentity
import Diagnostics
import PKIX

/// Finds the subject of a certificate under a profile's rule.
struct SubjectNaming {
    let policy: SubjectPolicy
    /// The device that may be named.
    let device: DeviceUUID?
    /// The device of a token that nobody verified: it names nothing, and is told from one that is missing.
    let claimed: DeviceUUID?
    /// The IMEI that came with the request.
    let imei: String?

    private static let prefix = "nrf-"

    /// The subject, or why there is none (`csr-subject`, `not-attested`).
    func subject(asked: DistinguishedName) -> Result<DistinguishedName, CheckFailure> {
        do throws(CheckFailure) {
            let name = try makeSubject(asked)
            if let reason = policy.attributes?.objection(to: name) {
                throw CheckFailure(.csrSubject, reason)
            }
            return .success(name)
        } catch {
            return .failure(error)
        }
    }

    private func makeSubject(_ asked: DistinguishedName) throws(CheckFailure) -> DistinguishedName {
        switch policy.rule {
        case .csr:
            if asked.isEmpty { throw .init(.csrSubject, "expected a subject, found an empty one") }
            if let reason = asked.unfitness { throw .init(.csrSubject, reason) }
            return asked
        case .uuid: return try name([(.commonName, try deviceText())])
        case .imei: return try name([(.commonName, Self.prefix + (try imeiText(asked.commonName)))])
        case .template:
            var attributes: [(type: AttributeType, value: String)] = []
            for attribute in policy.template?.attributes ?? [] {
                var value = ""
                for part in attribute.parts { value += try text(part, asked) }
                attributes.append((attribute.type, value))
            }
            return try name(attributes)
        }
    }

    private func text(
        _ part: SubjectTemplate.Part, _ asked: DistinguishedName
    ) throws(CheckFailure) -> String {
        switch part {
        case .text(let text): return text
        case .deviceUUID: return try deviceText()
        case .imei: return try imeiText(asked.commonName)
        case .requested(let type):
            let found = asked.relativeNames.joined().filter { $0.type == type.oid }
            guard let value = found.first?.text, found.count == 1 else {
                throw .init(
                    .csrSubject, "expected \(type.name) once in the request's subject, found \(found.count)")
            }
            return value
        }
    }

    private func deviceText() throws(CheckFailure) -> String {
        guard let device else {
            if let claimed {
                throw .init(
                    .notAttested,
                    "the token names device \(claimed), and no known key verifies it: no name is made of it")
            }
            throw .init(.csrSubject, "expected a device UUID in a token or as common name, found none")
        }
        return device.description
    }

    private func imeiText(_ commonName: String?) throws(CheckFailure) -> String {
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
                throw .init(
                    .csrSubject,
                    "expected an IMEI beside the request or a common name nrf-<IMEI>, found neither")
            }
            return asked
        }
        guard let number = IMEI(text: imei) else {
            throw .init(.csrSubject, "expected an IMEI of 15 digits with a right check digit")
        }
        if let asked, asked != number.description {
            throw .init(
                .csrSubject, "the IMEI beside the request is \(number), the common name says \(asked)")
        }
        return number.description
    }

    private func name(
        _ attributes: [(type: AttributeType, value: String)]
    ) throws(CheckFailure) -> DistinguishedName {
        do {
            return try DistinguishedName(attributes: attributes)
        } catch {
            throw .init(.csrSubject, error.reason)
        }
    }
}
