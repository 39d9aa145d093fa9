/// The one place where the names of members stand that the documents do not prove, and those used in several
/// bodies.
package enum MemberName {
    // Errors
    package static let message = "message"
    package static let type = "type"
    package static let title = "title"
    package static let status = "status"
    package static let detail = "detail"
    package static let reason = "reason"
    // Claims and devices
    package static let claimToken = "claimToken"
    package static let tags = "tags"
    package static let id = "id"
    package static let deviceType = "deviceType"
    package static let firmwareId = "firmwareId"
    package static let imei = "imei"
    package static let ownerId = "ownerId"
    package static let ownershipStatus = "ownershipStatus"
    package static let claimedAt = "claimedAt"
    package static let lastSeenAt = "lastSeenAt"
    package static let claimedIds = "claimedIds"
    package static let failed = "failed"
    package static let row = "row"
    package static let bulkOpsRequestId = "bulkOpsRequestId"
    // Commands
    package static let description = "description"
    package static let request = "request"
    package static let response = "response"
    package static let createdAt = "createdAt"
    package static let attempts = "attempts"
    package static let deliveredAt = "deliveredAt"
    package static let endedAt = "endedAt"
    package static let timeoutSeconds = "timeoutSeconds"
    package static let overdue = "overdue"
    package static let error = "error"
    package static let cmeError = "cmeError"
    package static let ruleId = "ruleId"
    // Rules and tags
    package static let name = "name"
    package static let active = "active"
    package static let commands = "commands"
    package static let tag = "tag"
    // Pages
    package static let items = "items"
    package static let total = "total"
    package static let pageNextToken = "pageNextToken"
}
