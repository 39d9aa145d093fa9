/// A handshake of a peer whose address is proven, or the session that it became.
final class Association {
    let id: DTLSSessionID
    let peer: [UInt8]
    /// What its address belongs to.
    let network: [UInt8]
    let connection: Connection
    /// The client's random, by which its hellos are told from those of another handshake.
    let random: [UInt8]
    var isEstablished = false
    /// What the peer may still send before the handshake is complete.
    var budget = HandshakeBudget()
    /// Whether its peer is not known to whoever has the server.
    var isStranger = false
    /// Whether the server has let go of it.
    var isOver = false
    /// When the handshake began, or something authentic last came; of a stranger, when the handshake ended.
    var lastHeard: UInt64
    /// The deadline under which it stands in the heap; nil if it does not.
    var scheduled: UInt64?
    /// The neighbours in the one ``RecencyList`` that it is in.
    fileprivate unowned var earlier: Association?
    fileprivate var later: Association?

    init(
        id: DTLSSessionID, peer: [UInt8], network: [UInt8], connection: Connection, random: [UInt8],
        at now: UInt64
    ) {
        self.id = id
        self.peer = peer
        self.network = network
        self.connection = connection
        self.random = random
        lastHeard = now
    }
}

/// Associations in the order in which something was last heard of them.
struct RecencyList {
    /// What was heard of the longest time ago.
    private(set) var first: Association?
    private var last: Association?
    private(set) var count = 0

    mutating func append(_ association: Association) {
        association.earlier = last
        association.later = nil
        if let last { last.later = association } else { first = association }
        last = association
        count += 1
    }

    /// - Parameter association: one that is in this list.
    mutating func remove(_ association: Association) {
        if let earlier = association.earlier {
            earlier.later = association.later
        } else {
            first = association.later
        }
        if let later = association.later {
            later.earlier = association.earlier
        } else {
            last = association.earlier
        }
        association.earlier = nil
        association.later = nil
        count -= 1
    }

    /// The first of a network among those of which nothing was heard for so long.
    func first(of network: [UInt8], silentSince latest: UInt64) -> Association? {
        var place = first
        while let association = place, association.lastHeard <= latest {
            if association.network == network { return association }
            place = association.later
        }
        return nil
    }

    mutating func moveToEnd(_ association: Association) {
        remove(association)
        append(association)
    }
}
