public import Diagnostics
public import InputOutput

/// Who is told what happens while a run works: standard error, or nobody.
public protocol RunEvents: AnyObject {
    func error(_ error: ToolError)
    func note(_ text: String)
    /// So many notes were left out.
    func leftOut(notes: Int)
    /// Whether anybody watches.
    var showsProgress: Bool { get }
    func progress(done: Int, failed: Int, unit: String, meter: InputMeter?)
}

/// Tells nobody.
public final class NoEvents: RunEvents {
    public init() {}
    public func error(_ error: ToolError) {}
    public func note(_ text: String) {}
    public func leftOut(notes: Int) {}
    public var showsProgress: Bool { false }
    public func progress(done: Int, failed: Int, unit: String, meter: InputMeter?) {}
}
