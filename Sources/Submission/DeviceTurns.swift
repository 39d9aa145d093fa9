package import DeviceIdentity
import Synchronization

/// Lets threads send the batches of one device one after the other, in the order in which they were drawn.
///
/// Two of them at once would be mixed in the device's queue, and a command whose answer was lost could be taken for an equal
/// one of the other batch.
package final class DeviceTurns: Sendable {
    private struct Line {
        var drawn = 0
        var ended = 0
    }

    private let lines = Mutex<[DeviceUUID: Line]>([:])

    package init() {}

    /// The number of a batch of this device. Numbers are drawn in the order of the input.
    package func draw(for device: DeviceUUID) -> Int {
        lines.withLock { lines in
            lines[device, default: Line()].drawn += 1
            return (lines[device]?.drawn ?? 1) - 1
        }
    }

    /// Waits until all batches of the device with lower numbers have ended, or the run is over.
    package func wait(for number: Int, of device: DeviceUUID, _ talk: Conversation) {
        while !isUp(number, of: device), !talk.control.isStopped { talk.rest(10_000) }
    }

    func isUp(_ number: Int, of device: DeviceUUID) -> Bool {
        lines.withLock { ($0[device]?.ended ?? 0) >= number }
    }

    /// A batch of the device is no longer sent.
    package func end(of device: DeviceUUID) {
        lines.withLock { lines in
            guard var line = lines[device] else { return }
            line.ended += 1
            // A line where nobody waits is not kept: there may be as many devices as there are lines of input.
            lines[device] = line.ended == line.drawn ? nil : line
        }
    }
}
