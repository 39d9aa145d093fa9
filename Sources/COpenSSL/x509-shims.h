/* What Swift cannot call of OpenSSL's X.509 headers: macros, the STACK_OF accessors (macros over casts), and
 * a verify callback, which has to be a C function. */
#pragma once
#include <stdint.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* Seconds since 1970; ASN1_TIME_to_tm would need timegm, which counts in the C library's time_t. */
static inline int assay_time_seconds(const ASN1_TIME *time, int64_t *seconds) {
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int rest = 0;
    int ok = epoch != NULL && time != NULL && ASN1_TIME_diff(&days, &rest, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    *seconds = ok ? (int64_t)days * 86400 + rest : 0;
    return ok;
}

/* XN_FLAG_RFC2253 is a macro of macros. */
static inline int assay_print_name(BIO *output, const X509_NAME *name) {
    return X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253);
}

static inline int assay_general_names_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}
static inline GENERAL_NAME *assay_general_name(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}
static inline int assay_purposes_count(const EXTENDED_KEY_USAGE *purposes) {
    return sk_ASN1_OBJECT_num(purposes);
}
static inline ASN1_OBJECT *assay_purpose(const EXTENDED_KEY_USAGE *purposes, int index) {
    return sk_ASN1_OBJECT_value(purposes, index);
}

typedef STACK_OF(X509) AssayCertificates;
static inline AssayCertificates *assay_certificates_new(void) { return sk_X509_new_null(); }
static inline void assay_certificates_free(AssayCertificates *list) { sk_X509_pop_free(list, X509_free); }
static inline int assay_certificates_count(const AssayCertificates *list) { return sk_X509_num(list); }
static inline X509 *assay_certificate(const AssayCertificates *list, int index) {
    return sk_X509_value(list, index);
}
/* The list takes its own reference. */
static inline int assay_certificates_add(AssayCertificates *list, X509 *certificate) {
    if (X509_up_ref(certificate) != 1) return 0;
    if (sk_X509_push(list, certificate) > 0) return 1;
    X509_free(certificate);
    return 0;
}

/* Whether `issuer` stands after `x` in the path that the context was given: the leaf, the untrusted certificates in their
 * order, the store's only certificate. libcrypto then builds this path or none. */
static inline int assay_path_goes_on(X509_STORE_CTX *context, X509 *x, X509 *issuer) {
    if (x != issuer) {
        const AssayCertificates *path = X509_STORE_CTX_get0_untrusted(context);
        int count = sk_X509_num(path) > 0 ? sk_X509_num(path) : 0;
        int next = x == X509_STORE_CTX_get0_cert(context) ? 0 : -1;
        int offered = -1;
        for (int i = 0; i < count; i++) {
            if (sk_X509_value(path, i) == x) next = i + 1;
            if (sk_X509_value(path, i) == issuer) offered = i;
        }
        if (next < 0 || offered != (next < count ? next : -1)) return 0;
    }
    return X509_check_issued(issuer, x) == X509_V_OK;
}
static inline void assay_follow_path(X509_STORE *store) { X509_STORE_set_check_issued(store, assay_path_goes_on); }

/* Whether an extension that libcrypto knows decodes to the last octet; X509V3_EXT_d2i overlooks a rest. */
static inline int assay_extension_is_sound(X509_EXTENSION *extension) {
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
    if (method == NULL) return 1;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
    const unsigned char *start = ASN1_STRING_get0_data(value);
    const unsigned char *cursor = start;
    long length = ASN1_STRING_length(value);
    if (method->it != NULL) {
        ASN1_VALUE *body = ASN1_item_d2i(NULL, &cursor, length, ASN1_ITEM_ptr(method->it));
        if (body == NULL) return 0;
        ASN1_item_free(body, ASN1_ITEM_ptr(method->it));
    } else {
        void *body = method->d2i(NULL, &cursor, length);
        if (body == NULL) return 0;
        method->ext_free(body);
    }
    return cursor == start + length;
}

/* Whether name constraints, if there are any, constrain something (RFC 5280 section 4.2.1.10). */
static inline int assay_name_constraints_are_empty(const X509 *certificate) {
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(certificate, NID_name_constraints, NULL, NULL);
    int empty = constraints != NULL && sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) <= 0 &&
                sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) <= 0;
    NAME_CONSTRAINTS_free(constraints);
    return empty;
}
