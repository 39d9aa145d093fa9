// PEM, DER, certificate requests, certificates and the CA's own rules.

extension Explanation {
    static let pem = Explanation(
        meaning: "The text is not the PEM (RFC 7468) that was expected here.",
        causes: [
            "The BEGIN or END line is missing, differs or carries another label, for example a certificate "
                + "where a key is needed.",
            "The base64 between the lines is damaged.",
            "Line ends: some modem firmware answers CME ERROR 527 to a certificate with CR LF line ends or "
                + "without a newline at its end.",
        ],
        remedy: "Check which file this is with openssl asn1parse -in FILE; for a modem, write PEM with LF "
            + "and "
            + "a final newline.")

    static let der = Explanation(
        meaning: "The bytes are not the strict DER (X.690) of the structure that was expected.",
        causes: [
            "The file is cut or damaged.",
            "It holds another structure: a certificate instead of a request, a private key instead of a "
                + "public one.",
            "The encoder used BER: indefinite lengths or lengths that are not the shortest.",
        ],
        remedy: "Look at the structure with openssl asn1parse -inform DER -in FILE. NULL parameters in "
            + "the ECDSA "
            + "algorithm identifier are accepted, because modems write them.")

    static let csrSignature = Explanation(
        meaning: "The request's own signature does not verify, so its sender has not proved to hold the key.",
        causes: [
            "The request was edited after it was signed.",
            "The subject or the key was replaced by a tool that cannot sign for the device.",
            "The file is damaged.",
        ],
        remedy: "Generate the key and the request again (AT%KEYGEN with the modem offline, or assay csr "
            + "create).")

    static let csrKey = Explanation(
        meaning: "The request's public key is not of a kind or strength that this CA certifies.",
        causes: [
            "The profile allows other key types; device profiles allow P-256, which is all that modems "
                + "generate.",
            "An RSA key is too short.",
            "The point is not on its curve, or is encoded in a form other than uncompressed.",
            "A private key is in the file of the request: whoever has the file has the key.",
        ],
        remedy: "Look at the key with assay csr inspect FILE, then generate a key of an allowed type. "
            + "A private key that was sent along is disclosed: make a new one where it is used, and send the "
            + "request alone.")

    static let csrSubject = Explanation(
        meaning: "The request's subject cannot become the subject of a certificate.",
        causes: [
            "There is no common name, or there are several.",
            "The common name is not the device UUID or nrf-IMEI that the profile demands.",
            "It has an attribute that the profile does not allow, or lacks one that it demands.",
            "It contains control characters, or characters that nobody sees: of no width, no-break spaces, "
                + "marks of direction.",
            "It is longer than 64 characters (RFC 5280, ub-common-name).",
        ],
        remedy: "Give %KEYGEN the attributes that you want (\"CN=…\"), or let the CA name the device with "
            + "--subject-from uuid.")

    static let csrExtension = Explanation(
        meaning: "The request demands an extension that is not known here: it is marked critical, so that "
            + "nobody may pass over it.",
        causes: [
            "A tool put an extension of its own into the request and marked it critical.",
            "The request was made for another kind of CA.",
        ],
        remedy:
            "Leave the extension out of the request, or do not mark it critical. Requested extensions are "
            + "never copied into a certificate: the profile decides, and what was asked for and not given "
            + "stands in the notes of the result.")

    static let keyReused = Explanation(
        meaning: "This public key was already certified for another device.",
        causes: [
            "One CSR file was copied over another.",
            "A key pair was made once on a computer and written to several devices.",
            "The CA's own key was presented as a device's.",
        ],
        remedy: "Generate a key on the device itself with AT%KEYGEN; a private key must exist in one place.")

    static let nameTaken = Explanation(
        meaning: "The name belongs to another device under this CA.",
        causes: [
            "A certificate of this CA, of whatever profile, gives the name to another device, which vouched "
                + "for its key. It may have expired or be revoked: names do not pass from device to device.",
            "The name holds an IMEI that is registered for another device.",
            "The two names differ in case, spaces or characters that look alike, or in attributes other "
                + "than CN, serialNumber and UID.",
        ],
        remedy: "Find the holder with assay ca show SERIAL. Give the device its own name: its UUID "
            + "(--subject-from uuid) or its own IMEI. If the registry has the IMEI of the wrong device, "
            + "mend the registry.")

    static let issuerInvalid = Explanation(
        meaning: "The CA's certificate cannot sign what was asked.",
        causes: [
            "Its basicConstraints or keyUsage extension does not make it a CA that signs certificates or "
                + "CRLs.",
            "It has expired or is not valid yet.",
            "Its path length leaves no room for another CA below it.",
        ],
        remedy: "Look at it with assay cert inspect DIR/ca.crt. Renew the CA or choose the right one with "
            + "--ca.")

    static let issuerKeyMismatch = Explanation(
        meaning: "The CA's private key does not belong to the CA's certificate.",
        causes: [
            "The certificate and key of two CAs were mixed; the nRF Cloud utilities write *_ca.pem and "
                + "*_prv.pem "
                + "with a common prefix.",
            "The CA was renewed with a new key and only one file was replaced.",
        ],
        remedy: "Find the pair: assay key inspect on the key and assay cert inspect on the certificate "
            + "must show "
            + "the same kid.")

    static let ledgerMismatch = Explanation(
        meaning:
            "The file that a CA's ca.json names is not the ledger of this CA: it has another id, or is no ledger.",
        causes: [
            "ca.json was edited, or copied from the folder of another CA.",
            "The ledger of another CA, or a store of devices, was put in the place of this one.",
            "A folder of the first version, before ca.json: its issuances are in a store, out of which assay ca "
                + "ledger attach makes the ledger.",
        ],
        remedy:
            "Put the CA's own ledger back; never edit the id, because a CA that issues with another ledger "
            + "does not know what it issued before. The id tells ledgers apart, not states of one: a backup that was "
            + "restored, or a copied CA folder, has the same id and does not know what was issued since. Two copies "
            + "that both issue grow apart. What tells them apart is a checkpoint that is kept elsewhere: assay ledger "
            + "verify --checkpoint.")

    static let validity = Explanation(
        meaning: "A period of validity does not hold: it is over, not begun, or not one that may be issued.",
        causes: [
            "The certificate or CRL has expired or is not valid yet at the time in question.",
            "The end asked for lies beyond the end of the CA's own certificate or of what the profile "
                + "allows.",
            "The clock of this machine is wrong.",
        ],
        remedy: "Check the clock and the dates; give another time with --at, or fewer days with --days.")

    static let profile = Explanation(
        meaning: "The certificate profile does not exist, is not well formed or forbids what was asked.",
        causes: [
            "The name given with --profile is not in the CA's profiles.json.",
            "profiles.json has an unknown member or a value out of range, or its certificates would break a "
                + "rule of RFC 5280.",
            "An option asks for more than the profile allows: days, a path length, another subject.",
            "The certificate was issued while the profile was otherwise, and was audited since.",
        ],
        remedy:
            "Compare --profile with the names in the CA folder's profiles.json; man assay-formats describes "
            + "its members. Give new rules a new name instead of editing a profile that was used.")

    static let lint = Explanation(
        meaning: "The certificate breaks a rule of RFC 5280 or of the profile, so it was not accepted or "
            + "not signed.",
        causes: [
            "An extension is missing, doubled or marked critical when it must not be.",
            "The serial number is zero, negative or longer than 20 octets.",
            "The certificate would be longer as PEM than the profile allows.",
            "An interrupted run drafted it under a profile that was edited since.",
            "Another tool issued the certificate: those of create_device_credentials carry no extensions "
                + "at all.",
        ],
        remedy: "The message names the rule. For a certificate of this CA, mend the profile; for "
            + "another's, have "
            + "it issued again.")

    static let notAttested = Explanation(
        meaning: "Only a key for which a device vouches may be certified so, and no device vouches for this "
            + "one.",
        causes: [
            "The request names a device of the registry, by UUID or IMEI, which gets such a name on its own "
                + "word alone.",
            "The input is a bare CSR; only the whole %KEYGEN answer carries the device's signature.",
            "The device's identity key is not known, so the attestation could not be verified.",
            "The attestation was verified and did not hold.",
        ],
        remedy: "Give the %KEYGEN answer as the modem printed it, and the identity key with --keys or "
            + "--store.")

    static let revoked = Explanation(
        meaning: "The certificate was revoked by its issuer.",
        causes: [
            "The device was scrapped, returned or lost.",
            "The certificate was replaced by a newer one of the same device.",
        ],
        remedy: "assay ca show SERIAL says when and why. Issue a new certificate for a new key if the "
            + "device is "
            + "to go on.")

    static let keyMismatch = Explanation(
        meaning: "The private key is not that of the certificate: nobody can use them together.",
        causes: [
            "Files of two devices were mixed up.",
            "The key was generated anew after the certificate was issued.",
            "The certificate of a CA stands first in the file, before the device's own.",
        ],
        remedy:
            "assay key inspect shows the kid of a key and of a certificate: they have to be equal. Issue a new certificate "
            + "for the key that is in use.")

    static let clientID = Explanation(
        meaning:
            "The client id and the certificate's common name are not one, or are no id that a service takes.",
        causes: [
            "The firmware connects as nrf-IMEI and the certificate was issued for the UUID, or the other way round.",
            "The name differs in capitals or has an invisible character.",
            "The certificate has no common name, or several.",
        ],
        remedy:
            "Issue the certificate for the id that the firmware uses, or configure the firmware to use the common name."
    )

    static let chain = Explanation(
        meaning: "No chain leads from the certificate to a CA that is trusted here.",
        causes: [
            "An intermediate certificate is missing.",
            "The file of --ca is not the CA that issued it, or is an older one with the same name.",
            "A certificate in between is not a CA, breaks a path length or a name constraint, or is not "
                + "meant "
                + "for this purpose.",
        ],
        remedy: "Give the certificates in between with --intermediates and the root with --ca; compare "
            + "issuer "
            + "names and key identifiers with assay cert inspect.")
}
