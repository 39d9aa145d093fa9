public import Attestation
public import DeviceIdentity

/// A part with its modem firmware: what a device says of itself, and how it signs.
public struct DeviceModel: Sendable, Equatable {
    /// Of the identity message.
    public let type: DeviceType
    /// As it stands in the claims `iss` and `jti`.
    public let chip: String
    /// As the device library reports its firmware, `mfw_` in front.
    public let firmwareName: String
    /// What `%KEYGEN` signs; `%ATTESTTOKEN` is bound on every part.
    public let profile: SigningProfile

    /// An nRF9151, whose newer firmware signs the payload alone.
    public static let nRF9151 = DeviceModel(
        type: DeviceType(code: 6), chip: "nRF9151", firmwareName: "mfw_nrf91x1_2.0.2", profile: .plain)
    /// An nRF9160, whose firmware binds the signature to the first part.
    public static let nRF9160 = DeviceModel(
        type: DeviceType(code: 3), chip: "nRF9160", firmwareName: "mfw_nrf9160_1.3.7", profile: .bound)

    /// What `+CGMM` answers: the part with its variant.
    var orderCode: String { chip == "nRF9160" ? "nRF9160-SICA" : "\(chip)-LACA" }

    /// Whether its firmware has `%KEYINJECT`, which later parts left out.
    var injectsKeys: Bool { chip == "nRF9160" }

    /// The part that signs under `profile`.
    public static func signing(_ profile: SigningProfile) -> DeviceModel {
        profile == .plain ? .nRF9151 : .nRF9160
    }
}
