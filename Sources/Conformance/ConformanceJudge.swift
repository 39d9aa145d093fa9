public import Diagnostics
import JSON
import OpenSSL
import PKIX

/// Judges conformance cases with the code that the commands use. Owns OpenSSL contexts: one per thread.
public final class ConformanceJudge {
    /// The verdict on one case.
    enum Verdict {
        /// With what the operation yields, where it yields anything.
        case accept(JSONObject?)
        case reject(String)
        case skip(Skip)
    }

    let signatures: P256Verifier
    let requests: RequestVerifier

    /// Throws `internal-fault` when libcrypto cannot prepare P-256.
    public init() throws(ToolError) {
        do {
            signatures = try P256Verifier()
            requests = try RequestVerifier()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    /// The result of a case as one line of JSON: `suite`, `case_id`, `verdict`, `output`, and `reason` and
    /// `feature` where there is one.
    public func line(_ element: ConformanceCase) -> [UInt8] {
        var result: JSONObject = ["suite": .string(element.suite), "case_id": .string(element.caseID)]
        switch judge(element) {
        case .accept(let output):
            result["verdict"] = .string("accept")
            result["output"] = output.map { .object($0) } ?? .null
        case .reject(let reason):
            result["verdict"] = .string("reject")
            result["output"] = .null
            result["reason"] = .string(reason)
        case .skip(let skip):
            result["verdict"] = .string("skip")
            result["output"] = .null
            result["reason"] = .string(skip.reason)
            result["feature"] = .string(skip.feature)
        }
        return JSONValue.object(result).compact() + [0x0a]
    }

    func judge(_ element: ConformanceCase) -> Verdict {
        let operation = "operation:" + element.operation
        if let skip = UnsupportedFeature.first(of: [operation] + element.requires) { return .skip(skip) }
        do throws(Refusal) {
            switch element.operation {
            case "cbor.decode": return .accept(try decodeCBOR(element))
            case "token.decode": return .accept(try decodeToken(element.inputs))
            case "token.verify": return .accept(try verifyMessage(element.inputs))
            case "jwt.verify": return .accept(try verifyJWT(element.inputs))
            case "sig.verify": return .accept(try verifySignature(element.inputs))
            case "csr.verify": return .accept(try verifyRequest(element.inputs))
            case "csr.decode": return .accept(try decodeRequest(element.inputs))
            case "cert.decode": return .accept(try decodeCertificate(element.inputs))
            case "cert.verify.crl": return .accept(try verifyChain(element.inputs, demandsList: true))
            case "cert.verify": return .accept(try verifyChain(element.inputs))
            case "key.import": return .accept(try importKey(element.inputs))
            case "json.parse": return .accept(try parseJSON(element.inputs))
            case "csv.read": return .accept(try readCSV(element))
            default:
                return .skip(Skip(feature: operation, reason: "this operation is not known"))
            }
        } catch {
            return .reject(error.reason)
        }
    }
}
