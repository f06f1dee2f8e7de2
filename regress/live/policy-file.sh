# The policy's file must be the administrator's alone; SIGHUP takes a new one and never drops one; what it refuses is written down; AuditSyslog and MaxTokenAge hold.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
[ -n "$LIVE_POLICY" ] || skip_all "only root can write a policy"

AUDIT=$RINGLET_STATE_DIR/audit.jsonl
me=$(id -u)

# entry EVENT OUTCOME TEXT: there is one, which holds TEXT.
entry()
{
	python3 - "$AUDIT" "$@" <<-'PY'
		import json, sys
		for line in open(sys.argv[1]):
		    e = json.loads(line)
		    if e["event"] == sys.argv[2] and \
		            e["outcome"] == sys.argv[3] and sys.argv[4] in line:
		        sys.exit(0)
		sys.exit(1)
	PY
}
refuses()
{
	status ringletd -t >/dev/null
	grep -Eq -- "$1" "$T/err"
}
# reload PATTERN: SIGHUP, and wait for that in the log.
reload()
{
	before=$(wc -c <"$LOG")
	kill -HUP "$MONITOR"
	wait_for 20 said "$1"
}
said()
{
	tail -c +$((before + 1)) "$LOG" | grep -Eq -- "$1"
}

# --- whose it is ---
policy 'MaxSessions 3'
check "a policy of root's is taken" ringletd -t
check "and bounds the settings" \
    sh -c "ringletd -T -o MaxSessions=9 | grep -qx 'MaxSessions 3'"
check "wherever the folders are said to be" sh -c "
    XDG_CONFIG_DIRS=$T RINGLET_CONFIG_DIR=$T/else RINGLET_POLICY=$T/none \
    ringletd -T | grep -qx 'MaxSessions 3'"
printf 'MaxSessions 3\n' >"$T/policy"
python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" 0644 "$me" <"$T/policy" \
    >/dev/null
check "one of the user's is not" refuses "$LIVE_POLICY: does not belong to"
is "nor does the daemon start with it" "$(status ringlet daemon)" 3
python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" 0664 <"$T/policy" >/dev/null
check "nor is one that a group can write" refuses 'can be written by others'
python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" 0646 <"$T/policy" >/dev/null
check "or anybody" refuses 'can be written by others'
python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" 0600 <"$T/policy" >/dev/null
check "one that cannot be read is an error, too" refuses 'Permission denied'
policy_file link "$T/policy"
check "a symbolic link is not followed" refuses 'symbolic link'
policy 'MaxSessions 3'
policy_file folder 777
check "a folder that anybody can write is none of root's" \
    refuses "${LIVE_POLICY%/*}: can be written by others"
policy_file folder 755 "$me"
check "nor is the user's" refuses "${LIVE_POLICY%/*}: does not belong"
policy_file folder 755
check "as before it is taken" ringletd -t
policy 'MaxSessions 3' 'MaxSession 4'
check "a mistake is named" refuses "policy.conf line 2: 'MaxSession' is not"

# --- in a running daemon ---
policy 'MaxSessions 3' 'MaxKeyAge 90d warn=75d'
start_daemon NoSandbox=http MaxSessions=20
shell_profile work
check "what it has changed is logged" \
    grep -q 'policy: MaxSessions is 3 (.*policy.conf line 1)' "$LOG"
check "that there is one now, is written down" entry policy.change ok "$LIVE_POLICY"
session work -C "$WORK" --no-sandbox -- -c 'read x'
kept=$ID
is "policy show explains" "$(status ringlet policy show)" 0
like "what is the policy's" "$(cat "$T/out")" \
    "MaxSessions +3 .*policy.conf line 1, over .*ringlet.conf line [0-9]+"
like "and what the user's" "$(cat "$T/out")" \
    "NoSandbox +http .*ringlet.conf line [0-9]+"
like "and what nobody's" "$(cat "$T/out")" 'AuditFull +deny .*default'
ringlet --json policy show >"$T/show"
is "also in JSON" "$(python3 -c '
import json, sys
d = json.load(sys.stdin)["data"]
s = {s["keyword"]: s for s in d["settings"]}
r = {r["keyword"]: r for r in d["rules"]}
print(s["MaxSessions"]["forced"], s["NoSandbox"]["forced"],
      r["MaxKeyAge"]["value"], r["MaxKeyAge"]["line"],
      r["AllowAgents"]["line"], d["trouble"])' <"$T/show")" \
    "True False 90d warn=75d 2 None None"

policy 'NoSandbox never' 'DenyAgents claude'
check "a new one holds" reload 'NoSandbox is never'
is "from the next session on" \
    "$(status ringlet profiles run work --remote --no-sandbox -- -c :)" 5
check "which is written down" entry policy.refuse refused 'NoSandbox ('
is "over HTTP it is 403" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"work","no_sandbox":true}')" 403
like "with rule, file and line" "$(cat "$T/body")" \
    "refused by NoSandbox \\($LIVE_POLICY line 1\\)"
is "a session that runs goes on" "$(field "$kept" state)" running

# refused_entries: how many there are.
refused_entries()
{
	grep -c '"outcome":"refused"' "$AUDIT"
}
policy 'DenyBwrapFlags all'
check "flags can be refused" reload 'DenyBwrapFlags|policy: .* holds'
before_refusal=$(refused_entries)
is "(they are)" "$(status ringlet profiles run work --remote -C "$WORK" \
    --bwrap-flags=--unshare-net -- -c :)" 5
check "the rule's refusal is written down" \
    entry policy.refuse refused DenyBwrapFlags
is "once" "$(($(refused_entries) - before_refusal))" 1
is "over HTTP they are, too" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"work","bwrap_flags":["--unshare-net"]}')" 403
is "and once" "$(($(refused_entries) - before_refusal))" 2

policy 'NoSandbox never' 'DenyAgents claude'
check "one that was there before holds again" reload 'policy: .* holds'
policy 'NoSandbox never' 'DenyAgents Claude'
check "one with a mistake changes nothing" reload 'policy stays as it was'
is "the old one holds" \
    "$(status ringlet profiles run work --remote --no-sandbox -- -c :)" 5
like "policy show tells" "$(ringlet policy show)" 'Not read again.*line 2'
check "and so does the audit log" entry policy.change failed 'line 2'
policy 'NoSandbox never'
echo 'Mistake yes' >>"$CONF"
check "a mistake in the settings" reload 'the settings stay as they are'
policy 'MaxSessions 1' 'NoSandbox cli'
kill -HUP "$MONITOR"
check "keeps no policy from holding" wait_for 20 grep -q 'MaxSessions is 1' "$LOG"
is "in full" "$(status ringlet profiles run work --remote -- -c :)" 1
like "as is said" "$(cat "$T/err")" "MaxSessions \\($LIVE_POLICY line 1\\)"
sed -i /Mistake/d "$CONF"

# --- a manifest of one's own shows no more than a grant may ---
mkdir -p "$RINGLET_CONFIG_DIR/agents.d" "$HOME/kept"
cat >"$RINGLET_CONFIG_DIR/agents.d/mine.json" <<'END'
{"schema": 1, "id": "mine", "name": "Mine", "binary": "sh",
 "home_folder": ".mine-profiles", "provider_types": ["self"],
 "binds": ["~/kept"]}
END
policy 'MaxSessions 9' 'NoSandbox cli'
check "a policy that says nothing of it" reload 'policy: .* holds'
ringlet profiles create mine own -p self >/dev/null 2>&1
is "lets a manifest bind a folder" \
    "$(status ringlet profiles run own --remote -C "$WORK" -- -c :)" 0
policy 'MaxSessions 9' 'NoSandbox cli' 'DenyGrants ro'
check "with DenyGrants" reload 'policy: .* holds'
is "it binds none" \
    "$(status ringlet profiles run own --remote -C "$WORK" -- -c :)" 5
like "as is said" "$(cat "$T/err")" \
    "grant ro ~/kept: refused by DenyGrants \\($LIVE_POLICY line 3\\)"

# --- tokens ---
old=$(ringlet token create --scope view --label old 2>/dev/null)
printf 'Authorization: Bearer %s\n' "$old" >"$T/old"
is "a token is good" "$(http GET /api/profiles -H "@$T/old")" 200
python3 - "$RINGLET_CONFIG_DIR/tokens.json" <<-'PY'
	import json, sys
	with open(sys.argv[1]) as file:
	    doc = json.load(file)
	for token in doc["tokens"]:
	    token["created_at"] -= 7200
	with open(sys.argv[1], "w") as file:
	    json.dump(doc, file)
PY
policy 'MaxTokenAge 1h'
ringlet daemon restart >/dev/null 2>&1
daemon_facts
is "until it is older than MaxTokenAge" \
    "$(http GET /api/profiles -H "@$T/old")" 403
like "as the answer says" "$(cat "$T/body")" \
    "refused by MaxTokenAge \\($LIVE_POLICY line 1\\)"
is "a fresh one is good" "$(api GET /api/profiles)" 200
is "the session lived through it" "$(field "$kept" state)" running

# A page that signs in for longer is let in, for no longer.
ringlet --json dashboard --print --expires 12h >"$T/url" 2>"$T/err"
code=$(json data url <"$T/url" | sed 's/.*[#=]//')
printf '{"code":"%s"}' "$code" >"$T/code"
is "a dashboard signs in" "$(http POST /api/token/exchange \
    -H 'Content-Type: application/json' -d "@$T/code")" 201
check "for MaxTokenAge" python3 -c '
import calendar, json, sys, time
ends = json.load(sys.stdin)["data"]["expires_at"]
if isinstance(ends, str):
    ends = calendar.timegm(time.strptime(ends[:19], "%Y-%m-%dT%H:%M:%S"))
sys.exit(not 0 < ends - time.time() <= 3600)' <"$T/body"

# --- AuditSyslog ---
if [ -S /dev/log ]; then
	skip "AuditSyslog without a system log: this machine has one"
else
	policy 'AuditSyslog yes' 'NoSandbox http'
	check "AuditSyslog is taken" reload 'AuditSyslog is yes'
	is "without a system log nothing starts" \
	    "$(status ringlet profiles run work --remote -- -c :)" 5
	like "as is said" "$(cat "$T/err")" \
	    "AuditSyslog \\($LIVE_POLICY line 1\\)"
	ringlet daemon stop >/dev/null 2>&1
	is "nor the daemon" "$(status ringlet daemon)" 3
	like "which says so" "$(cat "$T/err")" "AuditSyslog \\($LIVE_POLICY"
fi
policy_file none
check "without a policy it does" ringlet daemon
check "and that there is none, is written down" \
    entry policy.change ok '"hash":"none"'
done_testing
