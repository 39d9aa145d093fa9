import Attestation
import CertificateAuthority
import Diagnostics
import PKIX

/// One input of a CSR command.
struct RequestItem {
    enum Content {
        /// A certification request.
        case der([UInt8])
        /// A `%KEYGEN` token.
        case token(ArraySlice<UInt8>)
        /// What should have been one.
        case malformed(CheckFailure)
        /// What is not even looked at: it came with a private key.
        case refused(CheckFailure)
    }

    let line: Int
    let content: Content
    /// What its row says besides.
    var expectations = RequestExpectations()

    /// Whether it may be a request.
    var isRequest: Bool {
        switch content {
        case .der, .token: true
        case .malformed, .refused: false
        }
    }

    /// The same for a block whose END line is lost; a private key stays one.
    func withoutEnd(_ line: Int) -> RequestItem {
        if case .refused = content { return self }
        return RequestItem(line: line, content: .malformed(.init(.pem, "block has no END line")))
    }
}

extension ReceivedRequest {
    /// Decodes an input.
    static func decode(_ item: RequestItem) -> Result<ReceivedRequest, CheckFailure> {
        switch item.content {
        case .malformed(let failure), .refused(let failure): return .failure(failure)
        case .der(let der):
            do {
                return .success(.bare(try CertificationRequest(der: der)))
            } catch {
                if DisclosedKey.isKey(der) { return .failure(DisclosedKey.block) }
                switch ForeignDER(der) {
                case .encryptedKey?, .privateKey?: return .failure(DisclosedKey.block)
                case .request?, nil: return .failure(error.checkFailure)
                case let found?:
                    return .failure(.init(.der, "expected a certification request, found \(found.rawValue)"))
                }
            }
        case .token(let text):
            do {
                let token = try AttestationToken(text)
                guard case .certificationRequest(_, let request) = token.content else {
                    let found = token.keyMessage == nil ? "an attestation token" : "a public key"
                    return .failure(
                        .init(.tokenFormat, "expected a %KEYGEN answer with a CSR, found \(found)"))
                }
                return .success(.attested(token, request))
            } catch {
                return .failure(error.failure)
            }
        }
    }
}
