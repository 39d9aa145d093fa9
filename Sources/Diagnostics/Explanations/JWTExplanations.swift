// Device and service JWTs (RFC 7515, RFC 7519).

extension Explanation {
    static let jwtFormat = Explanation(
        meaning: "The text is not a compact JWS: three base64url parts, the first two of them JSON objects.",
        causes: [
            "The text was cut, or the quotes and the %JWT: before it were copied too.",
            "It is an attestation token, which has one full stop instead of two.",
            "The header or the claims are not valid JSON, or have a member twice.",
            "The header has a crit member that is not understood.",
        ],
        remedy: "Copy the token again from its source. Spaces at the end of a device's JSON texts belong "
            + "there "
            + "and are signed; do not trim them.")

    static let jwtClaims = Explanation(
        meaning: "A claim is missing, has the wrong type or has a value that is not allowed.",
        causes: [
            "A claim that --require demands is not there.",
            "The token has no exp or iat: %JWT leaves both out if its lifetime argument is 0 or absent.",
            "A time is not a number of seconds.",
        ],
        remedy: "Look at the claims with assay jwt inspect and compare them with what you demand.")

    static let jwtExpired = Explanation(
        meaning: "The token's exp lies in the past.",
        causes: [
            "It was made for one connection: a device's token for the Provisioning Service lives 300 "
                + "seconds.",
            "The clock of the device or of this machine is wrong.",
        ],
        remedy: "Have a new token made. To judge a recorded one, give the time of recording with --at; for "
            + "small clock differences widen --leeway.")

    static let jwtNotYetValid = Explanation(
        meaning: "The token's nbf or iat lies in the future.",
        causes: [
            "The device's clock runs ahead; a modem takes its time from the network (AT%CCLK?, AT+CCLK?).",
            "The clock of this machine is behind.",
            "The time given with --at is before the token was made.",
        ],
        remedy: "Compare both clocks; for small differences widen --leeway.")

    static let jwtTooOld = Explanation(
        meaning: "The token was issued longer ago than --max-age allows.",
        causes: [
            "A long-lived token is presented where a fresh one is demanded.",
            "The token has no iat, so its age cannot be known.",
        ],
        remedy: "Have a new token made, with a lifetime, so that it carries iat.")

    static let jwtAudience = Explanation(
        meaning: "The token is meant for somebody else: aud does not contain the audience demanded.",
        causes: [
            "A proxy token names another team; its aud is the team's identifier.",
            "A device's token carries no aud.",
        ],
        remedy: "Check --audience. Do not accept a token that was made for another recipient.")

    static let jwtIssuer = Explanation(
        meaning: "The token's iss is not the issuer demanded.",
        causes: [
            "A device writes its chip name, a full stop and its UUID, for example nRF9160.50363154-….",
            "The token is of another device.",
            "A proxy token carries no iss at all.",
        ],
        remedy: "Check --issuer, or demand the device with --device UUID, which ignores the chip's name.")

    static let jwtSubject = Explanation(
        meaning: "The token's sub is not the subject demanded.",
        causes: [
            "A device leaves sub out if its cloud identifier is its UUID.",
            "The identifier has a prefix such as nrf- and the IMEI.",
        ],
        remedy: "Look at the claims with assay jwt inspect and check --subject.")

    static let kidMismatch = Explanation(
        meaning: "The header's kid names another key than the one that is to verify the token.",
        causes: [
            "The token was signed with a client key (a security tag was given to %JWT) instead of the "
                + "identity key.",
            "The key was generated again since it was registered.",
            "A program wrote the RFC 7638 thumbprint; devices write the SHA-256 of the SubjectPublicKeyInfo.",
        ],
        remedy: "Compare the kid with that of assay key inspect FILE, and verify with the key it names.")
}
