import DeviceIdentity
import Diagnostics
import PKIX

/// The alternative names of one certificate.
struct GrantedNames {
    /// The extension; nil for a certificate without it.
    let `extension`: CertificateExtension?
    /// What was asked for and is not given, for people.
    let notes: [String]

    /// What a request gets.
    ///
    /// A name that holds a UUID or an IMEI, or may hold one, is nobody's but that of the device that the certificate is
    /// for: the subject was checked for whose name it is, and nothing beside it may name another.
    ///
    /// - Parameters:
    ///   - device: the one that the certificate is for, where one is known.
    ///   - subject: as it will be certified.
    init?(
        _ requested: [CertificateExtension], under profile: CertificateProfile, device: DeviceUUID?,
        subject: DistinguishedName
    ) {
        guard let rule = profile.alternativeNames else { return nil }
        var granted: [GeneralName] = []
        var notes: [String] = []
        let own = NameCheck.devices(in: subject)
        for element in requested where element.oid == .subjectAlternativeName {
            for (name, text) in zip(element.generalNames, element.generalNameTexts) {
                let reason: String?
                if let name {
                    reason = rule.objection(to: name) ?? Self.objection(to: name, device, own)
                    if reason == nil, !granted.contains(name) { granted.append(name) }
                } else {
                    reason = "names of this kind are not copied"
                }
                if let reason {
                    notes.append(
                        "the request asks for subjectAltName \(text), which profile \(profile.name) does not give: "
                            + reason)
                }
            }
        }
        self.notes = notes
        self.extension = Self.extension(granted, under: profile, device: device)
    }

    /// Why the names of a certificate are not those of its profile; nil with the extension if they are.
    static func audit(
        _ found: CertificateExtension?, under profile: CertificateProfile, device: DeviceUUID?,
        subject: DistinguishedName
    ) -> Result<CertificateExtension?, CheckFailure> {
        guard let rule = profile.alternativeNames else { return .success(nil) }
        var names = found?.generalNames ?? []
        if profile.extensionRule.alternativeName == .deviceUUID {
            guard let device, names.first == deviceName(device) else {
                return .failure(.init(.profile, "the first alternative name is not the device's UUID"))
            }
            names.removeFirst()
        }
        let own = NameCheck.devices(in: subject)
        for name in names {
            guard let name else {
                return .failure(.init(.profile, "an alternative name is of a kind that is not copied"))
            }
            if let reason = rule.objection(to: name) ?? objection(to: name, device, own) {
                return .failure(.init(.profile, "the alternative name \(name.description): \(reason)"))
            }
        }
        return .success(Self.extension(names.compactMap { $0 }, under: profile, device: device))
    }

    private static func `extension`(
        _ granted: [GeneralName], under profile: CertificateProfile, device: DeviceUUID?
    ) -> CertificateExtension? {
        var names = granted
        if profile.extensionRule.alternativeName == .deviceUUID, let device {
            names.removeAll { $0 == deviceName(device) }
            names.insert(deviceName(device), at: 0)
        }
        return names.isEmpty ? nil : .subjectAlternativeName(names)
    }

    /// The device that a name is of in the form that a profile gives.
    static func device(of name: GeneralName) -> DeviceUUID? {
        guard let device = DeviceUUID(text: name.octets.suffix(36)), deviceName(device) == name else {
            return nil
        }
        return device
    }

    private static func deviceName(_ device: DeviceUUID) -> GeneralName {
        GeneralName(.uri, CertificateProfile.uri(of: device))
    }

    private static func objection(
        to name: GeneralName, _ device: DeviceUUID?, _ own: NamedDevices
    ) -> String? {
        guard name.kind != .ip else { return nil }
        let devices = Set(own.uuids.filter(\.isCanonical).map(\.uuid) + [device].compactMap { $0 })
        let named = NamedDevices(ascii: rest(of: name.octets, without: devices)[...])
        let serials = Set(own.imeis.map(\.serial))
        guard named.uuids.isEmpty, !named.hasUnreadableUUID, !named.isOverfull,
            named.possibleUUIDs.all.isEmpty
        else { return "it holds what may be the UUID of a device that the certificate is not for" }
        guard named.imeis.allSatisfy({ serials.contains($0.serial) }),
            named.possibleSerials.all.allSatisfy({ serials.contains($0) })
        else { return "it holds what may be the IMEI of a device that the certificate is not for" }
        return nil
    }

    /// The octets in lower case with an underscore in place of each UUID of these devices in its own form: whether what
    /// stands around one, as in `urn:uuid:`, reads as its digits does not matter then.
    private static func rest(of octets: [UInt8], without devices: Set<DeviceUUID>) -> [UInt8] {
        var rest = octets.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
        for text in devices.map({ Array($0.description.utf8) }) {
            var position = 0
            while position + text.count <= rest.count {
                if rest[position..<(position + text.count)].elementsEqual(text) {
                    rest.replaceSubrange(position..<(position + text.count), with: [0x5F])
                }
                position += 1
            }
        }
        return rest
    }
}
