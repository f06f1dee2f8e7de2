#ifndef REGRESS_UNIT_BPFSIM_H
#define REGRESS_UNIT_BPFSIM_H
/*
 * The kernel's judgement of a seccomp program, for programs that this machine
 * cannot load: those of another architecture.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* More than any word that a program returns. */
#define BPFSIM_BROKEN UINT64_C(0x100000000)

/*
 * What the program of n words says to that call: a SECCOMP_RET_*, or
 * BPFSIM_BROKEN for a program that the kernel would not load.
 */
uint64_t bpfsim_run(
    const struct sock_filter *prog, size_t n, const struct seccomp_data *);

#endif /* REGRESS_UNIT_BPFSIM_H */
