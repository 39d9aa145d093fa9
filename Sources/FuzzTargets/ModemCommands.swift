import OpenSSL
import Simulator

/// AT commands to a simulated modem, and what the simulator takes from its command line.
enum ModemCommands {
    /// A modem off line with a credential in it, always the same.
    static func modem(_ arithmetic: P256Arithmetic) -> Modem? {
        guard let device = try? SimulatedDevice(seed: FleetSeed("fuzz"), index: 0, arithmetic: arithmetic)
        else { return nil }
        var modem = Modem(device)
        modem.isActive = false
        guard case .ok = modem.run("%CMNG", "0,7,3,\"00ff\"", arithmetic) else { return nil }
        return modem
    }

    /// A command that fails leaves no trace, one on line changes no credential, and an answer is whole lines.
    static func check(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        if let address = try? ServiceAddress(url: text) {
            guard (try? ServiceAddress(url: address.description)) == address else {
                return "an address reads as another"
            }
        }
        _ = try? FailurePlan.Rule(text: text)
        guard let arithmetic = try? P256Arithmetic(), let modem = modem(arithmetic) else { return "no modem" }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        let parameters = parts.count > 1 ? String(parts[1]) : ""
        for isActive in [false, true] {
            var used = modem
            used.isActive = isActive
            let answer = used.run(name, parameters, arithmetic)
            guard answer.text.hasSuffix("\r\n") else { return "an answer without its end of line" }
            switch answer {
            case .ok where !isActive: break
            default:
                guard used.credentials == modem.credentials else {
                    return "a command that fails, or on line, changes credentials"
                }
            }
        }
        return nil
    }
}
