import Foundation
public import Testing

/// What a test leaves out because the machine lacks something; all of it is listed once at the end of `make test`.
///
/// Tests use this and neither `Test.cancel` nor `.enabled(if:)`, which appear among thousands of lines and nowhere
/// else; `make lint` looks after that.
public enum Skip {
    /// Ends the running test here, as cancelled. One of several cases of a test may have a name of its own.
    public static func test(_ reason: String, of part: String? = nil) throws -> Never {
        note(part ?? Test.current.map(name) ?? "a test", reason)
        try Test.cancel(Comment(rawValue: reason))
    }

    /// Says that a part of something was left out.
    ///
    /// `scripts/run-tests` names the file in `ASSAY_SKIPS`. A line is one write: tests run at the same time, and in
    /// several processes.
    public static func note(_ name: String, _ reason: String) {
        guard let path = ProcessInfo.processInfo.environment["ASSAY_SKIPS"] else { return }
        let line = Array("\(name): \(reason)\n".utf8)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, line, line.count)
        close(descriptor)
    }

    /// `ClaimsTests.BodyTests/onboardingBodies()`: an identifier without its place in the file.
    static func name(of test: Test) -> String {
        "\(test.id)".split(separator: "/").filter { !$0.contains(".swift:") }.joined(separator: "/")
    }
}

/// A test or suite that is left out, and listed, where something is missing.
public struct Need: TestTrait, SuiteTrait {
    private let isThere: @Sendable () -> Bool
    private let reason: String

    init(_ reason: String, _ isThere: @escaping @Sendable () -> Bool) {
        self.reason = reason
        self.isThere = isThere
    }

    public func prepare(for test: Test) async throws {
        guard !isThere() else { return }
        Skip.note(Skip.name(of: test), reason)
        try Test.cancel(Comment(rawValue: reason))
    }
}

extension Trait where Self == Need {
    /// Leaves the test out, for this reason, unless the condition holds.
    public static func needs(_ isThere: @autoclosure @escaping @Sendable () -> Bool, or reason: String)
        -> Self
    {
        Need(reason, isThere)
    }

    /// Leaves the test out where there is no folder of third-party vectors.
    public static var needsVectors: Self { Need(TestPaths.noVectors) { TestPaths.vectors != nil } }
}
