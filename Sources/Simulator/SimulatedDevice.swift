public import DeviceIdentity
public import Diagnostics
public import OpenSSL

/// The identity of one device of a simulated fleet; it follows from the fleet's seed and the device's index.
///
/// Simulated devices can be told from real ones: their UUIDs begin with the ASCII letters `SIMDEV`
/// (``DeviceIdentity/DeviceUUID/isSimulated``), and their IMEIs with `001`, which is reserved for tests.
public struct SimulatedDevice: Sendable {
    /// IMEIs of eleven free digits: more devices than these would share some.
    private static let numberCount: UInt64 = 100_000_000_000
    /// Has no factor in common with ``numberCount``, so that no two devices of a fleet have one number.
    private static let stride: UInt64 = 38_196_601_013

    public let index: Int
    public let uuid: DeviceUUID
    public let imei: IMEI
    public let model: DeviceModel
    /// Of the modem's firmware, the same for all devices of a model.
    public let firmwareUUID: DeviceUUID
    /// That of the identity key.
    public let publicKey: P256PublicKey
    let seed: FleetSeed
    let scalar: [UInt8]

    /// - Parameter index: 0 or more.
    public init(
        seed: FleetSeed, index: Int, model: DeviceModel = .nRF9151, arithmetic: P256Arithmetic
    ) throws(ToolError) {
        guard index >= 0 else { throw ToolError(.usage, "expected an index of 0 or more, found \(index)") }
        let scalar = seed.scalar("identity key", device: index)
        let point: [UInt8]
        do { point = try arithmetic.publicPoint(ofScalar: scalar) } catch {
            throw ToolError(.internalFault, error.message)
        }
        let firmware = seed.bytes("firmware of \(model.chip)", device: 0, count: 16)
        guard let uuid = DeviceUUID(bytes: Self.uuid(seed.bytes("uuid", device: index, count: 10))[...]),
            let firmwareUUID = DeviceUUID(bytes: firmware[...]), let imei = Self.imei(seed, index),
            let publicKey = P256PublicKey(x963: point[...])
        else { throw ToolError(.internalFault, "cannot make the identity of a device") }
        self.index = index
        self.uuid = uuid
        self.imei = imei
        self.model = model
        self.firmwareUUID = firmwareUUID
        self.publicKey = publicKey
        self.seed = seed
        self.scalar = scalar
    }

    /// The SubjectPublicKeyInfo of the identity key in base64, as registries have it.
    public var spkiBase64: String {
        String(decoding: Base64.encode(publicKey.spki, .standard), as: UTF8.self)
    }

    /// Version 4 and variant 1, as in real ones.
    private static func uuid(_ random: [UInt8]) -> [UInt8] {
        var bytes = DeviceUUID.simulatedLot + random
        guard bytes.count == 16 else { return bytes }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }

    /// `001`, eleven digits and the check digit, which is the one of ten that is right.
    private static func imei(_ seed: FleetSeed, _ index: Int) -> IMEI? {
        let start = seed.bytes("imei", device: 0, count: 4).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let place = UInt64(index) % numberCount
        let number = String(
            (start + place.multipliedReportingOverflow(by: stride).partialValue) % numberCount)
        let digits = "001" + String(repeating: "0", count: 11 - number.count) + number
        return (0...9).lazy.compactMap { IMEI(text: digits + String($0)) }.first
    }
}
