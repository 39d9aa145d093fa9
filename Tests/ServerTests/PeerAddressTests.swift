import Testing

@testable import ServerCoAP

/// Addresses that one party has are one network.
@Test(arguments: [
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
    ("2001:db8::1", "2001:db8:0:0:ffff:2:3:4", true), ("2001:db8::1", "2001:db8:0:1::1", false),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("::ffff:192.0.2.1", "::ffff:192.0.2.1", true),
])
func networksOfPeers(one: String, other: String, isSame: Bool) {
    let networks = ["5000 \(one)", "6000 \(other)"].map { PeerAddress.network(Array($0.utf8)) }
    #expect((networks[0] == networks[1]) == isSame)
}
