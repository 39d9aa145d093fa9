/// What a reason code means, its usual causes and what to do: the text of `assay explain CODE`.
public struct Explanation: Sendable {
    /// One sentence: what this code says about the input.
    public let meaning: String
    /// The usual causes, most frequent first.
    public let causes: [String]
    /// The next step.
    public let remedy: String

    public init(meaning: String, causes: [String], remedy: String) {
        self.meaning = meaning
        self.causes = causes
        self.remedy = remedy
    }
}
