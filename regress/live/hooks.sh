# A hook runs in the jail as it was approved, to the letter, and is written down; one that nobody approved, or that was changed since, by whatever way, is left out and told.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir "$T/agents"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
start_daemon
new_profile claude dev "" -p self --working-dir "$WORK"
home=$(ringlet --json profiles inspect dev | json data home)
file=$RINGLET_CONFIG_DIR/profiles/dev.json

# hook MEMBER [INDEX]: of the first PreToolUse.
hook()
{
	ringlet --json hooks list dev | json data "${2:-0}" "$1"
}

# audit EVENT: entries, one a line.
audit()
{
	ringlet --json audit show --event "$1" >"$T/audit.json"
	python3 -c '
import json, sys
for e in json.load(open(sys.argv[1]))["data"]:
    print(e["outcome"], e.get("object"), e.get("hook"), e.get("content"),
          e.get("exit"), e.get("lost"), e.get("says"))' "$T/audit.json"
}

# Quotes, a newline, a variable, a backslash, a glob, a comment: all literal.
cat >"$T/command" <<'COMMAND'
printf '%s|' "a  b" 'c"d' $0 \* "`echo e`" '$HOME'; echo "$(cat)" # '"
echo "in ${HOME##*/}" >&2; exit 2
COMMAND
command=$(cat "$T/command")
check "a hook is added" ringlet hooks add dev PreToolUse 'Bash|Edit' \
    "$command"
is "it is kept as it was given" "$(hook command)" "$command"
is "by whom" "$(hook added_by)" cli
is "it waits" "$(hook approved)" false
ringlet hooks review dev >"$T/review" 2>&1
like "the review shows it on one line, escaped" "$(cat "$T/review")" \
    '^Command: printf .*# .*x0aecho "in'
like "and that it does not run" "$(cat "$T/review")" \
    '^Runs: no: nobody has approved it'

session dev -- fire PreToolUse Bash settings
output "$ID" >"$T/none"
is "it does not run before it is approved" "$(cat "$T/none")" '{}'
like "and the command says so" "$(cat "$T/run.err")" \
    'left out: hook PreToolUse 0: is not approved'
like "and so does the session" "$(field "$ID" hooks_left_out)" \
    'PreToolUse 0: is not approved'

is "without a terminal nothing is approved unseen" \
    "$(status ringlet hooks approve dev PreToolUse 0)" 2
hash=$(hook hash)
is "with another hash neither" \
    "$(status ringlet hooks approve dev PreToolUse 0 --hash 0123456789abcdef)" 1
check "with its own it is" ringlet hooks approve dev PreToolUse 0 \
    --hash "$hash"
session dev -- fire PreToolUse Bash fire PreToolUse Read
first=$ID
output "$ID" >"$T/ran"
# shellcheck disable=SC2016
printf '%s\n' 'PreToolUse status 2' \
    'a  b|c"d|sh|*|e|$HOME|{"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "echo \"$HOME\" '"'x'"'"}}' \
    'in dev' >"$T/wanted"
check "it runs as it is, with the event on its standard input, once" \
    cmp "$T/wanted" "$T/ran"
refute "nothing is said to be left out" grep -q 'left out' "$T/run.err"
refute "no text of it is in the agent's settings" \
    grep -q printf "$home/.claude/settings.json"
audit hook.run >"$T/runs"
like "its beginning is in the audit log" "$(cat "$T/runs")" \
    "^intent $first PreToolUse 0 $hash None None the jail"
like "and its end, with the status" "$(cat "$T/runs")" \
    "^failed $first PreToolUse 0 $hash 2 None the jail"
like "and who approved it" "$(audit hook.approve)" "^ok dev PreToolUse 0 $hash"

ringlet --json sandbox explain dev /run/ringlet/hooks/x >"$T/explained"
is "sandbox explain says what they lie in" \
    "$(json data path rule <"$T/explained")" hooks
is "and that it is read-only" \
    "$(json data path writable <"$T/explained")" false
like "and shows their pipe" "$(cat "$T/explained")" /run/ringlet/hook-report

# Without a jail.
ringlet profiles run dev --remote --no-sandbox -- fire PreToolUse Edit \
    2>/dev/null >"$T/id"
ID=$(cat "$T/id")
like "it runs without a jail, too" "$(output "$ID")" '^PreToolUse status 2'
like "and is written down" "$(audit hook.run)" \
    "^failed $ID PreToolUse 0 $hash 2 None None"
ringlet profiles run dev -- fire PreToolUse Edit >"$T/local" 2>"$T/err"
like "and on the user's terminal" "$(cat "$T/local")" '^PreToolUse status 2'
like "which is written down" "$(audit hook.run)" \
    "^failed dev PreToolUse 0 $hash 2 None None"

# Changed in the file.
cp "$file" "$T/kept.json"
python3 - "$file" <<'PY'
import json, sys
p = json.load(open(sys.argv[1]))
p["hooks"][0]["command"] = "touch /tmp/evil; echo EVIL"
json.dump(p, open(sys.argv[1], "w"))
PY
is "changed in the file it does not run" \
    "$(jailed dev -- fire PreToolUse Bash)" ''
like "which is told" "$(cat "$T/run.err")" \
    'PreToolUse 0: changed since it was approved'
ringlet hooks review dev >"$T/review" 2>/dev/null
like "the review shows what it is now" "$(cat "$T/review")" \
    '^Command: touch /tmp/evil; echo EVIL$'
like "and what it was" "$(cat "$T/review")" '^  Command: printf '
is "what was seen before cannot be approved any more" \
    "$(status ringlet hooks approve dev PreToolUse 0 --hash "$hash")" 1
cp "$T/kept.json" "$file"
is "as it was approved it runs again" \
    "$(jailed dev -- fire PreToolUse Bash | head -n 1)" 'PreToolUse status 2'

# By who has a token.
bearer=$(cat "$TOKEN")
api()
{
	method=$1 path=$2
	shift 2
	http "$method" "/api/profiles/dev/hooks$path" \
	    -H "Authorization: Bearer $bearer" \
	    -H 'Content-Type: application/json' "$@"
}
api_post_session()
{
	http POST /api/terminal/sessions -H "Authorization: Bearer $bearer" \
	    -H 'Content-Type: application/json' -d '{"profile_alias":"dev"}'
}
is "over HTTP one may be put in its place" "$(api POST '' -d \
    '{"event":"PreToolUse","matcher":"Bash","command":"echo WEB","index":0}')" \
    201
is "which waits" "$(json data approved <"$T/body")" false
like "and says by whom" "$(json data added_by <"$T/body")" '^http, token'
is "and does not run" "$(jailed dev -- fire PreToolUse Bash)" ''
is "there is no route to approve it" "$(api POST /PreToolUse/0/approve)" 404
is "it can be listed" "$(api GET '')" 200
like "with what was approved" "$(json data 0 was command <"$T/body")" '^printf'
is "and exported" "$(api GET /export)" 200
is "in Claude Code's format" "$(json data hooks PreToolUse 0 <"$T/body")" \
    '{"matcher": "Bash", "hooks": [{"type": "command", "command": "echo WEB", "timeout": 60}]}'
is "what no hook may be is refused" "$(api POST '' -d \
    '{"event":"SessionStart","command":"x"}')" 400
is "and a matcher that nothing reads" "$(api POST '' -d \
    '{"event":"PreToolUse","matcher":"(Bash","command":"x"}')" 400
is "a session over HTTP says what it leaves out" "$(api_post_session)" 201
like "in its answer" "$(json data hooks_left_out <"$T/body")" 'PreToolUse 0: ch'
is "it can be removed" "$(api DELETE /PreToolUse/0)" 200
is "once" "$(api DELETE /PreToolUse/0)" 404

# Put into the agent's own settings.
mkdir -p "$home/.claude"
cat >"$home/.claude/settings.json" <<'SET'
{"theme":"dark","hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo MINE","timeout":5}]}]}}
SET
is "a hook that is put into the agent's settings does not run" \
    "$(jailed dev -- fire Stop '')" ''
like "which is told, with the way" "$(cat "$T/run.err")" \
    "left out: hooks that were put into .*hooks import dev $HOME/"
is "other settings stay" "$(json theme <"$home/.claude/settings.json")" dark
like "and so does the hook, aside" \
    "$(cat "$RINGLET_DATA_DIR/hooks/dev/left-out.json")" 'echo MINE'
check "from where it is imported" ringlet hooks import dev \
    "$RINGLET_DATA_DIR/hooks/dev/left-out.json"
check "who is asked on a terminal sees it first" \
    python3 "$LIVE_SRC/onpty.py" --out "$T/asked" expect 'Command: echo MINE' \
    expect 'shown\? \[y/N\]' send 'n\n' wait end -- \
    ringlet hooks approve dev
is "and may say no" "$(ringlet --json hooks list dev | json data 0 approved)" \
    false
check "or yes" python3 "$LIVE_SRC/onpty.py" --out "$T/asked" \
    expect 'shown\? \[y/N\]' send 'y\n' wait end -- \
    ringlet hooks approve dev Stop 0
is "then it runs" "$(jailed dev -- fire Stop '')" "Stop status 0
MINE"
ringlet hooks export dev >"$T/export.json"
new_profile claude two "" -p self
ringlet hooks import two "$T/export.json" 2>/dev/null
ringlet hooks export two >"$T/again.json"
check "export and import make the same again" \
    cmp "$T/export.json" "$T/again.json"
is "what was approved there is not here" \
    "$(ringlet --json hooks list two | json data 0 approved)" false

shell_profile sh
is "an agent without hooks gets none" \
    "$(status ringlet hooks add sh Stop '' true)" 1
like "and that is said" "$(cat "$T/err")" 'agent shell has no hooks'
is "removing the profile removes what is kept of them" \
    "$(status ringlet profiles delete dev -y)" 0
refute "all of it" test -e "$RINGLET_DATA_DIR/hooks/dev"
is "no pipe is left" "$(find "$RINGLET_RUNTIME_DIR/hooks" -type p)" ''
done_testing
