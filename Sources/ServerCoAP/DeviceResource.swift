import CoAP
import Service

/// What a device may ask for, and what is answered without asking the service.
enum DeviceResource {
    /// What becomes of a request.
    enum Verdict: Sendable, Equatable {
        case answer(Response)
        /// The payload is a JWT.
        case authenticate
        case fetch
        case report
    }

    /// What a request is answered before its body is there; nil where that has to come first.
    static func refusal(_ request: Request, isAuthenticated: Bool) -> Response? {
        guard case .answer(let response) = judge(request, isAuthenticated: isAuthenticated) else {
            return nil
        }
        return response
    }

    /// - Parameter isAuthenticated: whether the session is a device's.
    static func judge(_ request: Request, isAuthenticated: Bool) -> Verdict {
        func judge(_ method: Code, _ formats: [ContentFormat], _ verdict: Verdict) -> Verdict {
            guard request.method == method else { return .answer(Response(.methodNotAllowed)) }
            guard isAuthenticated || verdict == .authenticate else { return .answer(Response(.unauthorized)) }
            if let format = request.contentFormat, method == .post, !formats.contains(format) {
                return .answer(Response(.unsupportedContentFormat))
            }
            if let accept = request.accept, verdict == .fetch, accept != .cbor {
                return .answer(Response(.notAcceptable))
            }
            return verdict
        }
        switch request.path {
        // Clients say CBOR of every payload, of the text of a JWT too.
        case ["p", "auth-jwt"]: return judge(.post, [.cbor, .textPlain], .authenticate)
        case ["p", "cmd"]: return judge(.get, [], .fetch)
        case ["p", "rsp"]: return judge(.post, [.cbor], .report)
        // `.dtls/suspend` is among them: without connection ids nothing can be suspended, and this answer says so.
        default: return .answer(Response(.notFound))
        }
    }
}

extension Response {
    /// As CoAP says it.
    init(_ refusal: DeviceRefusal) {
        switch refusal {
        case .unclaimed: self.init(Code.unauthorized)
        case .badCredentials: self.init(Code.forbidden)
        case .badRequest: self.init(Code.badRequest)
        case .badFormat: self.init(.unsupportedContentFormat)
        case .overloaded(let seconds): self.init(.serviceUnavailable, maxAge: seconds)
        }
    }

    /// What waits for a device; without a payload where nothing does.
    init(commands body: [UInt8]?) {
        guard let body else {
            self.init(.content)
            return
        }
        self.init(.content, contentFormat: .cbor, body: body)
    }
}
