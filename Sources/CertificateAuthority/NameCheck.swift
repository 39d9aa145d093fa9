public import DeviceIdentity
public import Diagnostics
public import PKIX

/// Judges the names of certificates that were issued.
public enum AttestedName {
    /// What speaks against a name being that of the device that vouched for its key, by the registry as it is now.
    public static func failures(
        _ subject: DistinguishedName, of device: DeviceUUID, _ registry: any KnownDevices
    ) throws(ToolError) -> [CheckFailure] {
        var check = NameCheck(attested: device, registry: registry)
        try check.check(subject: subject)
        return check.failures
    }
}

/// Who may have a name: the devices that it names, held against the one that vouched for the key and against the registry.
///
/// The rules stand in Sources/README.md, "Whose name it is". Whether another device has the name under this CA is the
/// ledger's to say.
struct NameCheck {
    /// The device whose word for the key was verified.
    let attested: DeviceUUID?
    /// `nil` where there is none.
    let registry: (any KnownDevices)?

    private(set) var failures: [CheckFailure] = []
    /// Why a request without a device's word must not be certified anew: what it has already, it keeps.
    private(set) var objection: CheckFailure?
    private(set) var notes: [String] = []
    /// Whether the name holds the UUID or the registered IMEI of the device that vouched.
    private(set) var isProven = false
    /// The IMEIs that were judged.
    private var judged: Set<Int64> = []

    init(attested: DeviceUUID?, registry: (any KnownDevices)?) {
        self.attested = attested
        self.registry = registry
    }

    /// What is named by the attributes of a subject, all of them.
    static func devices(in subject: DistinguishedName) -> NamedDevices {
        var found = NamedDevices()
        for value in subject.values {
            switch value {
            // Most values are too short to name anything, and each request has several.
            case .ascii(let octets):
                if NamedDevices.mayName(octets.span) { found.add(NamedDevices(ascii: octets)) }
            case .text(let scalars): found.add(NamedDevices(in: scalars))
            }
        }
        return found
    }

    /// Checks the name as it will be certified.
    mutating func check(subject: DistinguishedName) throws(ToolError) {
        let named = Self.devices(in: subject)
        for found in named.uuids { try check(found) }
        if Set(named.uuids.map(\.uuid)).count > 1 {
            failures.append(.init(.uuidMismatch, "the subject holds the UUIDs of several devices"))
        }
        if named.hasUnreadableUUID {
            failures.append(
                .init(
                    .uuidMismatch,
                    "the subject looks like a device UUID, expected hexadecimal digits, found letters of other scripts"
                ))
        }
        if named.isOverfull {
            failures.append(
                .init(
                    .csrSubject,
                    "the subject holds more digits in a row than can be held against the registry"))
        }
        for uuid in named.possibleUUIDs.all { try check(possible: uuid) }
        for imei in named.imeis { try check(imei, "the subject", isName: true) }
        for serial in named.possibleSerials.all { try check(possible: serial) }
        if Set(named.imeis.filter(\.isCertain).map(\.serial)).count > 1 {
            failures.append(.init(.uuidMismatch, "the subject holds several IMEIs"))
        }
    }

    /// Checks the IMEI that the row of an attested request says.
    mutating func check(rowIMEI text: String) throws(ToolError) {
        guard attested != nil else { return }
        for imei in NamedDevices(in: text.unicodeScalars).imeis where !judged.contains(imei.serial) {
            try check(imei, "the row", isName: false)
        }
    }

    private mutating func check(_ found: NamedDevices.NamedUUID) throws(ToolError) {
        let uuid = found.uuid
        if let attested, uuid != attested {
            failures.append(
                .init(.uuidMismatch, "the subject is for device \(uuid), the token is of \(attested)"))
        } else if !found.isCanonical {
            failures.append(
                .init(
                    .uuidMismatch,
                    "the subject looks like the device UUID \(uuid), expected it as 8-4-4-4-12 hexadecimal digits"
                ))
        } else if attested != nil {
            isProven = true
        } else if objection == nil, let registry, try registry.isKnown(uuid) {
            objection = .init(
                .notAttested,
                "the subject is for device \(uuid) of the registry, which does not vouch for this key: "
                    + "give the device's %KEYGEN answer")
        }
    }

    /// A number that has a UUID in it: nothing against the name unless that is the UUID of a device that did not vouch.
    private mutating func check(possible uuid: DeviceUUID) throws(ToolError) {
        guard uuid != attested, objection == nil || attested != nil, let registry,
            try registry.isKnown(uuid)
        else { return }
        if let attested {
            failures.append(
                .init(
                    .uuidMismatch,
                    "the subject holds the UUID of device \(uuid) of the registry, the token is of \(attested)"
                ))
        } else {
            objection = .init(
                .notAttested,
                "the subject holds the UUID of device \(uuid) of the registry, which does not vouch for this key: "
                    + "give the device's %KEYGEN answer")
        }
    }

    /// The same for the first digits of an IMEI.
    private mutating func check(possible serial: Int64) throws(ToolError) {
        guard !judged.contains(serial), objection == nil || attested != nil, let registry,
            let owner = try registry.devices(withIMEISerial: serial).first(where: { $0 != attested })
        else { return }
        if let attested {
            failures.append(
                .init(
                    .nameTaken,
                    "the subject holds \(Self.text(serial)), which is registered for device \(owner); the token is of "
                        + "\(attested)"))
        } else {
            objection = Self.objection("the subject", owner)
        }
    }

    private static func objection(_ place: String, _ owner: DeviceUUID) -> CheckFailure {
        .init(
            .notAttested,
            "\(place) holds the IMEI of device \(owner) of the registry, which does not vouch for this key: "
                + "give the device's %KEYGEN answer")
    }

    private mutating func check(
        _ imei: NamedIMEI, _ place: String, isName: Bool
    ) throws(ToolError) {
        judged.insert(imei.serial)
        let owners = try registry?.devices(withIMEISerial: imei.serial) ?? []
        let text = Self.text(imei)
        guard let attested else {
            if objection == nil, let owner = owners.first { objection = Self.objection(place, owner) }
            return
        }
        if let owner = owners.first(where: { $0 != attested }) {
            failures.append(
                .init(
                    .nameTaken,
                    "\(place) holds \(text), which is registered for device \(owner); the token is of \(attested)"
                ))
        } else if let registered = try registry?.imei(of: attested) {
            if registered.serial == imei.serial, imei.number ?? registered.number == registered.number {
                if isName { isProven = true }
            } else if imei.isCertain || registered.serial == imei.serial {
                failures.append(
                    .init(
                        .uuidMismatch,
                        "\(place) holds \(text), device \(attested) is registered with the IMEI \(registered)"
                    ))
            }
        } else if imei.isCertain, isName {
            notes.append(
                "nothing proves that \(text) is the IMEI of device \(attested): the registry has none for it; the "
                    + "name is this device's from now on")
        }
    }

    private static func text(_ imei: NamedIMEI) -> String {
        guard let number = imei.number else { return text(imei.serial) }
        return "the IMEI " + digits(number, 15)
    }

    private static func text(_ serial: Int64) -> String { "an IMEI that begins with \(digits(serial, 14))" }

    private static func digits(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
