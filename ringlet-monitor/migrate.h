#ifndef MIGRATE_H
#define MIGRATE_H
/*
 * Keys on their way from one store to another.
 */

struct migration;

/* Forgets it where it is, as a kill would: before vault_free(). */
void migration_free(struct migration *);

#endif /* MIGRATE_H */
