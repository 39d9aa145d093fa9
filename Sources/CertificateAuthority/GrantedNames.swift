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
    /// A name that holds a UUID or an IMEI, or may hold one, is not copied, but for the URI of the device that the
    /// certificate is for: whose the subject is was checked, and nothing beside it may name another.
    ///
    /// - Parameters:
    ///   - device: the one that the certificate is for, where one is known.
    ///   - registry: nil where there is none.
    init?(
        _ requested: [CertificateExtension], under profile: CertificateProfile, device: DeviceUUID?,
        registry: (any KnownDevices)?
    ) throws(ToolError) {
        guard let rule = profile.alternativeNames else { return nil }
        var granted: [GeneralName] = []
        var notes: [String] = []
        for element in requested where element.oid == .subjectAlternativeName {
            for (name, text) in zip(element.generalNames, element.generalNameTexts) {
                let reason: String?
                if let name {
                    if let breach = rule.objection(to: name) {
                        reason = breach
                    } else {
                        reason = try Self.objection(to: name, device, registry)
                    }
                    if reason == nil, !granted.contains(where: { $0.isSame(as: name) }) {
                        granted.append(name)
                    }
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
        _ found: CertificateExtension?, under profile: CertificateProfile, device: DeviceUUID?
    ) -> Result<CertificateExtension?, CheckFailure> {
        guard let rule = profile.alternativeNames else { return .success(nil) }
        var names = found?.generalNames ?? []
        if profile.extensionRule.alternativeName == .deviceUUID {
            guard let device, names.first == deviceName(device) else {
                return .failure(.init(.profile, "the first alternative name is not the device's UUID"))
            }
            names.removeFirst()
        }
        for name in names {
            guard let name else {
                return .failure(.init(.profile, "an alternative name is of a kind that is not copied"))
            }
            if let reason = rule.objection(to: name) ?? (try? objection(to: name, device, nil)) {
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

    /// Why a name that the profile allows is not copied; nil if nothing speaks against it.
    ///
    /// No number in it is taken for the device's own: numbers overlap, and the subject may hold another's as part of one.
    private static func objection(
        to name: GeneralName, _ device: DeviceUUID?, _ registry: (any KnownDevices)?
    ) throws(ToolError) -> String? {
        if let device, name == deviceName(device) { return nil }
        if name.kind == .ip {
            guard name.octets.count == 16, let uuid = DeviceUUID(bytes: name.octets[...]),
                try registry?.isKnown(uuid) == true
            else { return nil }
            return "its octets are the UUID of a device of the registry"
        }
        let named = NamedDevices(ascii: name.octets[...])
        let isPlain =
            named.uuids.isEmpty && named.imeis.isEmpty && named.possibleUUIDs.all.isEmpty
            && named.possibleSerials.all.isEmpty && !named.hasUnreadableUUID && !named.isOverfull
        return isPlain
            ? nil
            : "it holds what may be the UUID or the IMEI of a device, which no name does but urn:uuid: and the "
                + "device's own"
    }
}
