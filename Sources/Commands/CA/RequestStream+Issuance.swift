import CertificateAuthority
import Diagnostics
import Issuance

extension RequestStream: IssuanceSource {
    static func requests(of chunk: RequestChunk) -> [IssuanceRequest] {
        if case .unreadable(let error) = chunk.content {
            return [IssuanceRequest(origin(chunk, line: 1), .unreadable(error))]
        }
        var requests: [IssuanceRequest] = []
        chunk.forEachItem { item in
            let content: IssuanceRequest.Content =
                switch ReceivedRequest.decode(item) {
                case .success(let request): .request(request, item.expectations)
                case .failure(let failure): .unusable(failure)
                }
            requests.append(IssuanceRequest(origin(chunk, line: item.line), content))
            return true
        }
        return requests
    }

    private static func origin(_ chunk: RequestChunk, line: Int) -> RequestOrigin {
        RequestOrigin(source: chunk.source.text, place: line)
    }
}
