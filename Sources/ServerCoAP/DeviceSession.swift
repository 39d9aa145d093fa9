import CoAP
import Service

/// A DTLS session with a peer, and whose it is.
struct DeviceSession: Sendable {
    var endpoint: ServerEndpoint
    /// Its numeric address, for the log.
    let address: String
    /// The device that authenticated itself, and until when that holds.
    private var identity: (device: AuthenticatedDevice, until: UInt64)?
    /// Counts whose it was: what was begun under one number is not answered under another.
    private(set) var ownership: UInt64 = 0

    init(seed: UInt64, address: String) {
        var limits = ServerLimits()
        limits.body = CoAPLimits.strangersBody
        limits.overloadMaxAge = CoAPLimits.overload
        endpoint = ServerEndpoint(seed: seed, limits: limits)
        self.address = address
    }

    /// - Parameter now: milliseconds.
    func device(at now: UInt64) -> AuthenticatedDevice? {
        identity.flatMap { $0.until > now ? $0.device : nil }
    }

    /// What became of a JWT, as an answer. Who shows another device's, or a bad one, is nobody and has to authenticate
    /// again, as whichever device; nothing of the one before is left then.
    mutating func take(_ result: Result<AuthenticatedDevice, DeviceRefusal>, at now: UInt64) -> Response {
        switch result {
        case .success(let device):
            guard identity.map({ $0.device == device }) ?? true else {
                forget()
                return Response(.forbidden)
            }
            if identity == nil { forget() }
            identity = (device, now + UInt64(CoAPLimits.authenticated) * 1_000)
            endpoint.bodyLimit = CoAPLimits.deviceBody
            return Response(.created, maxAge: CoAPLimits.authenticated)
        case .failure(.overloaded(let seconds)):
            // Nothing was learned of the device.
            return Response(.overloaded(retryAfter: seconds))
        case .failure(let refusal):
            forget()
            return Response(refusal)
        }
    }

    /// Ends an identity whose time is over.
    ///
    /// - Parameter now: milliseconds.
    mutating func expire(at now: UInt64) {
        if let identity, identity.until <= now { forget() }
    }

    /// The session is nobody's, and so is all that was begun in it.
    mutating func forget() {
        identity = nil
        ownership += 1
        endpoint.forget()
        endpoint.bodyLimit = CoAPLimits.strangersBody
    }
}
