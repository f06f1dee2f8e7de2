# Who hosts a registry lints and signs its folder with the command; Debian's minisign finds the signature good, and users take it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

new_registry
like "lint says what is missing" "$(ringlet registry lint "$R" 2>&1)" \
    'registry.json: is missing'
is "a name is needed once" \
    "$(status ringlet registry sign "$R" --secret-key "$T/a.key")" 2
check "sign" ringlet registry sign "$R" --name acme --secret-key "$T/a.key" \
    --registry-version 2026.11.1
check "minisign finds it good" \
    minisign -V -p "$T/a.pub" -m "$R/registry.json"
like "lint does" "$(ringlet registry lint "$R")" \
    'Good: +2026.11.1 of acme, id 1-[0-9a-f]{8}, channel stable, 3 manifests'
like "the key is printed for users" \
    "$(ringlet registry sign "$R" --secret-key "$T/a.key")" \
    "RegistryKey $(printf '%s' "$KEY_A" | sed 's/[+]/[+]/g')"
is "what has not changed keeps its serial" \
    "$(ringlet --json registry lint "$R" | json data serial)" 1
agent more >"$R/agents/more.json"
like "lint sees a file that is not signed" \
    "$(ringlet registry lint "$R" 2>&1)" 'agents/more.json: is not named'
check "signed again" ringlet registry sign "$R" --secret-key "$T/a.key"
is "it has the next serial" \
    "$(ringlet --json registry lint "$R" | json data serial)" 2
printf '{"id":' >"$R/agents/more.json"
like "what is no manifest is not signed" \
    "$(ringlet registry sign "$R" --secret-key "$T/a.key" 2>&1)" \
    'agents/more.json: '
agent other >"$R/agents/more.json"
like "nor one with the id of another" \
    "$(ringlet registry sign "$R" --secret-key "$T/a.key" 2>&1)" \
    'agents/more.json: .*id'
rm "$R/agents/more.json"
: >"$R/agents/UP.json"
like "nor what has no name" \
    "$(ringlet registry sign "$R" --secret-key "$T/a.key" 2>&1)" \
    'agents/UP.json: is neither'
rm "$R/agents/UP.json"
printf 'wrong' >"$T/wrong"
like "a file that is no key is no key" \
    "$(ringlet registry sign "$R" --secret-key "$T/wrong" 2>&1)" \
    'no secret key of minisign'
cp "$R/registry.json" "$T/index"
printf x >>"$R/registry.json"
is "a registry.json that cannot be read is not taken for none" \
    "$(status ringlet registry sign "$R" --secret-key "$T/a.key")" 1
like "(what to do is said)" "$(cat "$T/err")" 'anew with --serial'
check "(it stays)" grep -q 'x$' "$R/registry.json"
cp "$T/index" "$R/registry.json"
check "signed once more" ringlet registry sign "$R" --secret-key "$T/a.key"
# --- a key with a passphrase: scrypt wants a gigabyte ---
memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
if [ "$memory" -lt 2000000 ]; then
	skip "a key with a passphrase: less than 2 GB of memory are free"
else
	# Made by minisign, for this test alone.
	echo 'open sesame' >"$T/passphrase"
	check "the passphrase of a key that minisign made opens it" \
	    ringlet registry sign "$R" --passphrase-file "$T/passphrase" \
	    --secret-key "$LIVE_SRC/registry-sign.key"
	check "and minisign finds the signature good" \
	    minisign -V -p "$LIVE_SRC/registry-sign.pub" -m "$R/registry.json"
	ringlet registry sign "$R" --secret-key "$T/a.key" >/dev/null
fi

setting RegistryURL "$R"
setting RegistryKey "$KEY_A"
start_daemon
check "and users take it" ringlet registry sync
is "with that serial" "$(ringlet --json registry inspect |
    json data versions 0 serial)" 3
done_testing
