#include "assay_build.h"

// A file of its own and not a flag: a flag that changes with each commit would compile everything again. `make release`
// writes it (scripts/write-commit); debug builds leave it out, so that the same sources always make the same program.
#if !defined(DEBUG) && __has_include("../../.build-release/commit.h")
#include "../../.build-release/commit.h"
#else
#define ASSAY_COMMIT 0
#endif

const char *assay_build_commit(void) { return ASSAY_COMMIT; }
