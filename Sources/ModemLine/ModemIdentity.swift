import ATCommands
public import Attestation
public import DeviceIdentity
public import Diagnostics

/// Who is at the other end of the line.
public struct ModemIdentity: Sendable {
    /// `nil` where the firmware does not know `%DEVICEUUID`.
    public let uuid: DeviceUUID?
    /// `nil` where the modem has none with a right check digit, as engineering samples may.
    public let imei: IMEI?
    /// As the modem calls it: `mfw_nrf91x1_2.0.2`.
    public let firmware: String

    /// - Throws: ``ToolError`` with `modem-error` where the modem says something else.
    public init(of session: ModemSession) throws(ToolError) {
        imei = IMEI(text: ATValues.text(try session.value(.imei)))
        firmware = String(ATValues.text(try session.value(.firmware)).prefix(128))
        uuid = try Self.uuid(session)
    }

    private static func uuid(_ session: ModemSession) throws(ToolError) -> DeviceUUID? {
        switch try session.answer(.deviceUUID) {
        case .ok(let information):
            guard let text = information.first, let uuid = try? DeviceUUID(text: ATValues.text(text)) else {
                throw ToolError(.modemError, "expected a UUID after %DEVICEUUID:, found something else")
            }
            return uuid
        // Older firmware has no such command; its tokens say whose they are.
        case .failed, .refused, .refusedInWords, .notFound: return nil
        }
    }

    /// The IMEI, which a row of a table cannot be without.
    ///
    /// - Throws: ``ToolError`` with `modem-error`.
    public func demandIMEI() throws(ToolError) -> IMEI {
        guard let imei else {
            throw ToolError(
                .modemError,
                "expected an IMEI of 15 digits with a right check digit after +CGSN:, found something else",
                hint:
                    "noise on the line can spoil a digit: try again; a modem without an IMEI is not for the field"
            )
        }
        return imei
    }

    /// Asserts that a token is of this device.
    ///
    /// - Throws: ``ToolError`` with `uuid-mismatch`.
    public func demandOwn(_ token: AttestationToken) throws(ToolError) {
        guard let uuid, token.deviceUUID != uuid else { return }
        throw ToolError(
            .uuidMismatch,
            "expected a token of the modem at the port, \(uuid), found one of \(token.deviceUUID)",
            hint: "two devices share the line, or an answer came late: reset the device, then try again")
    }
}
