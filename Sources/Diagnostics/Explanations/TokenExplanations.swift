// Attestation tokens and KEYGEN output, and the keys that vouch for them.

extension Explanation {
    static let tokenFormat = Explanation(
        meaning: "The text is not a token: two base64url parts with one full stop between them.",
        causes: [
            "The log cut the line; a whole %ATTESTTOKEN answer is 180 characters, a %KEYGEN answer 300 to "
                + "600.",
            "The quotes, the %ATTESTTOKEN: before the token or a line break inside it were copied too.",
            "The file is a CSV or a modem log and was read as plain lines.",
            "It is another thing altogether: a device JWT has two full stops, a PEM file has none.",
        ],
        remedy: "Copy the token again from the modem's answer, or name the file's form with --format csv or "
            + "--format at.")

    static let base64URL = Explanation(
        meaning: "A part of the token is not unpadded base64url (RFC 4648 section 5).",
        causes: [
            "The text was cut or joined; a part whose length leaves remainder 1 when divided by 4 cannot "
                + "be whole.",
            "A tool turned - and _ into + and /, or added = at the end.",
            "The serial line lost or changed a character.",
        ],
        remedy: "Read the token from the modem again; do not mend it by hand, because every byte is signed.")

    static let cbor = Explanation(
        meaning: "The bytes are not the strict CBOR (RFC 8949) that a device writes.",
        causes: [
            "The token was cut or a character was changed on the way.",
            "The message has another layout: %CLAIMTOKEN and %KEYINJECT answers are not read by this "
                + "command.",
            "The input was built by a program that uses indefinite lengths, lengths that are not the "
                + "shortest, "
                + "duplicate map keys or trailing bytes.",
            "The self-described CBOR tag 55799 before the message is missing.",
            "A body of commands or responses was cut, or its text is not hexadecimal or base64url throughout.",
        ],
        remedy: "Look at the byte offset in the message, then read the token from the modem again.")

    static let cose = Explanation(
        meaning: "The token's second part is not the COSE_Sign1 structure (RFC 9052) that a device writes.",
        causes: [
            "The COSE tag 18, the four-element array or one of its elements is missing or of another type.",
            "The signature is not 64 bytes long.",
            "The payload does not suit the kind: nil for %ATTESTTOKEN, a byte string for %KEYGEN.",
            "The two halves come from different answers of the modem.",
        ],
        remedy: "Read the token from the modem again; if a program made it, compare its envelope with "
            + "assay-formats(5).")

    static let algorithm = Explanation(
        meaning: "The signature uses an algorithm that is not allowed here or does not suit the key.",
        causes: [
            "Devices sign with ES256 (ECDSA on P-256 with SHA-256) and nothing else; the header names "
                + "another.",
            "The key given is not a P-256 key.",
            "A JWT names none or an HMAC algorithm, which is never accepted, or one that --algorithm did "
                + "not list.",
        ],
        remedy: "Check that the key is the signer's. For a JWT that is meant to use another algorithm, "
            + "name it "
            + "with --algorithm.")

    static let signature = Explanation(
        meaning: "The signature does not verify under the key, in any of the forms that genuine devices use.",
        causes: [
            "The key belongs to another device.",
            "The key is the one that %KEYGEN generated; a token is signed by the device's identity key.",
            "The token or a part of it was changed after it was signed.",
            "The two halves come from different answers of the modem.",
        ],
        remedy: "Compare the device UUID with the one that the key is registered for. If they agree, ask the "
            + "device for a new token; if that fails too, treat the device as not genuine.")

    static let digest = Explanation(
        meaning: "The SHA-256 that the device attests is not that of the CSR or public key before it.",
        causes: [
            "The CSR was decoded and encoded again, which drops the NULL parameters that modems write "
                + "into the "
                + "ECDSA algorithm identifier.",
            "The CSR was replaced by another one.",
            "Halves of two KEYGEN answers were put together.",
            "In a ledger: an entry or a certificate was changed, removed or moved by something else than assay.",
        ],
        remedy: "Use the %KEYGEN answer exactly as the modem printed it. A good signature with a wrong "
            + "digest "
            + "proves nothing about the CSR: do not issue a certificate for it.")

    static let uuidMismatch = Explanation(
        meaning: "Two places that must name the same device name different ones.",
        causes: [
            "A row of the CSV pairs the UUID of one device with the token of another.",
            "The subject of the CSR holds the UUID or IMEI of another device, or looks as if it did: with "
                + "digits of other scripts, braces, or hyphens in other places.",
            "The device was swapped in the fixture between two readings.",
        ],
        remedy:
            "Read UUID and token again from the same device in one go. In a name, write a UUID as 8-4-4-4-12 "
            + "hexadecimal digits with hyphens, and nothing else.")

    static let challengeMismatch = Explanation(
        meaning: "The nonce in the token is not the challenge that was asked for, so the token may be an "
            + "old one.",
        causes: [
            "The token was read before the challenge was set, or with plain AT%ATTESTTOKEN.",
            "The answer belongs to another challenge of the same session.",
            "Somebody presents a recorded token again.",
        ],
        remedy: "Send AT%ATTESTTOKEN=\"<the 32 hex digits>\" to the device and verify that answer.")

    static let nonceReused = Explanation(
        meaning: "A token with this nonce was accepted before, and it was to be accepted once only.",
        causes: [
            "The same file was verified twice with --once.",
            "The same token stands in two rows or two files.",
            "Somebody presents a recorded token again.",
        ],
        remedy: "Ask the device for a new token: each plain AT%ATTESTTOKEN carries a new random nonce.")

    static let unknownKey = Explanation(
        meaning: "No identity key is known for this device, so nothing it says can be verified.",
        causes: [
            "The device is not in the CSV of --keys or in the store of --store.",
            "The keys file is that of another production lot.",
            "The UUID in the keys file is mistyped.",
        ],
        remedy: "Add the device's identity key from a trusted source with assay device add. A key "
            + "computed from "
            + "the token under test would prove nothing.")

    static let keyConflict = Explanation(
        meaning: "The device is known with another identity key; nothing was changed.",
        causes: [
            "Two files name different keys for one UUID.",
            "The key given is a generated client key, not the identity key.",
            "Tokens of two devices carry one UUID, which no two genuine devices share.",
        ],
        remedy: "Compare both keys with the source that you trust (assay device show UUID prints the known "
            + "one). An identity key never changes during a device's life.")

    static let untrustedKey = Explanation(
        meaning: "The key that verifies the token was only observed, and a trusted key was demanded.",
        causes: [
            "The key was learnt from the device's own tokens (assay device learn) and nobody has "
                + "confirmed it.",
            "It was imported with --trust observed.",
        ],
        remedy: "Confirm the key with a trusted source and run assay device trust UUID, or accept observed "
            + "keys with --trust observed where that is your policy.")
}
