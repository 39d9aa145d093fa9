/// What the holder of an API key may do in a team, least first.
package enum Role: String, CaseIterable, Sendable, Comparable {
    case viewer, editor, admin, owner

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .editor: 1
        case .admin: 2
        case .owner: 3
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}
