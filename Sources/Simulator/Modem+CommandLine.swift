import DeviceIdentity
import OpenSSL
import PKIX

extension Modem {
    /// A command as it comes over a line, in its forms: `AT+CMEE=1` sets, `AT+CMEE?` asks, `AT+CGMR` does.
    struct CommandLine {
        enum Form: Equatable {
            case execute
            case read
            case set(String)
        }

        /// With its sign, in capitals: `%CMNG`; empty for `AT` alone.
        let name: String
        let form: Form

        /// `nil` for a text that does not begin with `AT`.
        init?(_ text: String) {
            guard text.prefix(2).uppercased() == "AT" else { return nil }
            let rest = text.dropFirst(2)
            let end = rest.firstIndex { $0 == "=" || $0 == "?" } ?? rest.endIndex
            name = rest[..<end].uppercased()
            switch rest[end...] {
            case "": form = .execute
            case "?": form = .read
            case let tail where tail.hasPrefix("="): form = .set(String(tail.dropFirst()))
            default: return nil
            }
        }
    }

    /// Runs a whole command line.
    ///
    /// - Parameter now: seconds since 1970; `nil` for a modem that was never on a network.
    mutating func run(_ line: CommandLine, now: Int64?, _ arithmetic: P256Arithmetic) -> Answer {
        do throws(ModemError) {
            switch (line.name, line.form) {
            case ("", .execute): return .ok([])
            case ("+CGSN", .execute), ("+CGSN", .set("0")): return .ok([device.imei.description])
            case ("+CGSN", .set("1")): return .ok(["+CGSN: \"\(device.imei)\""])
            case ("+CGMR", .execute): return .ok([device.model.firmwareName])
            case ("+CGMM", .execute): return .ok([device.model.orderCode])
            case ("%DEVICEUUID", .execute): return .ok(["%DEVICEUUID: \(device.uuid)"])
            case ("+CMEE", .read): return .ok(["+CMEE: \(namesErrors ? 1 : 0)"])
            case ("+CMEE", .set(let mode)):
                guard mode == "0" || mode == "1" else { throw .badParameters }
                namesErrors = mode == "1"
                return .ok([])
            case ("+CFUN", .read): return .ok(["+CFUN: \(isActive ? 1 : 4)"])
            case ("%CCLK", .read), ("+CCLK", .read):
                guard let now else { return .unknown }
                return .ok(["\(line.name): \"\(Self.clock(now))\""])
            // Nobody gave it an ownership key.
            case ("%CLAIMTOKEN", .set): throw .claimToken
            case ("%KEYINJECT", .set(let parameters)) where device.model.injectsKeys:
                throw try refuseInjection(ATParameters(parameters))
            case ("%JWT", .set(let parameters)):
                return .ok([try makeJWT(ATParameters(parameters), now, arithmetic)])
            case (_, .read): return .unknown
            case (let name, .execute): return run(name, "", arithmetic)
            case (let name, .set(let parameters)): return run(name, parameters, arithmetic)
            }
        } catch {
            return .failed(error)
        }
    }

    /// `%KEYINJECT="<message>.<signature>"`: nobody gave it the keys that open a message and vouch for it.
    private func refuseInjection(_ parameters: ATParameters) throws(ModemError) -> ModemError {
        guard parameters.count == 1, try parameters.text(0)?.contains(".") == true else {
            throw .badParameters
        }
        return isActive ? .notAllowedWhileActive : .notFound
    }

    /// `26/01/31,12:00:00+00` (3GPP TS 27.007 section 8.15).
    private static func clock(_ now: Int64) -> String {
        let text = InternetTime.clamped(now)
        let date = text.prefix(10).dropFirst(2).split(separator: "-").joined(separator: "/")
        return "\(date),\(text.dropFirst(11).prefix(8))+00"
    }

    /// `%JWT=[0],[seconds][,"sub"][,"aud"][,tag,type]`
    private mutating func makeJWT(
        _ parameters: ATParameters, _ now: Int64?, _ arithmetic: P256Arithmetic
    ) throws(ModemError) -> String {
        let algorithm = try parameters.number(0) ?? 0
        let lifetime = try parameters.number(1) ?? 0
        guard 1...6 ~= parameters.count, parameters.count != 5, algorithm == 0, lifetime <= 604_800 else {
            throw .badParameters
        }
        var claims = ModemClaims(now: now ?? 0, lifetime: Int64(lifetime))
        claims.subject = try parameters.text(2)
        claims.audience = try parameters.text(3)
        let key = try signer(parameters, arithmetic)
        guard now != nil || lifetime == 0 else { throw .jwt }
        jwtCount += 1
        let random = device.seed.bytes("jwt over the line", device: device.index, number: jwtCount, count: 16)
        guard let token = try? device.jwt(claims, by: key, random: random, arithmetic: arithmetic) else {
            throw .jwt
        }
        return "%JWT: \"\(token)\""
    }

    /// The identity key, or a client key that the modem made.
    private func signer(
        _ parameters: ATParameters, _ arithmetic: P256Arithmetic
    ) throws(ModemError) -> (publicKey: P256PublicKey, scalar: [UInt8]) {
        guard let tag = try parameters.number(4) else { return (device.publicKey, device.scalar) }
        guard try parameters.number(5) == 2 else { throw .badParameters }
        guard let scalar = credentials.content(CredentialSlot(SecTag(tag), .privateKey)) else {
            throw .notFound
        }
        guard scalar.count == 32, let point = try? arithmetic.publicPoint(ofScalar: scalar),
            let publicKey = P256PublicKey(x963: point[...])
        else { throw .jwt }
        return (publicKey, scalar)
    }
}
