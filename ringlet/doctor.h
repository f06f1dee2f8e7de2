#ifndef DOCTOR_H
#define DOCTOR_H
/*
 * What `ringlet doctor` looks at.  A check says a line for what it has found,
 * changes nothing, starts nothing, and goes on where something fails.
 *
 *	cmd_doctor.c	the command
 *	doctor-files.c	folders and files
 *	doctor-system.c	what the machine has to offer
 *	doctor-daemon.c	what only the daemon knows
 *	doctor-keys.c	keychains, and keys that do not fit
 *	doctor-place.c	containers, logins, what a bare system lacks
 *	doctor-rules.c	the policy, the registry, hooks that wait
 */

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "ringlet.h"
#include "strlist.h"

enum verdict { FINE, WARN, FAIL };

struct doctor {
	struct cli *cli;
	const struct args *args;
	struct conf conf; /* the settings, or the defaults where they fail */
	json_t *checks;
	json_t *orphans;
	json_t *missing;
	struct strlist agents, providers; /* ids of those that there are */
	unsigned failed;
	bool runs;	    /* the daemon, and it is connected */
	size_t hooks, idle; /* of all profiles, and those that do not run */
	uint64_t sandboxer; /* its process, 0: not known */
};

/*
 * One line: what is looked at, and what was found there; for anything but
 * FINE with what to do about it behind a colon.
 */
void doctor_say(struct doctor *, enum verdict, const char *what,
    const char *fmt, ...) __attribute__((__format__(printf, 4, 5)));
/*
 * Asks the daemon, which runs: true and *m for msg_clear(), or says why not.
 */
bool doctor_ask(struct doctor *, uint16_t type, const void *body, uint16_t want,
    const char *what, struct msg *m);

/* doctor-files.c */
void doctor_folders(struct doctor *);
void doctor_settings(struct doctor *);
void doctor_files(struct doctor *);
void doctor_profile_files(struct doctor *);
void doctor_leftovers(struct doctor *);
void doctor_shims(struct doctor *);

/* doctor-system.c */
void doctor_user(struct doctor *);
void doctor_programs(struct doctor *);
void doctor_kernel(struct doctor *);
void doctor_namespaces(struct doctor *);
void doctor_jail(struct doctor *);
void doctor_bus(struct doctor *);

/* doctor-daemon.c */
void doctor_daemon(struct doctor *); /* connects; the next ones need that */
void doctor_status(struct doctor *);
void doctor_cgroup(struct doctor *);
void doctor_manifests(struct doctor *); /* before doctor_profiles() */
void doctor_profiles(struct doctor *);
/* Where no daemon runs: whether it could listen, and what one has left. */
void doctor_without(struct doctor *);

/* doctor-place.c */
void doctor_place(struct doctor *);
void doctor_login(struct doctor *);
/* What kind of container this is in; NULL: in none. */
const char *doctor_container(void);
/* Whether a process of this user listens on that TCP port. */
bool doctor_port_is_ours(unsigned port);

/* doctor-keys.c */
void doctor_keychains(struct doctor *);

/* doctor-rules.c */
void doctor_policy(struct doctor *); /* after doctor_daemon() */
void doctor_registry(struct doctor *);
void doctor_hooks(struct doctor *);

#endif /* DOCTOR_H */
