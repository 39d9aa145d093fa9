import Foundation
import Service

/// Work that waits until the test lets it.
final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)

    func wait() -> ServiceResponse {
        opened.wait()
        opened.signal()
        return ServiceResponse(status: 204)
    }

    func open() { opened.signal() }
}
