public import Diagnostics

/// What is done with reports in order and on one thread before they are told: entered, registered, compared.
public struct Settlement<Answer: Report> {
    /// Why a step could not be taken: it ends the run before its reports are told.
    public typealias Failure = ToolError
    /// May change the reports; false ends the run after them.
    public typealias Step = (inout [Answer]) throws(Failure) -> Bool

    /// How many reports are waited for before they are settled, while no input is; 1 settles each chunk by itself.
    let gathers: Int
    let settle: Step

    public init(gathering gathers: Int = 1, _ settle: @escaping Step) {
        self.gathers = gathers
        self.settle = settle
    }
}
