public import Diagnostics
import ProvisioningCommands

/// Commands that are to fail: each rule once for each device, so that a retry can succeed.
public struct FailurePlan: Sendable, Equatable {
    public struct Rule: Sendable, Equatable {
        public enum Step: Sendable, Equatable {
            /// The n-th command that the device executes, counted from 1, deletions that make room left out.
            case number(Int)
            case kind(StepKind)
        }

        public let step: Step
        /// The number of `+CME ERROR`; for a configuration what stands in its place.
        public let code: UInt32
    }

    public private(set) var rules: [Rule] = []
    private var executed = 0

    public init(_ rules: [Rule] = []) { self.rules = rules }

    /// The code with which this command fails; uses its rule up.
    mutating func failure(of command: DeviceCommand.Action) -> UInt32? {
        guard let kind = StepKind(command) else { return nil }
        if kind != .deletion { executed += 1 }
        let found = rules.firstIndex { rule in
            switch rule.step {
            case .number(let number): kind != .deletion && number == executed
            case .kind(let named): named == kind || (named == .csr && kind == .cloudAccessKey)
            }
        }
        return found.map { rules.remove(at: $0).code }
    }
}

/// What a command of a device is for, by the names of `commands compose`.
public enum StepKind: String, Sendable, CaseIterable {
    case keygen
    case cloudAccessKey = "cloud-access-key"
    case csr
    case clientCertificate = "client-certificate"
    case serverCertificate = "server-certificate"
    case clientKey = "client-key"
    case psk
    case config
    /// Makes room for what is written next.
    case deletion
    /// Any other AT command.
    case other

    /// Those that a rule may name.
    public static let named: [StepKind] = allCases.filter { $0 != .deletion && $0 != .other }

    /// `nil` for `finished`, which cannot fail.
    init?(_ action: DeviceCommand.Action) {
        switch action {
        case .finished: return nil
        case .config: self = .config
        case .at(let command): self = Self.kind(of: command)
        }
    }

    private static func kind(of command: ATCommand) -> StepKind {
        guard let parameters = try? ATParameters(command.parameters), parameters.count >= 3 else {
            return .other
        }
        let first = parameters.fields[0].text
        let third = parameters.fields[2].text
        switch (command.name, first, third) {
        case ("%KEYGEN", _, "1"): return .keygen
        case ("%KEYGEN", _, "0"): return parameters.count == 3 ? .cloudAccessKey : .csr
        case ("%CMNG", "3", _): return .deletion
        case ("%CMNG", "0", "0"): return .serverCertificate
        case ("%CMNG", "0", "1"): return .clientCertificate
        case ("%CMNG", "0", "2"): return .clientKey
        case ("%CMNG", "0", "3"), ("%CMNG", "0", "4"): return .psk
        default: return .other
        }
    }
}

extension FailurePlan.Rule {
    /// A rule from `STEP:CODE`, STEP being a number from 1 or a name of ``StepKind/named``; throws `usage` otherwise.
    public init(text: String) throws(ToolError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let code = UInt32(parts[1]), !parts[1].hasPrefix("+"),
            let step = Self.step(String(parts[0]))
        else {
            let names = StepKind.named.map(\.rawValue).joined(separator: ", ")
            throw ToolError(
                .usage,
                "expected STEP:CODE with a number of a step from 1 or one of \(names), and an error code of 32 bits"
            )
        }
        self.init(step: step, code: code)
    }

    private static func step(_ text: String) -> Step? {
        if let kind = StepKind.named.first(where: { $0.rawValue == text }) { return .kind(kind) }
        guard let number = Int(text), number > 0, text.utf8.first != UInt8(ascii: "+") else { return nil }
        return .number(number)
    }
}
