import Synchronization

/// What was passed over in the inputs of a run, counted on all threads: nothing is passed over in silence.
public final class PassedOver: Sendable {
    private let lineCount = Atomic<Int>(0)
    private let headerCount = Atomic<Int>(0)
    private let blockCount = Atomic<Int>(0)
    private let linkCount = Atomic<Int>(0)
    private let otherCount = Atomic<Int>(0)

    /// The titles of columns that are not read, of which a few are named.
    private let columns = Mutex<[String]>([])

    public init() {}

    /// Columns of a table that are not read although something may stand in them that was meant, such as a key.
    public func add(columns titles: [String]) {
        if titles.isEmpty { return }
        columns.withLock { names in
            for title in titles where names.count < 8 && !names.contains(title) { names.append(title) }
        }
    }

    /// Lines that hold no input: those of a log beside its answers, text between PEM blocks.
    public func add(lines: Int) {
        if lines > 0 { lineCount.wrappingAdd(lines, ordering: .relaxed) }
    }

    /// A header further down in a file, as joined files have it.
    public func addHeader() { headerCount.wrappingAdd(1, ordering: .relaxed) }

    /// PEM blocks of another kind than what is read.
    public func add(blocks: Int) {
        if blocks > 0 { blockCount.wrappingAdd(blocks, ordering: .relaxed) }
    }

    /// Links in folders that were not followed.
    public func add(links: Int) {
        if links > 0 { linkCount.wrappingAdd(links, ordering: .relaxed) }
    }

    /// Hidden files in folders, and what is no file.
    public func add(others: Int) {
        if others > 0 { otherCount.wrappingAdd(others, ordering: .relaxed) }
    }

    var headers: Int { headerCount.load(ordering: .relaxed) }
    var others: Int { otherCount.load(ordering: .relaxed) }
    var links: Int { linkCount.load(ordering: .relaxed) }
    public var lines: Int { lineCount.load(ordering: .relaxed) }
    public var blocks: Int { blockCount.load(ordering: .relaxed) }

    /// The end of a summary: `; 3 lines passed over`; empty when there were none.
    public var note: String {
        var text = ""
        let counts = [
            (lines, "line"), (headers, "repeated header"), (blocks, "PEM block"), (links, "link"),
            (others, "hidden or special file"),
        ]
        for (count, noun) in counts where count > 0 {
            text += "; \(count) \(noun)\(count == 1 ? "" : "s") passed over"
        }
        let titles = columns.withLock { $0 }
        if !titles.isEmpty {
            text +=
                "; not read: \(titles.count == 1 ? "column" : "columns") "
                + titles.map { "'\($0)'" }.joined(separator: ", ")
        }
        return text
    }
}
