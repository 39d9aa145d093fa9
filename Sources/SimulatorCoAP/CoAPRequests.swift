import CoAP
import Simulator

/// What the device library asks over CoAP. Path and query travel in one string, which is cut where its room ends.
struct CoAPRequests: Sendable {
    private let habits: CoAPHabits
    private let firmwareName: String
    private let libraryVersion: String

    init(_ profile: ClientProfile, firmwareName: String) {
        habits = profile.coap
        self.firmwareName = firmwareName
        libraryVersion = profile.libraryVersion
    }

    func authenticate(_ jwt: String) -> ClientRequest? {
        make(.post, "p/auth-jwt?mver=\(firmwareName)&cver=\(libraryVersion)", body: Array(jwt.utf8))
    }

    func fetch(_ query: FetchQuery) -> ClientRequest? {
        var text =
            "p/cmd?after=\(query.after)&rxMaxSize=\(query.receiveLimit)&txMaxSize=\(query.transmitLimit)"
        if let limit = query.recordLimit { text += "&limit=\(limit)" }
        return make(.get, text)
    }

    func report(_ body: [UInt8]) -> ClientRequest? { make(.post, "p/rsp", body: body) }

    var suspend: ClientRequest? { make(.post, ".dtls/suspend", isConfirmable: false) }

    private func make(
        _ method: Code, _ resource: String, body: [UInt8] = [], isConfirmable: Bool = true
    ) -> ClientRequest? {
        let kept = resource.prefix(habits.pathLimit)
        let parts = kept.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: "/").map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : []
        let namesFormat = !body.isEmpty || habits.namesFormatAlways && isConfirmable
        return ClientRequest(
            method, path: path, query: query, contentFormat: namesFormat ? .cbor : nil, body: body,
            isConfirmable: isConfirmable)
    }
}
