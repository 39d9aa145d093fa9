public import Foundation

/// Where the tests find the project, the program under test and the optional vectors.
public enum TestPaths {
    /// The package's folder.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    public static let fixtures = root.appendingPathComponent("fixtures")

    /// The program under test: `$ASSAY_BINARY`, else the one built beside the tests.
    public static let binary: URL = {
        if let path = ProcessInfo.processInfo.environment["ASSAY_BINARY"] {
            return URL(fileURLWithPath: path)
        }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("assay")
        if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
        return root.appendingPathComponent(".build/debug/assay")
    }()

    /// The service: the one built beside the program under test.
    public static let service = binary.deletingLastPathComponent().appendingPathComponent("assayd")

    /// The third-party vectors: `$ASSAY_VECTORS`, else `../shared/vectors` beside the package; nil without them.
    public static let vectors: URL? = {
        let named = ProcessInfo.processInfo.environment["ASSAY_VECTORS"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? root.appendingPathComponent("../shared/vectors").standardized
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    public static let noVectors = "no folder of third-party vectors ($ASSAY_VECTORS)"

    /// True when results are to be written into the expectations instead of compared (`ASSAY_RECORD=1`).
    ///
    /// A recording run always fails, so that nobody records by accident.
    public static let isRecording = ProcessInfo.processInfo.environment["ASSAY_RECORD"] == "1"
}
