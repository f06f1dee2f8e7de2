#ifndef REGRESS_DARWIN_SANDBOX_H
#define REGRESS_DARWIN_SANDBOX_H
/*
 * What ringletd/seal-darwin.c needs of macOS's <sandbox.h>, so that it can be
 * compiled, and its logic tested, on other systems: test_seal_darwin.c.
 */

#include <stdint.h>

/*
 * Puts this process under a profile for good: with flags 0, one in the
 * profile language.  0; or -1 and *error, which sandbox_free_error() frees.
 */
int sandbox_init(const char *profile, uint64_t flags, char **error);
void sandbox_free_error(char *error);

#endif /* REGRESS_DARWIN_SANDBOX_H */
