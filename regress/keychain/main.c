/*
 * conform: what every keychain must do, tried on those that this system has.
 *
 * usage: conform [-l] [STORE]...
 *
 * STORE is memory, vault, keychain (that of macOS, on a Security.framework of
 * the test's own) or secret-service; without one, all but the last, which
 * needs a session bus with a provider whose keyring is open.  -l tries only
 * what a locked store must do; whoever runs this has locked it.  Prints a line
 * for each claim; the status is 1 if one failed.
 */
#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"
#include "err.h"
#include "fake-security.h"
#include "secret.h"

static uint8_t vault_key[KC_VAULT_KEY_LEN];

static void
lock_memory(struct conform_store *s)
{
	memory_lock(1);
}

static void
unlock_memory(struct conform_store *s)
{
	memory_lock(0);
}

static void
lock_vault(struct conform_store *s)
{
	s->reach.vault_key = NULL;
}

static void
unlock_vault(struct conform_store *s)
{
	s->reach.vault_key = vault_key;
}

static void
lock_darwin(struct conform_store *s)
{
	fake_security_lock(1);
}

static void
unlock_darwin(struct conform_store *s)
{
	fake_security_lock(0);
}

static struct conform_store stores[] = {
	{ &keychain_memory, { .vault = "" }, lock_memory, unlock_memory },
	{ &keychain_vault, { .vault = "" }, lock_vault, unlock_vault },
	{ &keychain_darwin, { .vault = "" }, lock_darwin, unlock_darwin },
	{ &keychain_secret_service, { .vault = "", .command = true }, NULL,
	    NULL },
};

#define NSTORES (sizeof(stores) / sizeof(stores[0]))

/* Runs the claims on a vault in a folder of its own. */
static unsigned
run_vault(struct conform_store *s)
{
	char folder[] = "/tmp/ringlet-conform.XXXXXX", path[64], other[80];
	char why[512] = "";
	unsigned failed = 1;

	if (mkdtemp(folder) == NULL)
		return failed;
	snprintf(path, sizeof(path), "%s/vault", folder);
	s->reach.vault = path;
	if (s->backend->make(
		&s->reach, "pass", 4, vault_key, why, sizeof(why)) == RL_OK) {
		s->reach.vault_key = vault_key;
		failed = conform_open(s);
	} else
		printf("not ok a vault is made: %s\n", why);
	(void)unlink(path);
	snprintf(other, sizeof(other), "%s.lock", path);
	(void)unlink(other);
	if (rmdir(folder) == -1) {
		printf("not ok the vault leaves nothing beside it\n");
		failed++;
	}
	return failed;
}

static unsigned
run(struct conform_store *s, int locked)
{
	unsigned failed;

	printf("# %s\n", s->backend->name);
	if (locked)
		return conform_locked(s);
	if (s->backend == &keychain_vault)
		return run_vault(s);
	failed = conform_open(s);
	if (s->backend == &keychain_darwin)
		failed += fake_security_judge();
	return failed;
}

int
main(int argc, char **argv)
{
	unsigned failed = 0;
	int ch, i, locked = 0;
	size_t k, found;

	while ((ch = getopt(argc, argv, "l")) != -1) {
		if (ch != 'l')
			return 2;
		locked = 1;
	}
	secret_init();
	for (k = 0; optind == argc && k < NSTORES; k++)
		if (stores[k].backend != &keychain_secret_service)
			failed += run(&stores[k], locked);
	for (i = optind; i < argc; i++) {
		for (k = 0, found = NSTORES; k < NSTORES; k++)
			if (strcmp(argv[i], stores[k].backend->name) == 0)
				found = k;
		if (found == NSTORES) {
			fprintf(stderr, "conform: no store %s\n", argv[i]);
			return 2;
		}
		failed += run(&stores[found], locked);
	}
	return failed == 0 ? 0 : 1;
}
