#pragma once

/// The commit that the program was built from, in lower-case hexadecimal, with "-modified" after it where files differed
/// from it; NULL for a build that `make` was not asked for.
const char *assay_build_commit(void);
