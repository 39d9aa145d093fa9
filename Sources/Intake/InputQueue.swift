public import Diagnostics
public import InputOutput

/// The inputs of a run, one after the other: the arguments, the files in folders among them, and the paths that a list
/// names. Memory does not grow with the length of the list.
public struct InputQueue {
    public enum Input: Sendable {
        /// A file, or `-`; a folder only where it has to be looked through.
        case file(String)
        /// What stands on the command line itself, and its position there, from 1.
        case text(String, position: Int)
        case unreadable(String, ToolError)
    }

    private var remaining: [Input]
    private var list: PathList?
    private let expected: Expectation
    /// What the list of paths is called.
    private let listName: String?
    /// Whether there may be more than one input: one that holds nothing then has a result of its own.
    public private(set) var isSeveral: Bool
    /// Shared by all who read of these inputs.
    public let passedOver = PassedOver()

    /// - Parameter list: a file with one path on each line, `-` for standard input (`--files-from`).
    public init(_ inputs: [Input], filesFrom list: String? = nil, for expected: Expectation) {
        self.expected = expected
        // Taken from the end.
        remaining = inputs.reversed()
        listName = list
        isSeveral = inputs.count > 1 || list != nil
    }

    /// Adds up the sizes of the inputs, for the remaining time; folders are looked through for that.
    public mutating func measure(_ meter: InputMeter) {
        // How long a list is, nobody knows before its end.
        if listName != nil { return }
        var total = 0
        var measured: [Input] = []
        var inputs = InputQueue(remaining.reversed(), for: expected)
        while let input = inputs.next() {
            measured.append(input)
            guard case .file(let path) = input else { continue }
            // The size of a pipe is not known, nor is that of a file that is missing.
            guard let size = FileSystem.size(of: path) else { return }
            total += size
        }
        remaining = measured.reversed()
        passedOver.add(links: inputs.passedOver.links)
        passedOver.add(others: inputs.passedOver.others)
        isSeveral = isSeveral || inputs.isSeveral
        meter.total = total
    }

    /// The next input; nil after the last. A folder is replaced by what is in it.
    public mutating func next() -> Input? {
        while true {
            guard let input = remaining.popLast() ?? nextOfList() else { return nil }
            guard case .file(let path) = input, path != "-", FileSystem.kind(of: path) == .folder else {
                return input
            }
            do throws(ToolError) {
                let walk = try FolderWalk(path)
                passedOver.add(links: walk.passedOver)
                passedOver.add(others: walk.others)
                isSeveral = true
                remaining += walk.unreadable.reversed().map { .unreadable($0.path, $0.error) }
                guard !walk.files.isEmpty || !walk.unreadable.isEmpty else {
                    return .unreadable(
                        path,
                        ToolError(
                            expected.code, "expected \(expected.what), found an empty folder",
                            context: [.init("file", path.escapedForTerminal)]))
                }
                remaining += walk.files.reversed().map { .file($0) }
            } catch {
                return .unreadable(path, error)
            }
        }
    }

    private mutating func nextOfList() -> Input? {
        guard let listName else { return nil }
        do throws(ToolError) {
            if list == nil { list = try PathList(listName, expected) }
            return try list?.next().map { .file($0) }
        } catch {
            // Not asked again.
            list = .ended
            return .unreadable(listName, error)
        }
    }
}

/// Paths, one on each line.
private struct PathList {
    private let name: String
    private let expected: Expectation?
    private var reader: LineChunkReader?
    private var paths: [String] = []
    private var isEmpty = true

    static var ended: PathList { PathList() }

    private init() {
        name = ""
        expected = nil
        isEmpty = false
    }

    init(_ path: String, _ expected: Expectation) throws(ToolError) {
        name = path
        self.expected = expected
        let reader = try SourceReader(path, for: Expectation(expected.code, "a list of paths"))
        _ = try reader.look()
        self.reader = LineChunkReader(reader.source)
    }

    mutating func next() throws(ToolError) -> String? {
        while paths.isEmpty {
            guard let chunk = try reader?.next() else {
                reader = nil
                guard isEmpty, let expected else { return nil }
                isEmpty = false
                throw ToolError(
                    expected.code, "expected paths in the list, found none",
                    context: [.init("file", name.escapedForTerminal)])
            }
            guard !chunk.bytes.contains(0) else {
                throw ToolError(
                    expected?.code ?? .io,
                    "expected a list with one path on each line, found an octet of zero in it",
                    context: [.init("file", name.escapedForTerminal)],
                    hint: "with find, -print instead of -print0")
            }
            guard String(validating: chunk.bytes, as: UTF8.self) != nil else {
                throw ToolError(
                    expected?.code ?? .io, "expected a list of paths in UTF-8, found other octets in it",
                    context: [.init("file", name.escapedForTerminal)],
                    hint: "give the folder itself, or rename the files")
            }
            chunk.forEachLine { line, _ in
                let line = line.last == 0x0d ? line.dropLast() : line
                // Blanks in a path count.
                if !line.allSatisfy(\.isBlank) { paths.append(String(decoding: line, as: UTF8.self)) }
                return true
            }
            paths.reverse()
        }
        isEmpty = false
        return paths.popLast()
    }
}
