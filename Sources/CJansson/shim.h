#pragma once
#include <jansson.h>
#include <string.h>

// json_typeof is a macro with an argument, which Swift does not import.
static inline json_type assay_json_type(const json_t *value) { return json_typeof(value); }

// The inline function json_error_code and the enumeration json_error_code share one name.
static inline int assay_json_error_code(const json_error_t *error) { return (int)json_error_code(error); }
