package import CertificateAuthority
package import Diagnostics

/// What comes in: a request that was read and is not verified, or something that should have been one.
package struct IssuanceRequest: Sendable {
    package enum Content: Sendable {
        case request(ReceivedRequest, RequestExpectations)
        /// Why it is no request.
        case unusable(CheckFailure)
        /// Its source could not be read.
        case unreadable(ToolError)
    }

    /// What the caller calls it; it comes back with the outcome.
    package let origin: RequestOrigin
    package let content: Content

    package init(_ origin: RequestOrigin, _ content: Content) {
        self.origin = origin
        self.content = content
    }
}
