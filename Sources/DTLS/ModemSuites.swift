/// The cipher suites of the nRF91's modem that authenticate by certificate, as OpenSSL calls them.
///
/// The modem also has suites with pre-shared keys, which need a key on both sides. CCM-8 with certificates it has not.
public enum ModemSuites {
    /// With a P-256 certificate: C02B, C024, C023, C00A and C009.
    public static let ecdsa = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA",
    ]
    /// With an RSA certificate: C030, C02F, C027, C014 and C013.
    public static let rsa = [
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256",
        "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA",
    ]
}
