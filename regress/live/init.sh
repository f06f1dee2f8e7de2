# `init` walks a newcomer to a first profile: asked on a terminal, not asked without one, with what is missing said; again it changes nothing; without bwrap, bus or agents it says how to mend that.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# said STEP STATE [FILE]: the JSON of init has such a step.
said()
{
	python3 - "$1" "$2" "${3:-$T/out}" <<-'PY'
		import json, sys
		step, state, name = sys.argv[1:]
		steps = json.load(open(name))["data"]["steps"]
		sys.exit(not any(s["step"] == step and s["state"] == state
		                 for s in steps))
	PY
}
profiles()
{
	ringlet --json profiles list | python3 -c '
import json, sys
print(*sorted(p["alias"] for p in json.load(sys.stdin)["data"]))'
}

is "a step that there is not is refused" \
    "$(status ringlet init --skip nonsense)" 2
like "(and those that there are, named)" "$(cat "$T/err")" \
    'agents, keychain, jail and profile'
# Nothing is there: no bus, no agent, no terminal, over ssh.
SSH_CONNECTION='192.0.2.1 1 192.0.2.2 22'
export SSH_CONNECTION
is "without a terminal it does what it can" \
    "$(status ringlet init </dev/null)" 0
like "no agent is there" "$(cat "$T/out")" '^todo agents: none is installed'
like "how to get one is said, where root's npm writes to root's folders" \
    "$(cat "$T/out")" '^  npm install -g --prefix ~/\.local @anthropic'
sed -n '/^For an agent, one of:$/,$p' "$T/out" >"$T/choice"
is "as a choice" "$(grep -c '^  npm ' "$T/choice")" \
    "$(grep -c 'npm install' "$T/out")"
refute "behind all that is wanted" grep '^  ringlet ' "$T/choice"
is "in JSON, too" "$(ringlet --json init --skip profile | python3 -c '
import json, sys
npm = [s.startswith("npm ") for s in json.load(sys.stdin)["data"]["next"]]
print(True in npm and npm == sorted(npm))')" True
mkdir "$T/bin" && printf '#!/bin/sh\n' >"$T/bin/npm" && chmod 755 "$T/bin/npm"
like "and where npm is the user's own" \
    "$(PATH=$T/bin:$PATH ringlet init --skip profile)" \
    '^  npm install -g @anthropic'
like "no key can be kept" "$(cat "$T/out")" \
    '^todo keychain: .*keychain unlock. makes one'
like "a jail works" "$(cat "$T/out")" '^ok +jail: .*(full|tier)'
like "a profile of the shell needs no key" "$(cat "$T/out")" \
    '^ok +profile: work was made, of shell and self'
like "what to type next is said" "$(cat "$T/out")" \
    '^  ringlet profiles run work --remote'
is "the profile is there" "$(profiles)" work
like "and runs" "$(jailed work -- -c 'echo in a jail')" 'in a jail'
is "again, with -y" "$(status ringlet init -y)" 0
is "changes nothing" "$(profiles)" work
like "and says what there is" "$(cat "$T/out")" '^ok +profile: there is work$'
like "(a shim can be made)" "$(cat "$T/out")" '^  ringlet aliases install work$'
check "(it is)" ringlet -q aliases install work
refute "and what is there need not be made" \
    sh -c 'ringlet init -y | grep "aliases install"'
is "-q prints no hints" "$(ringlet -q init -y 2>&1 | grep -c Next)" 0
is "with --json" "$(status ringlet --json init)" 0
check "steps are told" said keychain left-out
is "and the profiles" "$(json data profiles 0 <"$T/out")" work
is "and the agents" "$(json data agents 0 id <"$T/out")" claude
is "all may be left out" "$(status ringlet --json init --skip agents \
    --skip keychain --skip jail --skip profile)" 0
check "which is said" said jail skipped
check "(it is removed)" ringlet profiles delete -y work

# An agent with a key, without anybody to ask.
mkdir -p "$HOME/.local/bin"
printf '#!/bin/sh\necho "$1: 7.8.9"; env >%s\n' "$T/env" \
    >"$HOME/.local/bin/claude"
chmod 755 "$HOME/.local/bin/claude"
is "what needs a key" "$(status ringlet init -y </dev/null)" 0
like "is left out" "$(cat "$T/out")" '^todo profile: none was made'
like "and what to type is said" "$(cat "$T/out")" \
    '^  ringlet profiles create claude work -p anthropic'
is "(there is none)" "$(profiles)" ""

# A person at a terminal.
key=$(canary init) pass=$(canary pass)
is "on a terminal it asks" "$(status on_tty --out "$T/tty" \
    expect 'Make a vault' send 'y\n' \
    expect 'Passphrase for the new' send "$pass\n" \
    expect 'same again' send "$pass\n" \
    expect 'Agents: claude shell' \
    expect 'Agent .claude' send 'nonsense\n' \
    expect 'no such agent' expect 'Agent .claude' send '\n' \
    expect 'Providers that claude can use: anthropic' \
    expect 'Provider .anthropic' send 'openai\n' \
    expect 'Provider .anthropic' send '\n' \
    expect 'Name of the profile .work' send '../x\n' \
    expect 'A name is' expect 'Name of the profile' send 'mine\n' \
    expect 'API key for anthropic' send "$key\n" \
    expect 'mine was made' expect 'Next:' wait x -- ringlet init)" 0
refute "neither key nor passphrase is shown" grep -Fq -e "$key" -e "$pass" \
    "$T/tty"
is "the profile is there" "$(profiles)" mine
like "with a key" "$(ringlet profiles inspect mine)" 'API Key: *\*\*\*\*'
ringlet profiles run mine >/dev/null
check "which its agent gets" grep -Fq "$key" "$T/env"
is "again it asks for another" "$(status on_tty --out "$T/tty" \
    expect 'keychain: keys go to vault' expect 'there is mine' \
    expect 'another profile' send 'n\n' wait x -- ringlet init)" 0
is "and makes none" "$(profiles)" mine
ringlet keychain lock 2>/dev/null
is "a vault that is locked is unlocked" "$(status on_tty --out "$T/tty" \
    expect 'Unlock the vault' send 'y\n' expect 'Passphrase' \
    send "$pass\n" expect 'keys go to the vault' expect 'another' \
    send '\x04' wait x -- ringlet init)" 0
ringlet keychain lock 2>/dev/null
is "each step can be left" "$(status on_tty --out "$T/tty" \
    expect 'Unlock the vault' send 'n\n' expect 'skip keychain' \
    expect 'another' send 'y\n' expect 'Agent' send ' -\n' \
    expect 'skip profile' wait x -- ringlet init)" 0
is "who leaves in the middle leaves nothing" "$(status on_tty \
    --out "$T/tty" expect 'Unlock' send 'n\n' expect 'another' \
    send 'y\n' expect 'Agent' send 'shell\n' expect 'Provider .self' \
    send '\x04' wait x -- ringlet init; profiles)" "0
mine"
ringlet keychain unlock --passphrase-file - 2>/dev/null <<-PASS
	$pass
PASS
is "a key that is none" "$(status on_tty --out "$T/tty" \
    expect 'another' send 'y\n' expect 'Agent' send '\n' \
    expect 'Provider' send '\n' expect 'Name' send '\n' \
    expect 'API key' send 'bad\tkey\n' expect 'no key was given' wait x \
    -- ringlet init; profiles)" "0
mine"
ringlet daemon stop 2>/dev/null

# A daemon that cannot start.
chmod 755 "$RINGLET_CONFIG_DIR"
is "a daemon that does not start" "$(status ringlet init -y)" 3
like "is told of" "$(cat "$T/err")" 'chmod 700'
like "with who looks closer" "$(cat "$T/err")" 'ringlet doctor'
chmod 700 "$RINGLET_CONFIG_DIR"

# Without bwrap: see no-bwrap.
mkdir "$T/realbin" "$T/bin"
find /usr/bin -mindepth 1 -maxdepth 1 -printf "$T/realbin/%f\\0" |
    xargs -0 ln -s -t "$T/bin"
rm "$T/bin/bwrap"
inside()
{
	bwrap --dev-bind / / --ro-bind /usr/bin "$T/realbin" \
	    --ro-bind "$T/bin" /usr/bin "$@"
}
if inside true; then
	is "without bwrap it fails" "$(status inside ringlet init -y)" 1
	like "and says how to mend that" "$(cat "$T/out")" \
	    '^FAIL jail: .*apt install bubblewrap'
	claude_why()
	{
		ringlet --json agents inspect claude | json data version_why
	}
	# A daemon that asks outside of all that knows the version already.
	rm "$RINGLET_STATE_DIR/agents.json"
	inside ringlet daemon stop 2>/dev/null
	inside ringlet daemon 2>/dev/null
	pending()
	{
		[ -n "$(claude_why)" ]
	}
	wait_for 10 pending
	like "nor is an agent asked for its version" "$(claude_why)" \
	    'no jail to ask it in: .*install bubblewrap'
	ringlet daemon stop 2>/dev/null
else
	skip "without bwrap: user namespaces are not to be had here"
fi
done_testing
