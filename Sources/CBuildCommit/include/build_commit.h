#ifndef BUILD_COMMIT_H
#define BUILD_COMMIT_H

#ifdef __cplusplus
extern "C" {
#endif

/// The commit that was checked out when this was compiled, in hexadecimal digits; empty where there is no checkout, as
/// in a release's archive.
const char *_Nonnull build_commit(void);

#ifdef __cplusplus
}
#endif

#endif
