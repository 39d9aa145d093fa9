/// A request as the transport read it, whole.
package struct ServiceRequest: Sendable {
    package var method: String
    /// Percent-encoded, without the query.
    package var path: String
    package var query: String?
    /// In the order of the wire; names in any case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String? = nil, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of the one header of this name; nil if it is missing or there are several.
    package func header(_ name: String) -> String? {
        let values = headers.filter { header in
            header.name.utf8.count == name.utf8.count && header.name.lowercased() == name.lowercased()
        }
        return values.count == 1 ? values[0].value : nil
    }
}

/// An answer for the transport to write; with `Content-Length` and never chunked.
package struct ServiceResponse: Sendable {
    package var status: Int
    package var contentType: String?
    /// Beside `Content-Type` and `Content-Length`.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        status: Int, contentType: String? = nil, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}
