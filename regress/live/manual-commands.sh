# The examples in the manual of the command run as they stand there, each page's in a home, with a keyring and a daemon, of its own.
# Once: the examples are the manual's, and what they run other tests try.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/manual-lib.sh"

examples 18 "$LIVE_SRC"/manual/*.1
done_testing
