import CertificateAuthority
import Diagnostics
import Issuance

extension RequestStream: IssuanceSource {
    static func requests(of chunk: RequestChunk) -> [IssuanceRequest<InputLocation>] {
        if case .unreadable(let error) = chunk.content {
            return [IssuanceRequest(InputLocation(chunk.source, line: 1), .unreadable(error))]
        }
        var requests: [IssuanceRequest<InputLocation>] = []
        chunk.forEachItem { item in
            let content: IssuanceRequest<InputLocation>.Content =
                switch ReceivedRequest.decode(item) {
                case .success(let request): .request(request, item.expectations)
                case .failure(let failure): .unusable(failure)
                }
            requests.append(IssuanceRequest(InputLocation(chunk.source, line: item.line), content))
            return true
        }
        return requests
    }
}
