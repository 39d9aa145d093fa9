/// A release of the device library with the settings of a build: what it asks with, and what it bears.
///
/// The settings are those of the SDK's own sample.
public struct ClientProfile: Sendable, Equatable {
    /// What `mver` says; `nil` for the whole name of the modem's firmware.
    public var firmwareVersion: String?
    /// `cver`.
    public var libraryVersion: String
    /// Commands of one fetch, helper steps and `finished` included (`CBOR_RECORDS`).
    public var recordLimit: Int
    /// Whether the service is told ``recordLimit``.
    public var sendsLimit: Bool
    /// Settings of one configuration command.
    public var settingLimit: Int
    /// Whether 403 means something else than 401.
    public var tellsForbiddenApart: Bool
    /// `rxMaxSize`: status line, headers and body together, and one octet more.
    public var receiveBuffer: Int
    /// `txMaxSize`: the report's body.
    public var transmitBuffer: Int
    /// `AT`, command, `=`, parameters and a NUL, where the transmit buffer is not larger.
    public var commandBuffer = 2048
    /// Of the operating system, in the request's header.
    public var userAgent: String
    /// Seconds between two runs until the service configures another number.
    public var interval: Int64 = 60
    /// Seconds over which the runs of a fleet are spread.
    public var spread: Int64 = 3
    /// Seconds until the next run after the first of several overloads; doubled from one to the next.
    public var initialBackOff: Int64 = 60

    /// What it does over CoAP.
    public var coap = CoAPHabits()

    /// nRF Connect SDK 3.2.
    public static let v3_2 = ClientProfile(
        firmwareVersion: nil, libraryVersion: "3.2.0", recordLimit: 10, sendsLimit: true, settingLimit: 10,
        tellsForbiddenApart: true, receiveBuffer: 2304, transmitBuffer: 2304,
        userAgent: "Zephyr/4.2 (v4.2.99 nrf9151dk/nrf9151/ns)")
    /// nRF Connect SDK 3.0.
    public static let v3_0 = ClientProfile(
        firmwareVersion: "2.0.0", libraryVersion: "1", recordLimit: 10, sendsLimit: false, settingLimit: 100,
        tellsForbiddenApart: false, receiveBuffer: 2304, transmitBuffer: 2304,
        userAgent: "Zephyr/4.0 (v4.0.99 nrf9151dk/nrf9151/ns)", coap: CoAPHabits(namesFormatAlways: true))
    /// nRF Connect SDK 2.x with the sample of its time.
    public static let v2 = ClientProfile(
        firmwareVersion: "2.0.0", libraryVersion: "1", recordLimit: 20, sendsLimit: false, settingLimit: 100,
        tellsForbiddenApart: false, receiveBuffer: 2048, transmitBuffer: 2048,
        userAgent: "Zephyr/3.5 (v3.5.99 nrf9161dk_nrf9161_ns)",
        coap: CoAPHabits(
            pathLimit: 64, proposesBlocks: false, namesFormatAlways: true, keepsSession: false))

    /// Octets of the longest AT line, without the NUL.
    var lineLimit: Int { max(transmitBuffer, commandBuffer) - 1 }
}
