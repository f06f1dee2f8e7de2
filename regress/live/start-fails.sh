# What keeps the daemon from starting is told to whoever starts it: the cause, not only that a child has ended.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# A seal that is less than full, where it must be full: no user namespaces.
less()
{
	bwrap --dev-bind / / --unshare-user --disable-userns "$@"
}
less true 2>/dev/null || skip_all "bwrap cannot take user namespaces away"
code=$(status less ringlet daemon -o RequireFullSeal=yes)
is "a daemon that cannot be sealed does not start" "$code" 3
like "and says that it is so and why" "$(cat "$T/err")" \
    'RequireFullSeal is set and the seal is reduced: no namespaces'
is "nothing of it is left" "$(status ringlet daemon status)" 3

# Programs of another build.
if [ -n "${LIVE_LIBEXEC:-}" ]; then
	mkdir "$T/libexec"
	for program in "$LIVE_LIBEXEC"/*; do
		ln -s "$program" "$T/libexec/"
	done
	rm "$T/libexec/ringletd"
	printf '#!/bin/sh\nexit 4\n' >"$T/libexec/ringletd"
	chmod 755 "$T/libexec/ringletd"
	code=$(RINGLET_LIBEXEC_DIR=$T/libexec status ringlet daemon)
	is "a child that ends at once is an error" "$code" 3
	like "with its status" "$(cat "$T/err")" \
	    'ringletd exited with status 4 before it was ready'
	rm "$T/libexec/ringletd"
	code=$(RINGLET_LIBEXEC_DIR=$T/libexec status ringlet daemon)
	is "so is one that is not there" "$code" 3
	like "with its name" "$(cat "$T/err")" \
	    "$T/libexec/ringletd: No such file or directory"
fi

# What stands where the log should be.
mkdir -p "$RINGLET_STATE_DIR"
rm -f "$LOG"
mkfifo "$LOG"
is "a pipe in the log's place keeps the daemon from starting" \
    "$(status timeout 20 ringlet daemon)" 3
like "and is named" "$(cat "$T/err")" "$LOG: .*not a regular file"
done_testing
