# Over HTTP a token that may do all sees the other tokens, the jail of a profile and its grants, and can revoke; it gets no token, no text of one, no answer about a path, and nothing that a session would be refused.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir -p "$HOME/data" "$HOME/.ssh" "$HOME/.hidden/in" "$HOME/project"
ln -s "$HOME/.ssh" "$HOME/project/link"
shell_profile seen --working-dir "$WORK" --env SECRET_TOKEN=sk-canary-views
start_daemon
ringlet token create --scope view --label 'wall display' >"$T/view" \
    2>/dev/null || bail "a token that may look is made"
ringlet token create --scope control --label 'other laptop' >"$T/control" \
    2>/dev/null || bail "and one that may do all"

# as NAME METHOD PATH: with the token in $T/NAME.
as()
{
	printf 'Authorization: Bearer %s\n' "$(cat "$T/$1")" >"$T/$1.header"
	as_name=$1
	shift
	http "$@" -H "@$T/$as_name.header"
}
# of LABEL: the id of that token in the last reply.
of()
{
	python3 -c 'import json, sys
for t in json.load(open(sys.argv[1]))["data"]:
    if t["label"] == sys.argv[2]: print(t["id"])' "$T/body" "$1"
}

# --- tokens
is "tokens are listed" "$(api GET /api/tokens)" 200
is "the main one first" "$(json data 0 id <"$T/body")" main
view_id=$(of 'wall display')
control_id=$(of 'other laptop')
like "with an id and a label" "$view_id $control_id" '^[0-9a-f]{8} [0-9a-f]{8}$'
refute "no text of one is told" grep -qF -f "$T/view" -f "$T/control" \
    -f "$TOKEN" "$T/body"
is "one that may only look sees none" "$(as view GET /api/tokens)" 403
is "and revokes none" "$(as view DELETE "/api/tokens/$control_id")" 403
is "none is made over HTTP" "$(api POST /api/tokens '{}')" 405
is "the main one is not revoked" "$(api DELETE /api/tokens/main)" 403
is "and is good as before" "$(api GET /api/ping)" 200
is "a beginning of an id is none" \
    "$(api DELETE "/api/tokens/${view_id%?}")" 404
is "nor is what no token has" "$(api DELETE /api/tokens/00000000)" 404
is "so that one still is good" "$(as view GET /api/ping)" 200
is "another revokes it" "$(as control DELETE "/api/tokens/$view_id")" 200
is "and it is good no longer" "$(as view GET /api/ping)" 401
is "a token revokes itself" "$(as control DELETE "/api/tokens/$control_id")" 200
is "and is good no longer, either" "$(as control GET /api/ping)" 401
check "it is written down who did" \
    grep -q "token.revoke.*$view_id" "$RINGLET_STATE_DIR/audit.jsonl"

# --- why is this jailed
ringlet profiles grant seen ro "$HOME/data" >/dev/null || bail "a grant is made"
is "the plan of a jail is told" "$(api GET /api/profiles/seen/jail)" 200
cp "$T/body" "$T/plan"
is "it works where the profile says" "$(json data working_dir <"$T/plan")" \
    "$WORK"
# The same mounts, in the same order, as the command has them.
cat >"$T/mounts.py" <<'P'
import json, sys
print(json.dumps(json.load(sys.stdin)["data"][sys.argv[1]], indent=1))
P
for member in mounts namespaces filter limits left_out; do
	python3 "$T/mounts.py" $member <"$T/plan" >"$T/plan.http"
	ringlet --json sandbox explain seen -C "$WORK" |
	    python3 "$T/mounts.py" $member >"$T/plan.cli"
	check "$member are as the command tells them" \
	    diff "$T/plan.cli" "$T/plan.http"
done
check "names of variables are told" grep -q '"SECRET_TOKEN"' "$T/plan"
check "what the command's asker brings" sh -c \
    'LC_TIME=C ringlet --json sandbox explain seen | grep -q LC_TIME'
refute "nobody brings over HTTP" grep -q LC_TIME "$T/plan"
check "the grant is among them" grep -q '"grant ro"' "$T/plan"
refute "no value of a variable is" grep -q sk-canary-views "$T/plan"
refute "nor are bwrap's arguments" grep -q -- --setenv "$T/plan"
is "nothing was started" "$(ringlet --json terminal list | json data)" '[]'
is "in a folder that is asked for" "$(api GET \
    "/api/profiles/seen/jail?working_dir=$HOME/project")" 200
is "it is planned there" "$(json data working_dir <"$T/body")" "$HOME/project"
# What a session over HTTP would be refused: by the same words.
check "one that the command may have" \
    ringlet -q sandbox explain seen -C "$HOME/.hidden/in"
for dir in "$HOME/.hidden/in" "$HOME" "$HOME/.ssh" "$HOME/project/link" "$HOME/none"; do
	planned=$(api GET "/api/profiles/seen/jail?working_dir=$dir")
	json error <"$T/body" >"$T/why.plan"
	started=$(api POST /api/terminal/sessions \
	    "{\"profile_alias\":\"seen\",\"working_dir\":\"$dir\"}")
	is "not in ${dir#"$HOME"/}, where no session may be" "$planned" "$started"
	is "for the same reason" "$(cat "$T/why.plan")" \
	    "$(json error <"$T/body")"
	refute "and it is refused indeed" [ "$planned" = 200 ]
done
is "no path can be asked about" \
    "$(api GET "/api/profiles/seen/jail?path=/etc/passwd")" 400
is "no flag either" \
    "$(api GET "/api/profiles/seen/jail?no_sandbox=1")" 400
is "a profile that is not there" "$(api GET /api/profiles/none/jail)" 404
ringlet token create --scope view >"$T/view" 2>/dev/null
is "a token that may only look sees no plan" \
    "$(as view GET /api/profiles/seen/jail)" 403

# --- settings
is "settings are told" "$(api GET /api/settings)" 200
cp "$T/body" "$T/settings"
# setting KEYWORD MEMBER
setting()
{
	python3 -c 'import json, sys
for s in json.load(open(sys.argv[1]))["data"]["settings"]:
    if s["keyword"] == sys.argv[2]: print(s[sys.argv[3]])' \
	    "$T/settings" "$1" "$2"
}
is "one of the file, with its line" "$(setting LogLevel origin)" \
    "$CONF line 2"
is "and its value" "$(setting LogLevel value)" trace
is "one that nobody set" "$(setting MaxSessions origin)" default
is "none is forced without a policy" "$(setting LogLevel forced)" False
cat >"$T/settings.py" <<'P'
import json, sys
d = json.load(sys.stdin)["data"]
print(json.dumps(d["settings"], indent=1, sort_keys=True))
P
python3 "$T/settings.py" <"$T/settings" >"$T/settings.http"
ringlet --json policy show | python3 "$T/settings.py" >"$T/settings.cli"
check "they are what the command tells" \
    diff "$T/settings.cli" "$T/settings.http"
is "a token that may only look sees none" "$(as view GET /api/settings)" 403
is "nothing is set over HTTP" "$(api POST /api/settings '{}')" 405

# --- grants
is "the profile tells what it was granted" "$(api GET /api/profiles/seen)" 200
is "in the words of the command" "$(json data grants <"$T/body")" \
    "[\"ro $HOME/data\"]"

# --- an answer that no message has room for: once, and nobody dies of it
shell_profile deep
python3 - "$RINGLET_CONFIG_DIR/profiles/deep.json" "$WORK" <<'P' ||
import json, os, sys
path = sys.argv[2]
while len(path) < 4080:
    path += "/" + "d" * max(1, min(200, 4080 - len(path) - 1))
os.makedirs(path)
with open(sys.argv[1]) as file:
    profile = json.load(file)
for n in range(64):
    os.mkdir(f"{path}/{n}")
    profile["grants"].append(f"ro {path}/{n}")
with open(sys.argv[1], "w") as file:
    json.dump(profile, file)
P
	bail "a profile has as many grants as it may"
is "a plan that is too long" "$(api GET /api/profiles/deep/jail)" 413
like "is said to be that" "$(json error <"$T/body")" 'too many mounts'
is "by the command as well" "$(status ringlet sandbox explain deep)" 1
like "in the same words" "$(cat "$T/err")" 'too many mounts'
served=$RINGLETD
daemon_facts
is "and all goes on" "$RINGLETD" "$served"
done_testing
