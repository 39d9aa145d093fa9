/* What Swift cannot call of OpenSSL's X.509 headers: macros and STACK_OF accessors. */
#pragma once
#include <openssl/x509.h>
#include <openssl/x509v3.h>
