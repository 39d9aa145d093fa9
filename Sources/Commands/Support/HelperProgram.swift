import Diagnostics
import InputOutput

/// The program beside this one that talks to services; it takes this one's place and gets its arguments.
struct HelperProgram: NetworkRunner {
    static let name = "assay-submit"

    func run(_ verb: any NetworkVerb, in environment: Environment) throws -> ExitStatus {
        for path in Self.places where FileSystem.isExecutable(path) {
            let reason = ProcessImage.replace(by: path)
            throw ToolError(
                .io, "cannot execute \(Self.name): \(reason)",
                context: [.init("file", path.escapedForTerminal)])
        }
        throw ToolError(
            .io,
            "expected the program \(Self.name), which talks to services, found none beside assay or in PATH",
            hint: "install it beside assay: make submit, then make install")
    }

    /// Where it may be, first where this program is: the two belong together.
    private static var places: [String] {
        var folders: [String] = []
        if let own = ProcessImage.path, let slash = own.lastIndex(of: "/") {
            let folder = String(own[..<slash])
            folders = [folder, folder + "/../libexec/assay"]
        }
        let path = System.environment("PATH") ?? ""
        // A relative folder in PATH would be another one in each place.
        folders += path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        return folders.map { $0 + "/" + name }
    }
}
