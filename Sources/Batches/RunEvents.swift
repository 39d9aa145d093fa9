package import Diagnostics
package import InputOutput

/// Who is told what happens while a run works: standard error, or nobody.
package protocol RunEvents: AnyObject {
    func error(_ error: ToolError)
    func note(_ text: String)
    /// So many notes were left out.
    func leftOut(notes: Int)
    /// Whether anybody watches.
    var showsProgress: Bool { get }
    func progress(done: Int, failed: Int, unit: String, meter: InputMeter?)
}

/// Tells nobody.
package final class NoEvents: RunEvents {
    package init() {}
    package func error(_ error: ToolError) {}
    package func note(_ text: String) {}
    package func leftOut(notes: Int) {}
    package var showsProgress: Bool { false }
    package func progress(done: Int, failed: Int, unit: String, meter: InputMeter?) {}
}
