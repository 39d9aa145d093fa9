public import Diagnostics
public import OpenSSL

/// The files by which a simulated fleet is made known: its registry, its attestation tokens, its JWTs.
public struct FleetExport: Sendable {
    /// The names of the files in their order.
    public static let names = ["devices.csv", "attestation_tokens.csv", "jwts.txt"]
    /// Of `devices.csv`.
    public static let header = "uuid,imei,spkiBase64\n"

    /// One line of each file, with its line end.
    public struct Lines: Sendable, Equatable {
        public let device: String
        public let token: String
        public let jwt: String
    }

    private let seed: FleetSeed
    private let model: DeviceModel
    private let now: Int64
    private let timestamp: String

    /// - Parameters:
    ///   - now: seconds since 1970, for the JWTs.
    ///   - timestamp: the same as the nRF Cloud utilities write it.
    public init(seed: FleetSeed, model: DeviceModel, now: Int64, timestamp: String) {
        self.seed = seed
        self.model = model
        self.now = now
        self.timestamp = timestamp
    }

    /// The lines of one device.
    public func lines(of index: Int, arithmetic: P256Arithmetic) throws(ToolError) -> Lines {
        let device = try SimulatedDevice(seed: seed, index: index, model: model, arithmetic: arithmetic)
        let token = try device.attestationToken(arithmetic: arithmetic)
        let random = seed.bytes("exported jwt", device: index, number: UInt64(max(now, 0)), count: 16)
        let jwt = try device.jwt(now: now, random: random, arithmetic: arithmetic)
        return Lines(
            device: "\(device.uuid),\(device.imei),\(device.spkiBase64)\n",
            token: "\(device.imei),\(device.uuid),\(token),\(timestamp)\n", jwt: "\(jwt)\n")
    }
}
