# shellcheck shell=sh
# browser-lib.sh: a real Chromium for a test.  Source lib.sh first.

# browser_found: leaves the test out where there is none, or none to drive it.
browser_found()
{
	[ -n "$LIVE_BROWSER" ] || skip_all "npm has not brought playwright-core"
	command -v node >/dev/null || skip_all "node is not installed"
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
		skip_all "playwright-core needs node 20; this is $(node -v)"
	# The program itself, without the settings of the desktop.
	for BROWSER in /usr/lib/chromium/chromium /usr/bin/chromium; do
		[ ! -x "$BROWSER" ] || break
	done
	[ -x "$BROWSER" ] || skip_all "chromium is not installed"
	# Its own sandbox is made as a jail is.
	BROWSER_SANDBOX=yes
	unshare --user true 2>/dev/null || {
		BROWSER_SANDBOX=no
		skip "chromium's own sandbox: no user namespaces here"
	}
	NODE_PATH=$LIVE_BROWSER
	# Profile, sockets and caches.
	mkdir -p "$T/browser"
	export BROWSER BROWSER_SANDBOX NODE_PATH
}

# browser SCRIPT [ARGUMENT]...: a script of this folder; its claims are the
# test's.
browser()
{
	live_script=$1
	shift
	TMPDIR=$T/browser BROWSER_BASE=$LIVE_SRC/../browser/base.js \
	    DASHBOARD_BASE=$LIVE_SRC/../browser/dashboard.js \
	    node "$LIVE_SRC/$live_script" "$@" || LIVE_FAILED=1
}

# dashboard_there: leaves the test out if the daemon was built without it.
dashboard_there()
{
	curl -sS --noproxy '*' --compressed "$URL/" >"$T/page"
	grep -q '/assets/app-' "$T/page" ||
		skip_all "this build has no dashboard"
}

# every_view: a daemon that has something to show in each view of the dashboard.
every_view()
{
	start_keyring
	mkdir -p "$T/agents" "$HOME/data"
	cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
	PATH=$T/agents:$PATH
	echo 'KillGrace 500ms' >>"$CONF"
	shell_profile plain
	new_profile shell sealed "$(canary view)" -p anthropic
	start_daemon
	dashboard_there
	new_profile claude dev "" -p self
	ringlet -q profiles grant dev ro "$HOME/data" || bail "a grant is made"
	ringlet -q hooks add dev Stop '' 'echo first' || bail "a hook is added"
	ringlet -q hooks approve dev Stop 0 -y || bail "and approved"
	is "and changed" "$(api POST /api/profiles/dev/hooks \
	    '{"event":"Stop","index":0,"command":"echo second"}')" 201
	mkdir "$WORK/first" "$WORK/second"
}
