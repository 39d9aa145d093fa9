public import DeviceIdentity
public import Diagnostics
package import SQLite

extension SQLiteStore {
    public func devices(withIMEISerial serial: Int64) throws(ToolError) -> [DeviceUUID] {
        try read("cannot read the store") { () throws(SQLiteError) in
            try owners(ofIMEISerial: serial)
        }
    }

    /// By the expression of the index `device_imei`.
    package func owners(ofIMEISerial serial: Int64) throws(SQLiteError) -> [DeviceUUID] {
        let select = try statement(
            """
            SELECT uuid FROM device WHERE imei IS NOT NULL AND CAST(imei AS INTEGER) / 10 = ?
            """)
        select.begin()
        try select.set(1, serial)
        defer { select.reset() }
        var found: [DeviceUUID] = []
        while try select.step() {
            if let uuid = DeviceUUID(bytes: select.blob(0)[...]) { found.append(uuid) }
        }
        return found
    }
}
