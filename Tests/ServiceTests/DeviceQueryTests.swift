import ProvisioningState
import Testing

@testable import Service

/// The query of CoAP, where old clients cut path and query at 64 or 128 octets.
struct DeviceQueryTests {
    private static let path = ["p", "cmd"]
    private static let kept = "limit=7&rxMaxSize=2304&txMaxSize=2048&transport=coap"

    private func limits(_ query: [String], kept: String? = kept) throws -> BatchLimits {
        try DeviceQuery(path: Self.path, query: query).limits(kept: kept)
    }

    private func expected(_ limit: Int?, _ receive: Int?, _ transmit: Int?) -> BatchLimits {
        BatchLimits(limit: limit, rxMaxSize: receive, txMaxSize: transmit, headSize: 0)
    }

    /// What is read of a whole query, whatever is missing or broken at its end; what was kept counts for nothing.
    @Test(
        arguments: [
            ([], nil, nil, nil), (["after=", "rxMaxSize=1000", "txMaxSize=900", "limit=3"], 3, 1000, 900),
            (["rxMaxSize=1000", "txMaxSize=900"], nil, 1000, 900),
            (["rxMaxSize=1000", "txMaxSize="], nil, 1000, nil),
            (["rxMaxSize=1000", "txMaxSize"], nil, 1000, nil), (["rxMaxSize=1000", "txM"], nil, 1000, nil),
            (["limit=2", "rxMaxSize=99999999999"], 2, nil, nil),
        ] as [([String], Int?, Int?, Int?)])
    func wholeQueries(query: [String], limit: Int?, receive: Int?, transmit: Int?) throws {
        #expect(try limits(query) == expected(limit, receive, transmit))
    }

    @Test func sizesThatAreNoNumbersAreRefused() {
        for query in [["limit=x", "rxMaxSize=1"], ["rxMaxSize=-1", "limit=1"], ["txMaxSize=", "limit=1"]] {
            #expect(throws: DeviceRefusal.badRequest) { try limits(query) }
        }
    }

    /// Path, question mark and query of exactly `length` octets, cut somewhere in this query.
    private func cut(_ query: String, at length: Int) -> [String] {
        String(("p/cmd?" + query).prefix(length)).dropFirst(6).split(
            separator: "&", omittingEmptySubsequences: false
        )
        .map(String.init)
    }

    /// Wherever the cut falls, no size is believed that may have lost digits, and what is missing is what was kept.
    @Test(arguments: [64, 128])
    func cutQueriesTakeWhatWasKept(length: Int) throws {
        for filling in 0...110 {
            let after = String(repeating: "x", count: filling)
            let query =
                "after=\(after)&rxMaxSize=1111&txMaxSize=1222&mver=mfw_nrf91x1_2.0.2&cver=3.2.0&limit=3"
            guard query.utf8.count + 6 >= length else { continue }
            let parts = cut(query, at: length)
            let whole = parts.dropLast()
            let seen = { (name: String, value: Int) in whole.contains("\(name)=\(value)") ? value : nil }
            let sizes = expected(
                seen("limit", 3) ?? 7, seen("rxMaxSize", 1111) ?? 2304, seen("txMaxSize", 1222) ?? 2048)
            #expect(try limits(parts) == sizes, "\(parts)")
            #expect(try DeviceQuery(path: Self.path, query: parts).text == nil)
            // Nothing was kept: what clients have by default.
            let byDefault = expected(seen("limit", 3), seen("rxMaxSize", 1111), seen("txMaxSize", 1222))
            #expect(try limits(parts, kept: nil) == byDefault)
        }
    }

    /// What is kept of a query over CoAP says so, so that a look ahead counts no head of HTTP.
    @Test func whatIsKeptReadsTheSame() throws {
        let query = try DeviceQuery(
            path: Self.path, query: ["after=a", "rxMaxSize=2304", "txMaxSize=2048", "limit=7"])
        #expect(query.text == Self.kept)
        #expect(try DeviceQuery(query.text, headSize: 150).limits() == query.limits())
        let http = try DeviceQuery("rxMaxSize=2304&limit=7", headSize: 150)
        #expect(http.text == "limit=7&rxMaxSize=2304")
        #expect(http.limits() == BatchLimits(limit: 7, rxMaxSize: 2304, txMaxSize: nil, headSize: 150))
    }
}
