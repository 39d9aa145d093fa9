/// How urgently whoever works on a stream wants more of it.
public enum InputDemand: Sendable {
    /// A whole block or nothing: there is enough to do.
    case full
    /// What is complete and at hand, be it a single line.
    case atHand
    /// The same; where nothing is at hand, it is waited for.
    case awaited

    /// The same demand of somebody who has something to give already and need not wait for more.
    public var withoutWaiting: InputDemand { self == .awaited ? .atHand : self }
}

/// What a stream answers to an ``InputDemand``.
public enum Arrival<Value> {
    case value(Value)
    /// Nothing complete is at hand, and more may come. Never the answer to ``InputDemand/awaited``.
    case nothingYet
    case end

    /// A value, or the end for nil.
    public init(_ value: Value?) {
        if let value { self = .value(value) } else { self = .end }
    }

    public func map<Other>(_ body: (Value) -> Other) -> Arrival<Other> {
        switch self {
        case .value(let value): .value(body(value))
        case .nothingYet: .nothingYet
        case .end: .end
        }
    }

    /// The value; `nil` for everything else.
    public var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

extension Arrival: Sendable where Value: Sendable {}
