/// What `%JWT` is told about the token that it makes.
struct ModemClaims {
    /// Seconds since 1970 by the modem's clock.
    let now: Int64
    /// Seconds; 0 for a token without `iat` and `exp`.
    let lifetime: Int64
    var subject: String?
    var audience: String?
}
