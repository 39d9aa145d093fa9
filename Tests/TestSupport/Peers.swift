public import Foundation

/// The Python packages that give second opinions: one virtual environment with the versions of
/// `scripts/requirements.txt`, made by `scripts/install-peers`; whatever else a machine has plays no part.
public enum Peers {
    /// The environment's programs, nil where it could not be made.
    public static let folder: URL? = {
        let folder = TestPaths.root.appendingPathComponent(".build/peers/bin")
        return FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("python3").path)
            ? folder : nil
    }()

    public static let reason = "no Python packages (scripts/install-peers says why)"

    /// The environment's Python. Ends the test where it is missing; where it is there and lacks a package the test fails.
    public static func python() throws -> String {
        guard let folder else { try Skip.test(reason) }
        return folder.appendingPathComponent("python3").path
    }
}
