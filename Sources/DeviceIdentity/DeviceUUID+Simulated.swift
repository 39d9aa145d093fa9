extension DeviceUUID {
    /// The first six bytes of every simulated device's UUID, where a real one has its lot in ASCII.
    public static let simulatedLot = Array("SIMDEV".utf8)

    /// Whether this is a simulated device: whoever knows its seed has its keys, so nothing real may trust it.
    public var isSimulated: Bool { bytes.starts(with: Self.simulatedLot) }
}
