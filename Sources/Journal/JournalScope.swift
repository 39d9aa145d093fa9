/// Whose journal it is: what one team's service was sent says nothing of another's.
package struct JournalScope: Sendable, Hashable {
    /// What is sent.
    package enum Kind: String, Sendable, CaseIterable {
        case claim, commands, rule, onboarding
    }

    package let kind: Kind
    /// The address of the service, in one form.
    package let service: String
    /// The id of the team that the API key belongs to.
    package let team: String

    package init(kind: Kind, service: String, team: String) {
        self.kind = kind
        self.service = service
        self.team = team
    }
}
