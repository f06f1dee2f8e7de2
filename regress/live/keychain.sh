# A new profile's key is in the real keyring, nowhere under HOME, and gone once the profile is deleted.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# The canary below any folder, also where the keyring's own files are.
anywhere()
{
	grep -rFlq -- "$key" "$HOME" "$XDG_RUNTIME_DIR"
}

in_keyring()
{
	secret-tool search --all profile alice 2>/dev/null |
	    grep -Fq -- "secret = $1"
}

start_keyring
key=$(canary keychain)
printf '%s' "$key" | secret-tool store --label=control profile alice \
    provider control
check "an independent client sees what is in the keyring" in_keyring "$key"
secret-tool clear profile alice provider control
refute "and sees when it is not" in_keyring "$key"

new_profile shell alice "$key" -p anthropic
check "the key is in the keyring after create" in_keyring "$key"
refute "it is in no file under HOME or the runtime folder" anywhere
echo "$key" >"$HOME/control"
check "that search would have found it" anywhere
rm "$HOME/control"

inspect=$(ringlet profiles inspect alice)
like "inspect shows that there is a key" "$inspect" \
    '^API Key: +\*\*\*\*\.\.\.\*\*\*\*$'
case $inspect in
*"$key"*) not_ok "inspect keeps the key to itself" ;;
*) ok "inspect keeps the key to itself" ;;
esac
like "env prints the key for the shell" "$(ringlet profiles env alice)" \
    "^export ANTHROPIC_API_KEY='?$key'?$"

home=$(ringlet --json profiles inspect alice | json data home)
check "the profile has a home" test -d "$home"
is "its home is closed to others" "$(stat -c %a "$home")" 700
check "the profile is deleted" ringlet profiles delete alice -y
refute "its key is gone from the keyring" in_keyring "$key"
refute "its home is gone" test -e "$home"
refute "its metadata is gone" \
    test -e "$RINGLET_CONFIG_DIR/profiles/alice.json"
is "a deleted profile is no such thing" \
    "$(status ringlet profiles inspect alice)" 4
done_testing
