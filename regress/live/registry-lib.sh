# shellcheck shell=sh
# registry-lib.sh: a private registry for the tests of it.  keys_made makes two
# pairs of keys, a and b, with Debian's minisign; the folder $R is a registry,
# and $KEY_A and $KEY_B are what RegistryKey takes.

R=$T/registry
export LC_ALL=C.UTF-8

command -v minisign >/dev/null || skip_all "minisign is not installed"

for name in a b c; do
	# -W: a key without passphrase costs no gigabyte.
	minisign -G -W -f -p "$T/$name.pub" -s "$T/$name.key" >/dev/null ||
		bail "minisign makes keys"
done
KEY_A=$(sed -n 2p "$T/a.pub")
# shellcheck disable=SC2034  # for tests
KEY_B=$(sed -n 2p "$T/b.pub")

# provider ID URL [VARIABLE]: the text of a manifest; without a variable it takes no
# key.
provider()
{
	provider_variable=null
	[ -z "${3:-}" ] || provider_variable="\"$3\""
	cat <<-JSON
		{"schema": 1, "id": "$1", "name": "The provider $1",
		 "type": "anthropic", "auth_variable": $provider_variable,
		 "endpoints": [{"id": "default", "url": "$2"}],
		 "default_endpoint": "default", "models": [],
		 "default_model": null, "environment": []}
	JSON
}

# agent ID
agent()
{
	cat <<-JSON
		{"schema": 1, "id": "$1", "name": "The agent $1",
		 "binary": "$1", "natives": [], "version_argument": "--version",
		 "install": null, "home_folder": ".$1-profiles",
		 "provider_types": ["anthropic"], "environment": [],
		 "arguments": [], "files": [], "hooks": null, "binds": []}
	JSON
}

# new_registry: $R with an agent and two providers, unsigned.
new_registry()
{
	rm -rf "$R"
	mkdir -p "$R/agents" "$R/providers"
	agent acme >"$R/agents/acme.json"
	provider acme https://api.example/v1 ACME_KEY >"$R/providers/acme.json"
	provider other https://other.example/v1 >"$R/providers/other.json"
}

# index SERIAL [VERSION [CHANNEL]]: writes registry.json by another program
# than ours, from the files that there are.
index()
{
	python3 - "$R" "$@" <<-'PY'
		import hashlib, json, os, sys
		root, serial = sys.argv[1], int(sys.argv[2])
		version = sys.argv[3] if len(sys.argv) > 3 else "v%d" % serial
		channel = sys.argv[4] if len(sys.argv) > 4 else "stable"
		files = []
		for d in "agents", "providers":
		    for name in sorted(os.listdir(os.path.join(root, d))):
		        data = open(os.path.join(root, d, name), "rb").read()
		        files.append({"path": d + "/" + name,
		            "size": len(data),
		            "sha256": hashlib.sha256(data).hexdigest(),
		            "blake2b": hashlib.blake2b(data).hexdigest()})
		json.dump({"schema": 1, "name": "acme", "version": version,
		    "serial": serial, "channel": channel, "files": files},
		    open(os.path.join(root, "registry.json"), "w"))
	PY
}

# sign_by NAME [OPTIONS]: registry.json signed by minisign with that key.
sign_by()
{
	sign_name=$1
	shift
	minisign -S "$@" -s "$T/$sign_name.key" -m "$R/registry.json" \
	    -t 'a test' >/dev/null || bail "minisign signs"
}

# publish SERIAL [VERSION [CHANNEL]]
publish()
{
	index "$@"
	sign_by a
}

# current: the version that is used, or nothing.
current()
{
	ringlet --json registry inspect | json data current
}

# version_of: of what is used.
version_of()
{
	ringlet --json registry inspect | json data versions 0 version
}

# setting KEYWORD [VALUE]...: in place of what the file says of it.
setting()
{
	setting_name=$1
	shift
	sed -i "/^$setting_name /d" "$CONF"
	for setting_value; do
		echo "$setting_name $setting_value" >>"$CONF"
	done
}

# reload: the daemon reads its settings again, and has when this returns.
reload()
{
	reload_was=$(grep -c 'settings: reading them again' "$LOG")
	kill -HUP "$MONITOR"
	reload_came()
	{
		[ "$(grep -c 'settings: reading them again' "$LOG")" -gt \
		    "$reload_was" ] && ringlet daemon status
	}
	wait_for 20 reload_came || bail "settings are read again"
}

# refused WHAT PATTERN [ENV=VALUE]: sync fails, says so, and what was used is.
refused()
{
	refused_was=$(current)
	refused_what=$1 refused_pattern=$2
	shift 2
	env "$@" ringlet registry sync >"$T/refused.log" 2>&1
	refute "$refused_what is refused" test $? -eq 0
	like "$refused_what: why" "$(cat "$T/refused.log")" "$refused_pattern"
	is "$refused_what: what was used still is" "$(current)" "$refused_was"
}

# serve [FILE [OLD]]: a server on this machine for $T/www, with TLS if there is a
# FILE (registry-server.py); sets SERVER and WWW, its URL.
serve()
{
	mkdir -p "$T/www"
	rm -f "$T/www.port"
	python3 "$LIVE_SRC/registry-server.py" "$T/www" "$T/www.port" "$@" \
	    2>>"$T/www.err" &
	SERVER=$!
	at_end $SERVER
	wait_for 10 test -s "$T/www.port" || bail "a server starts"
	# shellcheck disable=SC2034
	WWW=http${1:+s}://127.0.0.1:$(cat "$T/www.port")
}
