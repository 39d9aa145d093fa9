/// Where a request came from, in its caller's own terms; handed through to the outcome untouched.
///
/// A concrete type, because every step of issuing carries it: generic steps cost a tenth of a run that finds its
/// certificates already issued.
package struct RequestOrigin: Sendable, Equatable {
    /// The name of the source; empty where the caller has one only.
    package let source: String
    /// The line, position or number in it.
    package let place: Int

    package init(source: String = "", place: Int) {
        self.source = source
        self.place = place
    }
}
