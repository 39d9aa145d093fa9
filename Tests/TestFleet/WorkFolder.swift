public import Foundation

/// A new folder that goes with the test.
public final class WorkFolder: Sendable {
    public let url: URL

    /// - Parameter parent: where it is made; the system's folder for temporary files otherwise.
    public init(in parent: URL? = nil) throws {
        let parent = parent ?? FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        url = parent.appendingPathComponent("assay-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        guard ProcessInfo.processInfo.environment["ASSAY_KEEP_WORK"] != "1" else { return }
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file and answers its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }
}
