import Foundation
import InputOutput
import OpenSSL
import Simulator
import Synchronization

/// The far end of a serial line: what it says to what it hears.
final class ModemRig: Sendable {
    enum Piece: Sendable {
        case octets([UInt8])
        case pause(milliseconds: Int)
        /// The port goes away, for good.
        case vanish

        static func text(_ text: String) -> Piece { .octets(Array(text.utf8)) }
    }

    /// What answers; one thread asks it.
    typealias Talk = @Sendable (_ heard: [UInt8]) -> [Piece]

    let path: String
    private let heard = Mutex<[UInt8]>([])
    private let isOver = Mutex(false)
    private let ended = DispatchSemaphore(value: 0)

    init(_ talk: @escaping Talk) throws {
        let opened = try PseudoTerminal()
        path = opened.path
        let box = Unchecked(opened)
        Thread.detachNewThread { [self] in
            serve(box, talk)
            ended.signal()
        }
    }

    /// The terminal belongs to the thread that serves it.
    private final class Unchecked: @unchecked Sendable {
        var terminal: PseudoTerminal?
        init(_ terminal: PseudoTerminal) { self.terminal = terminal }
    }

    private func serve(_ box: Unchecked, _ talk: Talk) {
        while !isOver.withLock({ $0 }) {
            guard let terminal = box.terminal else { return }
            var octets: [UInt8] = []
            guard (try? terminal.read(into: &octets, milliseconds: 20)) == true else { continue }
            heard.withLock { $0 += octets }
            for piece in talk(octets) {
                if isOver.withLock({ $0 }) { return }
                switch piece {
                case .octets(let octets): terminal.write(octets)
                case .pause(let milliseconds): Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
                case .vanish:
                    box.terminal = nil
                    return
                }
            }
        }
    }

    func end() {
        isOver.withLock { $0 = true }
        ended.wait()
    }

    /// All that was heard, line by line.
    var commands: [String] {
        String(decoding: heard.withLock { $0 }, as: UTF8.self).split {
            $0 == "\r\n" || $0 == "\n" || $0 == "\r"
        }
        .map(String.init)
    }
}

/// A simulated modem, for one thread at a time.
final class SimulatedLine: @unchecked Sendable {
    private let lock = NSLock()
    private var modem: SerialModem
    private let arithmetic: P256Arithmetic
    let device: SimulatedDevice

    init(seed: String = "rig", index: Int = 0, hasShell: Bool = false, echoes: Bool = false) throws {
        arithmetic = try P256Arithmetic()
        device = try SimulatedDevice(seed: FleetSeed(seed), index: index, arithmetic: arithmetic)
        var firmware = SerialModem.Firmware()
        firmware.hasShell = hasShell
        firmware.echoes = echoes
        modem = SerialModem(Modem(device), firmware)
    }

    func take(_ octets: [UInt8]) -> [UInt8] {
        lock.withLock { modem.take(octets, now: 1_800_000_000, arithmetic) }
    }

    var isActive: Bool { lock.withLock { modem.modem.isActive } }
    var credentials: CredentialStore { lock.withLock { modem.modem.credentials } }

    /// A rig of it, whose answers `change` may spoil.
    func rig(
        _ change: @escaping @Sendable (_ heard: String, _ answer: [UInt8]) -> [ModemRig.Piece] = {
            [.octets($1)]
        }
    )
        throws -> ModemRig
    {
        try ModemRig { heard in
            let answer = self.take(heard)
            return answer.isEmpty ? [] : change(String(decoding: heard, as: UTF8.self), answer)
        }
    }
}
