/* libcrypto for Swift. Each function below exists because Swift's importer cannot reach the original:
 * macros with arguments, variadic functions, and OSSL_PARAM arrays (whose entries keep the pointers they
 * are given, so they must not be built from Swift's temporary C strings). */
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* Variadic EVP_PKEY_Q_keygen: an EC key on the named curve. */
static inline EVP_PKEY *assay_generate_ec(const char *curve) { return EVP_EC_gen(curve); }

static inline EVP_PKEY *assay_generate_ed25519(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline EVP_PKEY *assay_generate_rsa(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

/* A P-256 public key from a 65-byte uncompressed point; EVP_PKEY_fromdata keeps no pointer of ours. */
static inline EVP_PKEY *assay_p256_public_key(const unsigned char *point, size_t length) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0);
    parameters[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, length);
    parameters[2] = OSSL_PARAM_construct_end();
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* An EC key from a private scalar; the public point is computed by the caller and must match. */
static inline EVP_PKEY *assay_p256_private_key(const unsigned char *scalar, const unsigned char *point) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *number = BN_secure_new();
    if (builder != NULL && number != NULL && BN_bin2bn(scalar, 32, number) != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 65) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        (context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters);
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    BN_clear_free(number);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/* X and Z of a point's Jacobian coordinates (x = X/Z², not in Montgomery form). Deprecated since 3.0, where nothing
 * else tells Z; without it the affine x stands in, which costs an inversion. */
static inline int assay_ec_point_get_jacobian_x_z(
    const EC_GROUP *group, const EC_POINT *point, BIGNUM *x, BIGNUM *z, BN_CTX *context) {
#if OPENSSL_VERSION_MAJOR < 4
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return EC_POINT_get_Jprojective_coordinates_GFp(group, point, x, NULL, z, context);
#pragma GCC diagnostic pop
#else
    return EC_POINT_get_affine_coordinates(group, point, x, NULL, context) == 1 && BN_one(z) == 1;
#endif
}

/* Macros over EVP_PKEY_CTX_ctrl. */
static inline int assay_set_rsa_pss(EVP_PKEY_CTX *context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* EVP_PKEY_get_base_id and the EVP_PKEY_* identifiers are macros in places. */
static inline int assay_key_id(const EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }
static const int assay_key_id_ec = EVP_PKEY_EC;
static const int assay_key_id_rsa = EVP_PKEY_RSA;
static const int assay_key_id_rsa_pss = EVP_PKEY_RSA_PSS;
static const int assay_key_id_ed25519 = EVP_PKEY_ED25519;

/* PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA256 (RFC 8018 §6.2) around a PKCS#8 PrivateKeyInfo. Written out
 * because PEM_write_bio_PKCS8PrivateKey has no way to set the iteration count. */
static inline X509_SIG *assay_pkcs8_encrypt(
    PKCS8_PRIV_KEY_INFO *info, const char *passphrase, int length, int iterations, unsigned char *salt,
    int salt_length) {
    X509_ALGOR *scheme =
        PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), iterations, salt, salt_length, NULL, NID_hmacWithSHA256);
    if (scheme == NULL) return NULL;
    X509_SIG *sealed = PKCS8_set0_pbe(passphrase, length, info, scheme);
    if (sealed == NULL) X509_ALGOR_free(scheme);
    return sealed;
}

/* The passphrase callback of the PEM readers, handing over a buffer of known length (it may hold NUL). */
struct assay_passphrase {
    const unsigned char *bytes;
    int length;
    int asked; /* set when OpenSSL wanted a passphrase */
};

static inline int assay_passphrase_callback(char *buffer, int size, int writing, void *user) {
    (void)writing;
    struct assay_passphrase *passphrase = (struct assay_passphrase *)user;
    passphrase->asked = 1;
    if (passphrase->bytes == NULL || passphrase->length > size) return -1;
    for (int i = 0; i < passphrase->length; i++) buffer[i] = (char)passphrase->bytes[i];
    return passphrase->length;
}

static inline EVP_PKEY *assay_read_private_key(BIO *input, struct assay_passphrase *passphrase) {
    return PEM_read_bio_PrivateKey(input, NULL, assay_passphrase_callback, passphrase);
}

/* The unencrypted half of a PKCS#8 PEM file. */
static inline int assay_write_pkcs8_plain(BIO *output, const EVP_PKEY *key) {
    return PEM_write_bio_PKCS8PrivateKey(output, key, NULL, NULL, 0, NULL, NULL);
}

/* BIO_get_mem_data and BIO_set_mem_eof_return are macros. */
static inline long assay_bio_memory(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

/* A memory BIO in secure memory where OpenSSL has it; private keys pass through it. */
static inline BIO *assay_secure_memory_bio(void) { return BIO_new(BIO_s_secmem()); }
