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
    /// What was read of them, for the time left; whoever opens an input gives it to its ``SourceReader``.
    public let meter = InputMeter()

    /// - Parameter list: a file with one path on each line, `-` for standard input (`--files-from`).
    public init(_ inputs: [Input], filesFrom list: String? = nil, for expected: Expectation) {
        self.expected = expected
        // Taken from the end.
        remaining = inputs.reversed()
        listName = list
        isSeveral = inputs.count > 1 || list != nil || inputs.first.map(Self.isFolder) == true
    }

    /// Adds up the sizes of the inputs, for the remaining time; folders are looked through for that.
    public mutating func measure() {
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

    /// The next input, waited for; nil after the last.
    public mutating func next() -> Input? { next(.awaited).value }

    /// The next input. A folder is replaced by what is in it; of a list on a pipe the paths come as they are written.
    public mutating func next(_ demand: InputDemand) -> Arrival<Input> {
        while true {
            let arrival = remaining.popLast().map { .value($0) } ?? nextOfList(demand)
            guard case .value(let input) = arrival, Self.isFolder(input), case .file(let path) = input else {
                return arrival
            }
            do throws(ToolError) {
                let walk = try FolderWalk(path)
                passedOver.add(links: walk.passedOver)
                passedOver.add(others: walk.others)
                isSeveral = true
                remaining += walk.unreadable.reversed().map { .unreadable($0.path, $0.error) }
                guard !walk.files.isEmpty || !walk.unreadable.isEmpty else {
                    let error = ToolError(
                        expected.code, "expected \(expected.what), found an empty folder",
                        context: [.init("file", path.escapedForTerminal)])
                    return .value(.unreadable(path, error))
                }
                remaining += walk.files.reversed().map { .file($0) }
            } catch {
                return .value(.unreadable(path, error))
            }
        }
    }

    private static func isFolder(_ input: Input) -> Bool {
        if case .file(let path) = input, path != "-" { FileSystem.kind(of: path) == .folder } else { false }
    }

    private mutating func nextOfList(_ demand: InputDemand) -> Arrival<Input> {
        guard let listName else { return .end }
        do throws(ToolError) {
            if list == nil { list = try PathList(listName, expected) }
            guard let list = try list?.next(demand) else { return .end }
            return list.map { .file($0) }
        } catch {
            // Not asked again.
            list = .ended
            return .value(.unreadable(listName, error))
        }
    }
}

/// Paths, one on each line.
private struct PathList {
    private enum State {
        case unread(SourceReader)
        case lines(LineChunkReader)
        case ended
    }

    private let name: String
    private let code: ErrorCode
    private var state: State
    private var paths: [String] = []
    private var isEmpty = true

    static var ended: PathList { PathList() }

    private init() {
        name = ""
        code = .io
        state = .ended
        isEmpty = false
    }

    init(_ path: String, _ expected: Expectation) throws(ToolError) {
        name = path
        code = expected.code
        state = .unread(try SourceReader(path, for: Expectation(expected.code, "a list of paths")))
    }

    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<String> {
        while true {
            if let path = paths.popLast() {
                isEmpty = false
                return .value(path)
            }
            switch state {
            case .unread(let reader):
                if case .nothingYet = try reader.look(demand) { return .nothingYet }
                state = .lines(LineChunkReader(reader.source))
            case .lines(var reader):
                let arrival = try reader.next(demand)
                state = .lines(reader)
                switch arrival {
                case .nothingYet: return .nothingYet
                case .end: state = .ended
                case .value(let chunk): paths = try paths(in: chunk).reversed()
                }
            case .ended:
                guard isEmpty else { return .end }
                isEmpty = false
                throw refusal("expected paths in the list, found none")
            }
        }
    }

    private func paths(in chunk: LineChunk) throws(ToolError) -> [String] {
        guard !chunk.bytes.contains(0) else {
            throw refusal(
                "expected a list with one path on each line, found an octet of zero in it",
                hint: "with find, -print instead of -print0")
        }
        guard String(validating: chunk.bytes, as: UTF8.self) != nil else {
            throw refusal(
                "expected a list of paths in UTF-8, found other octets in it",
                hint: "give the folder itself, or rename the files")
        }
        var paths: [String] = []
        chunk.forEachLine { line, _ in
            let line = line.last == 0x0d ? line.dropLast() : line
            // Blanks in a path count.
            if !line.allSatisfy(\.isBlank) { paths.append(String(decoding: line, as: UTF8.self)) }
            return true
        }
        return paths
    }

    private func refusal(_ message: String, hint: Hint? = nil) -> ToolError {
        ToolError(code, message, context: [.init("file", name.escapedForTerminal)], hint: hint)
    }
}
