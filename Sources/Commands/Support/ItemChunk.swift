import Batches
import Diagnostics
import InputOutput
import Intake

/// A block of inputs from one source that are found one after the other.
protocol ItemChunk {
    associatedtype Item

    var passedOver: PassedOver? { get set }
    /// Why the modem gave nothing, where the block is of a log that says so.
    var refusal: ModemRefusal? { get }

    /// Calls `body` for each input of the block, in order, until it answers false.
    func forEachItem(_ body: (Item) -> Bool)
}

extension ItemChunk {
    /// Whether there is an input in the block; what is passed over is not counted here.
    var holdsInput: Bool {
        var chunk = self
        chunk.passedOver = PassedOver()
        var isThere = false
        chunk.forEachItem { _ in
            isThere = true
            return false
        }
        return isThere
    }
}
