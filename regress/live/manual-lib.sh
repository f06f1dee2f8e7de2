# shellcheck shell=sh
# manual-lib.sh: the examples of manual pages, run as they stand there by
# manual.py, each page's in a home, with a keyring and a daemon, of its own.
# Source lib.sh first.

# world: as on a machine where Ringlet has just been installed.
world()
{
	[ ! -S "$RINGLET_RUNTIME_DIR/control.sock" ] ||
		ringlet daemon stop >/dev/null 2>&1
	for pid in $LIVE_PIDS; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	LIVE_PIDS=
	cd /
	rm -rf "$HOME" "$XDG_RUNTIME_DIR"
	mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$RINGLET_CONFIG_DIR" "$WORK"
	echo 'ListenAddress 127.0.0.1:0' >"$CONF"
	cd "$WORK" || exit 1
	start_keyring
}

# The agent that examples name, as npm installs it, and short words for what
# they begin with.
package=node_modules/@anthropic-ai/claude-code
mkdir -p "$T/agents/$package"
cp "$LIVE_FAKE/fake-claude" "$T/agents/$package/cli"
echo '{"name":"@anthropic-ai/claude-code","version":"2.0.1"}' \
    >"$T/agents/$package/package.json"
ln -s "$package/cli" "$T/agents/claude"
PATH=$T/agents:$PATH
cat >"$T/setup" <<'SETUP'
# demo: the profile of a shell that most pages have.
demo()
{
	ringlet -q profiles create shell demo -p self --working-dir "$PWD"
}

# my_project: one of Claude Code, with a key.
my_project()
{
	echo sk-manual-key | ringlet -q profiles create claude my-project \
	    -p anthropic
}

# ended: no session is left, and none is remembered.
ended()
{
	while ringlet terminal list | grep -q running; do
		sleep 0.1
	done
	ringlet -q terminal cleanup
}

# vault: one, as keychain unlock makes it.
vault()
{
	(umask 077; echo 'correct horse' >passphrase) &&
	    ringlet -q keychain unlock --new --passphrase-file passphrase
}

# acme: the manifest of a provider that takes no key.
acme()
{
	cat >acme.json <<-JSON
		{"schema": 1, "id": "acme", "name": "Acme",
		 "type": "anthropic", "auth_variable": null,
		 "endpoints": [{"id": "main", "url": "https://api.example.com"}],
		 "default_endpoint": "main"}
	JSON
}

# use_registry FOLDER: have the settings name it, and its key.
use_registry()
{
	printf 'RegistryURL %s\nRegistryKey %s\n' "$PWD/$1" \
	    "$(sed -n 2p minisign.pub)" >>~/.config/ringlet/ringlet.conf &&
	    ringlet -q daemon restart
}

# check_policy FILE: it can be the administrator's, where we may write that.
check_policy()
{
	[ -n "$LIVE_POLICY" ] || return 0
	python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" <"$1" >/dev/null &&
	    ringletd -t
	said=$?
	python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" none </dev/null \
	    >/dev/null
	return $said
}

# watch_session: watch.py shows one that ends.
watch_session()
{
	python3 -c 'import websockets' || return 0
	watched=$(ringlet -q profiles run demo --remote -- -c 'echo $((6 * 7))') &&
	    python3 watch.py "$watched" 2>events | grep -q 42 &&
	    grep -q state_changed events
}
SETUP

# examples LEAST PAGE...: run those of each page, of which there are so many.
examples()
{
	check "there are pages ($(($# - 1)))" [ $# -gt "$1" ]
	shift
	for page; do
		case ${page##*/} in
		ringlet-json.7) wants=jq ;;
		ringlet-registry.[15]) wants=minisign ;;
		ringletd.8|ringlet-protocol.7|ringlet-token.1) wants=curl ;;
		*) wants="sh" ;;
		esac
		if ! command -v $wants >/dev/null; then
			skip "${page##*/}: $wants is not installed"
			continue
		fi
		world
		ADDRESS=''
		# Pages on how it is started find none.
		case ${page##*/} in
		ringlet-daemon.1|ringlet-monitor.8) ;;
		*) start_daemon ;;
		esac
		# shellcheck disable=SC2034  # lib.sh looks at that
		python3 "$LIVE_SRC/manual.py" --setup "$T/setup" \
		    ${ADDRESS:+--address "$ADDRESS"} "$page" || LIVE_FAILED=1
	done
}
