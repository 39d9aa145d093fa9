import Diagnostics
import InputOutput
import Issuance
import OpenSSL

extension SerialNumbers {
    /// OpenSSL's generator and the machine's clock.
    static let ofSystem = SerialNumbers(
        random: { count throws(ToolError) in
            do throws(OpenSSLError) {
                return try RandomBytes.make(count)
            } catch {
                throw ToolError(.internalFault, error.message)
            }
        }, clock: { System.now() })
}
