import ATCommands
import Diagnostics

/// Why a modem did not do what it was asked for, with the meaning of its number.
struct ModemRefusal {
    let error: ToolError

    init(_ answer: ATAnswer, _ request: ATRequest) {
        let found: String
        var hint: Hint?
        switch answer {
        case .refused(let code):
            let meaning = CMEError.meaning(code).map { ", \($0)" } ?? ""
            found = "+CME ERROR: \(code)\(meaning)"
            let remedy = CMEError.explanation(code)?.remedy
            hint = .text(
                remedy ?? "the AT command reference of the modem's firmware says what the number means")
        case .refusedInWords(let words):
            found = "+CME ERROR: \(String(words.prefix(80)).escapedForTerminal)"
        case .failed:
            found = "ERROR"
            hint = "the modem's firmware may not know the command; AT+CGMR tells its version"
        case .notFound:
            found = "that there is no such command"
            hint = "firmware with a shell needs the command at (CONFIG_AT_SHELL)"
        case .ok: found = "OK"
        }
        error = ToolError(.modemError, "the modem refused \(request.name): \(found)", hint: hint)
    }
}
