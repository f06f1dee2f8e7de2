/*
 * A classic BPF machine, as far as seccomp allows one: see bpfsim.h.  Jumps
 * only go forwards, so that it ends.
 */

#include "config.h"

#include <string.h>

#include "bpfsim.h"

#define MEMWORDS BPF_MEMWORDS

struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t mem[MEMWORDS];
};

/* One word of the call's record; the kernel takes aligned ones alone. */
static int
load(const struct seccomp_data *data, uint32_t off, uint32_t *out)
{
	if (off % sizeof(*out) != 0 || off > sizeof(*data) - sizeof(*out))
		return -1;
	memcpy(out, (const char *)data + off, sizeof(*out));
	return 0;
}

static int
compute(struct machine *m, const struct sock_filter *f)
{
	uint32_t by = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_AND:
		m->a &= by;
		return 0;
	case BPF_OR:
		m->a |= by;
		return 0;
	case BPF_XOR:
		m->a ^= by;
		return 0;
	case BPF_ADD:
		m->a += by;
		return 0;
	case BPF_SUB:
		m->a -= by;
		return 0;
	default:
		return -1;
	}
}

static int
holds(const struct machine *m, const struct sock_filter *f, int *yes)
{
	uint32_t with = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		*yes = m->a == with;
		return 0;
	case BPF_JGT:
		*yes = m->a > with;
		return 0;
	case BPF_JGE:
		*yes = m->a >= with;
		return 0;
	case BPF_JSET:
		*yes = (m->a & with) != 0;
		return 0;
	default:
		return -1;
	}
}

uint64_t
bpfsim_run(
    const struct sock_filter *prog, size_t n, const struct seccomp_data *data)
{
	struct machine m = { 0, 0, { 0 } };
	const struct sock_filter *f;
	size_t pc;
	int yes;

	for (pc = 0; pc < n; pc++) {
		f = &prog[pc];
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (load(data, f->k, &m.a) != 0)
				return BPFSIM_BROKEN;
			continue;
		case BPF_LD | BPF_IMM:
			m.a = f->k;
			continue;
		case BPF_LDX | BPF_IMM:
			m.x = f->k;
			continue;
		case BPF_MISC | BPF_TAX:
			m.x = m.a;
			continue;
		case BPF_MISC | BPF_TXA:
			m.a = m.x;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			if (f->k >= n)
				return BPFSIM_BROKEN;
			pc += f->k;
			continue;
		default:
			break;
		}
		switch (BPF_CLASS(f->code)) {
		case BPF_ALU:
			if (compute(&m, f) != 0)
				return BPFSIM_BROKEN;
			break;
		case BPF_JMP:
			if (holds(&m, f, &yes) != 0)
				return BPFSIM_BROKEN;
			pc += yes ? f->jt : f->jf;
			break;
		case BPF_ST:
			if (f->k >= MEMWORDS)
				return BPFSIM_BROKEN;
			m.mem[f->k] = m.a;
			break;
		case BPF_LD:
			if (BPF_MODE(f->code) != BPF_MEM || f->k >= MEMWORDS)
				return BPFSIM_BROKEN;
			m.a = m.mem[f->k];
			break;
		default:
			return BPFSIM_BROKEN;
		}
	}
	return BPFSIM_BROKEN;
}
