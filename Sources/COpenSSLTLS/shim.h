/* libssl's DTLS for Swift: macros that Swift's importer cannot reach, and a BIO that knows datagrams.
 *
 * OpenSSL's memory BIOs join what is written to them, and its datagram BIO wants a socket. The one below reads the one
 * datagram that it was handed and keeps what is written, each write a datagram of its own. */
#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define ASSAY_COOKIE_LENGTH 16

/* What the engines of one thread and OpenSSL hand each other. It outlives every BIO that points to it. */
struct assay_dtls_exchange {
    /* The datagram that came, borrowed for one call; NULL once it was read. */
    const unsigned char *input;
    size_t input_length;
    /* The datagrams that go, each after its length as two octets, big-endian. */
    unsigned char *output;
    size_t output_length;
    size_t output_capacity;
    /* The cookies of the peer whose datagram is in hand, of this period and of the one before (RFC 6347 section 4.2.1). */
    unsigned char cookie[ASSAY_COOKIE_LENGTH];
    unsigned char previous_cookie[ASSAY_COOKIE_LENGTH];
    /* Octets of a datagram in a handshake. */
    long mtu;
    /* Microseconds until the first retransmission. */
    unsigned int first_timeout;
};

static inline struct assay_dtls_exchange *assay_dtls_exchange_of(const SSL *ssl) {
    return (struct assay_dtls_exchange *)BIO_get_data(SSL_get_rbio(ssl));
}

static inline int assay_dtls_bio_write(BIO *bio, const char *data, int length) {
    struct assay_dtls_exchange *exchange = (struct assay_dtls_exchange *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (exchange == NULL || length <= 0 || length > 0xffff) return -1;
    size_t needed = exchange->output_length + 2 + (size_t)length;
    if (needed > exchange->output_capacity) {
        size_t capacity = needed * 2;
        unsigned char *larger = (unsigned char *)realloc(exchange->output, capacity);
        if (larger == NULL) return -1;
        exchange->output = larger;
        exchange->output_capacity = capacity;
    }
    unsigned char *place = exchange->output + exchange->output_length;
    place[0] = (unsigned char)(length >> 8);
    place[1] = (unsigned char)length;
    memcpy(place + 2, data, (size_t)length);
    exchange->output_length = needed;
    return length;
}

static inline int assay_dtls_bio_read(BIO *bio, char *data, int length) {
    struct assay_dtls_exchange *exchange = (struct assay_dtls_exchange *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (exchange == NULL || exchange->input == NULL || length <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    /* What does not fit is lost, as a socket would have it. */
    size_t count = exchange->input_length < (size_t)length ? exchange->input_length : (size_t)length;
    memcpy(data, exchange->input, count);
    exchange->input = NULL;
    exchange->input_length = 0;
    return (int)count;
}

static inline long assay_dtls_bio_control(BIO *bio, int command, long number, void *pointer) {
    struct assay_dtls_exchange *exchange = (struct assay_dtls_exchange *)BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
    case BIO_CTRL_DGRAM_SET_PEER:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return exchange == NULL ? 0 : exchange->mtu;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return 28;
    default:
        return 0;
    }
}

static inline int assay_dtls_bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

/* NULL where memory is exhausted. */
static inline BIO_METHOD *assay_dtls_bio_method_new(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "one datagram");
    if (method == NULL) return NULL;
    if (BIO_meth_set_write(method, assay_dtls_bio_write) == 1 && BIO_meth_set_read(method, assay_dtls_bio_read) == 1 &&
        BIO_meth_set_ctrl(method, assay_dtls_bio_control) == 1 &&
        BIO_meth_set_create(method, assay_dtls_bio_create) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* The first wait is ours, each further one twice as long, at most a minute (RFC 6347 section 4.2.4.1). */
static inline unsigned int assay_dtls_timer(SSL *ssl, unsigned int last) {
    struct assay_dtls_exchange *exchange = assay_dtls_exchange_of(ssl);
    if (last == 0) return exchange == NULL ? 1000000 : exchange->first_timeout;
    return last >= 30000000 ? 60000000 : last * 2;
}

/* A connection of the context over an exchange; NULL where memory is exhausted. */
static inline SSL *assay_dtls_new(SSL_CTX *context, const BIO_METHOD *method, struct assay_dtls_exchange *exchange) {
    SSL *ssl = SSL_new(context);
    BIO *bio = ssl == NULL ? NULL : BIO_new(method);
    if (bio == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    BIO_set_data(bio, exchange);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl, exchange->mtu);
    DTLS_set_timer_cb(ssl, assay_dtls_timer);
    return ssl;
}

static inline int assay_dtls_make_cookie(SSL *ssl, unsigned char *cookie, unsigned int *length) {
    struct assay_dtls_exchange *exchange = assay_dtls_exchange_of(ssl);
    if (exchange == NULL) return 0;
    memcpy(cookie, exchange->cookie, ASSAY_COOKIE_LENGTH);
    *length = ASSAY_COOKIE_LENGTH;
    return 1;
}

static inline int assay_dtls_check_cookie(SSL *ssl, const unsigned char *cookie, unsigned int length) {
    struct assay_dtls_exchange *exchange = assay_dtls_exchange_of(ssl);
    if (exchange == NULL || length != ASSAY_COOKIE_LENGTH) return 0;
    return CRYPTO_memcmp(cookie, exchange->cookie, ASSAY_COOKIE_LENGTH) == 0 ||
           CRYPTO_memcmp(cookie, exchange->previous_cookie, ASSAY_COOKIE_LENGTH) == 0;
}

/* What server and client have in common: DTLS 1.2 alone, these suites, key exchange on P-256 or X25519. */
static inline int assay_dtls_restrict(SSL_CTX *context, const char *suites) {
    /* 112 bits: lets the modem's CBC suites with HMAC-SHA1 through, but no RSA key below 2,048 bits. Set here because the
     * file openssl.cnf may say otherwise. */
    SSL_CTX_set_security_level(context, 2);
    /* With encrypt-then-MAC (RFC 7366) libssl 3.0 ends the session at the first record with a wrong MAC, where RFC 6347
     * section 4.1.2.7 wants it dropped: whoever knows a device's address could cut it off. Without, it drops. */
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_ENCRYPT_THEN_MAC);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, suites) == 1 && SSL_CTX_set1_groups_list(context, "P-256:X25519") == 1;
}

/* The server's cookies, and the sessions that it resumes by their id. */
static inline int assay_dtls_serve(SSL_CTX *context, const unsigned char *name, unsigned int length, long sessions, long lifetime) {
    SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_cookie_generate_cb(context, assay_dtls_make_cookie);
    SSL_CTX_set_cookie_verify_cb(context, assay_dtls_check_cookie);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, sessions);
    SSL_CTX_set_timeout(context, lifetime);
    /* Libssl takes room for what a message says of its length, of the next ten messages of a handshake. No client sends a
     * certificate: 18 kB each is the least that it can be told. */
    SSL_CTX_set_max_cert_list(context, 1024);
    return SSL_CTX_set_session_id_context(context, name, length);
}

/* SSL_CTX_add1_chain_cert and SSL_set_tlsext_host_name are macros. */
static inline int assay_dtls_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int assay_dtls_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, (char *)name);
}

/* Microseconds until OpenSSL would send its last flight again; -1 where nothing is under way. */
static inline int64_t assay_dtls_timeout(SSL *ssl) {
    struct timeval left;
    if (DTLSv1_get_timeout(ssl, &left) != 1) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

/* Whether the peer's ChangeCipherSpec has come: from now on libssl reads what is under the new keys, and keeps none of it
 * for later. */
static inline int assay_dtls_reads_sealed(const SSL *ssl) { return SSL_get_state(ssl) == TLS_ST_SR_CHANGE; }

static inline int assay_dtls_handle_timeout(SSL *ssl) { return (int)DTLSv1_handle_timeout(ssl); }

static const int assay_dtls_filetype_der = SSL_FILETYPE_ASN1;
