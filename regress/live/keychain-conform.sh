# A real keyring does for Ringlet what its vault, and every other keychain, does: the same claims are tried on each.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/conform-lib.sh"

start_keyring
conforms gnome-keyring
# Whatever else is in the keyring is neither touched nor listed.
printf theirs | secret-tool store --label=x service other profile conform-a \
    provider openai
conforms gnome-keyring
is "another program's item of the same names is left" \
    "$(secret-tool lookup service other profile conform-a)" theirs
lock_default
conforms "a locked gnome-keyring" -l
done_testing
