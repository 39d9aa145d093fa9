/// What results call an input. A path that looks like a credential is named without giving it away; that is looked at
/// once, where many results come from one input.
struct SourceName: Sendable {
    let text: String

    init(_ path: String) { text = path.withheld }
}
