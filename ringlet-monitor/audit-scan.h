#ifndef AUDIT_SCAN_H
#define AUDIT_SCAN_H
/*
 * The whole audit log, checked beside everything else that the monitor does:
 * a piece a turn of the loop.
 */

#include <sys/types.h>

#include "audit-files.h"
#include "audit-verify.h"

struct audit_scan;
struct loop;

/* result is the callee's until it returns; v is for audit_verify_free(). */
typedef void (*audit_scan_cb)(void *arg, struct audit_verify *v);

/*
 * Checks files, which are those before fd in the folder dir, and the first size
 * bytes of fd, with v, which it hands to cb once all are read; never before
 * this returns.  Takes files and the descriptors, which may be -1.  What cannot
 * be read is a finding.
 */
struct audit_scan *audit_scan_start(struct loop *, int dir,
    struct audit_files *files, int fd, off_t size, struct audit_verify *v,
    audit_scan_cb cb, void *arg);
/* Forgets it; cb is not called. */
void audit_scan_cancel(struct audit_scan *);

#endif /* AUDIT_SCAN_H */
