# A registry of manifests is used only if one of the user's keys has signed it, as minisign does; what is changed, cut, old, too long or badly named is refused, and the version before stays in use.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

new_registry
publish 1
start_daemon

like "without a URL there is none" "$(ringlet registry sync 2>&1)" \
    'RegistryURL is not set'
setting RegistryURL "$R"
reload
like "nor without a key" "$(ringlet registry sync 2>&1)" \
    'RegistryKey is not set'
is "which is a refusal" "$(status ringlet registry sync)" 5
setting RegistryKey "$KEY_B"
reload
refused "a signature by another key" \
    "signed by the key [0-9A-F]{16}, which is none of RegistryKey"
setting RegistryKey "$KEY_A"
reload

check "a registry that minisign signed is taken" ringlet registry sync
is "its version is used" "$(version_of)" v1
like "and says what it has" "$(ringlet registry inspect)" \
    'providers/acme\.json'
like "the audit log has it, and the key's id" "$(ringlet audit show)" \
    'registry.sync +ok .*signed_by='
check "and is whole" ringlet audit verify
check "again: nothing changes" ringlet registry sync
is "and it says so" \
    "$(ringlet --json registry sync | json data unchanged)" true
refute "the private folders of fetching are gone" \
    sh -c "ls -d $RINGLET_RUNTIME_DIR/registry-*"
check "by file://, too" sh -c "
	sed -i 's,^RegistryURL .*,RegistryURL file://$R,' '$CONF'"
reload
check "it is fetched" ringlet registry sync

# --- what it is for ---
like "a provider of it can be had" "$(ringlet providers inspect acme)" \
    'https://api.example/v1'
like "and an agent" "$(ringlet agents list)" '^acme +The agent acme'
new_profile shell uses "" -p other
provider other https://elsewhere.example/v1 >"$R/providers/other.json"
publish 2 v2a
like "a profile whose provider has moved is told of" \
    "$(ringlet registry sync)" \
    'Other address: uses: stays with https://other.example/v1; other says https://elsewhere'
like "and it stays where it was" "$(ringlet profiles inspect uses)" \
    'https://other.example/v1'
printf '{"schema": 1, "id": "acme"}' >"$R/agents/acme.json"
publish 3
refused "what is no manifest, although it is signed" 'agents/acme.json: '
agent acme >"$R/agents/acme.json"

# --- what has libcurl ---
fetch=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-fetch}
[ -n "$fetch" ] || fetch=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-fetch
ldd "$fetch" >"$T/fetch.ldd"
check "ringlet-fetch has libcurl" grep -q libcurl "$T/fetch.ldd"
for program in "$LIVE_BIN/ringlet" "${fetch%-fetch}-monitor"; do
	ldd "$program" >"$T/other.ldd"
	check "${program##*/} has libraries" grep -q libc.so "$T/other.ldd"
	refute "${program##*/} has none for networks" \
	    grep -Eq 'libcurl|libssl|libgnutls|libnghttp2' "$T/other.ldd"
done

# --- what was changed ---
publish 3
for file in registry.json registry.json.minisig agents/acme.json \
    providers/other.json; do
	cp -a "$R" "$T/good"
	python3 - "$R/$file" <<-'PY'
		import sys
		data = bytearray(open(sys.argv[1], "rb").read())
		at = len(data) // 2
		data[at] ^= 1
		open(sys.argv[1], "wb").write(data)
	PY
	refused "a flipped bit in $file" "${file##*/}|signature"
	rm -rf "$R"
	mv "$T/good" "$R"
	cp -a "$R" "$T/good"
	truncate -s -5 "$R/$file"
	refused "$file, cut" "${file##*/}|signature"
	rm -rf "$R"
	mv "$T/good" "$R"
	mv "$R/$file" "$T/away"
	refused "a registry without $file" "$file.* is missing"
	mv "$T/away" "$R/$file"
done
python3 - "$R/registry.json.minisig" <<-'PY'
	import sys
	text = open(sys.argv[1]).read().replace("a test", "a tesT")
	open(sys.argv[1], "w").write(text)
PY
refused "another trusted comment" "another trusted comment"
sign_by a
provider more https://more.example >"$R/providers/more.json"
refused "a file more than is signed" "providers/more.json: is not named"
rm "$R/providers/more.json"
mv "$R/providers/acme.json" "$T/acme.json"
ln -s "$T/acme.json" "$R/providers/acme.json"
refused "a symbolic link" "acme.json: is a symbolic link"
rm "$R/providers/acme.json"
mkfifo "$R/providers/acme.json"
refused "a pipe" "acme.json: is not a file"
rm "$R/providers/acme.json"
mv "$T/acme.json" "$R/providers/acme.json"
sign_by c
refused "a key that is nobody's" "none of RegistryKey"
sign_by a -l
check "the older form of signatures is taken, too" ringlet registry sync
is "and used" "$(version_of)" v3

# --- names ---
long=$(printf '%0300d' 0)
for name in ../etc/x.json /etc/passwd providers/../../x.json \
    providers/.json agents/a/b.json "providers/$long.json" \
    'agents/a\\u0000.json' 'agents/\\u202ex.json' other/x.json \
    providers/UP.json agents/x.json/; do
	sed "s,agents/acme.json,$name," "$R/registry.json" >"$T/index"
	cp "$R/registry.json" "$T/index.good"
	cp "$T/index" "$R/registry.json"
	sed -i 's/"serial": [0-9]*/"serial": 9/' "$R/registry.json"
	sign_by a
	refused "a file that is called $(printf '%.40s' "$name")" \
	    'registry.json: '
	cp "$T/index.good" "$R/registry.json"
done
refute "no such file was made" sh -c "find '$T' -name x.json | grep ."

# --- sizes ---
python3 - "$R/registry.json" <<-'PY'
	import json, sys
	x = json.load(open(sys.argv[1]))
	x["serial"] = 9
	x["files"][0]["size"] = 100 * 1000 * 1000
	json.dump(x, open(sys.argv[1], "w"))
PY
truncate -s 100000000 "$R/agents/acme.json"
sign_by a
refused "a file of 100 MB that is signed" 'files\[0\]'
agent acme >"$R/agents/acme.json"
index 4
truncate -s 100000000 "$R/agents/acme.json"
sign_by a
refused "a file of 100 MB in place of a small one" 'acme.json'
agent acme >"$R/agents/acme.json"
truncate -s 100000000 "$R/registry.json"
refused "a registry.json of 100 MB" 'registry.json: has more than'

# --- what is installed is verified each time ---
publish 4
check "version 4 comes" ringlet registry sync
installed=$RINGLET_DATA_DIR/registry/$(current)
is "it is private" "$(stat -c %a "$installed")" 700
printf ' ' >>"$installed/agents/acme.json"
is "a file that was changed after it was installed is found out" \
    "$(status ringlet registry sync --offline)" 1
like "and named" "$(cat "$T/err")" 'agents/acme.json: has'
like "inspect shows it" "$(ringlet registry inspect)" \
    'Problem: .*agents/acme.json'
check "sync mends it" ringlet registry sync
check "what is here is good without a network" \
    ringlet registry sync --offline
setting RegistryKey "$KEY_B"
reload
is "a key that is withdrawn takes what it signed out of use" "$(current)" ""
setting RegistryKey "$KEY_A"
reload

# --- a user's own manifests hold, however many a registry has ---
mkdir -p "$RINGLET_CONFIG_DIR/agents.d"
agent mine >"$RINGLET_CONFIG_DIR/agents.d/mine.json"
rm "$R"/*/*
for n in $(seq 98); do
	agent "a$n" >"$R/agents/a$n.json"
done
agent mine >"$R/agents/mine.json"
agent zz >"$R/agents/zz.json"
publish 5
check "a registry with as many agents as one may have is taken" \
    ringlet registry sync
reload
like "the user's own stay" "$(ringlet agents list)" '^mine .* user '
like "and what has no room is told" "$(ringlet agents inspect zz 2>&1)" \
    'there are 100 already'

# --- what the audit log has ---
ringlet --json audit show --event registry >"$T/audit"
like "refusals are in the audit log" "$(cat "$T/audit")" '"refused"'
like "and so are versions that came" "$(cat "$T/audit")" 'registry.sync'
done_testing
