import Synchronization

/// What results call the inputs of a run, by number; grows while the run goes on, as the paths of a list come in.
final class SourceNames: Sendable {
    private let names = Mutex<[SourceName]>([])
    /// Whether there may be more than one, so that results have to say which.
    let areSeveral: Bool

    init(several: Bool) { areSeveral = several }

    /// The number of the new name.
    func append(_ name: SourceName) -> Int {
        names.withLock {
            $0.append(name)
            return $0.count - 1
        }
    }

    subscript(number: Int) -> SourceName { names.withLock { $0[number] } }
}
