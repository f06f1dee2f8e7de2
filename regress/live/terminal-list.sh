# `terminal list` tells sessions apart in 80 columns, `terminal info` says all about one, and JSON has the same names as HTTP.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

long=a-profile-with-a-name-that-is-as-long-as-the-name-of-one-may-be-x
long=$(printf %.64s "$long")
start_daemon
shell_profile short
shell_profile "$long"
session short -C "$WORK" --cols 100 --rows 30
RUNS=$ID
session "$long" -C "$WORK" --cols 4096 --rows 4096 -- -c \
    'printf 0123456789; exit 3'
LONG=$ID
session short -C "$WORK" --no-sandbox -- -c 'kill -USR1 $$'
FREE=$ID
session short -C "$WORK"
KILLED=$ID
check "one is killed" ringlet terminal kill "$KILLED"
await "$LONG" && await "$FREE" || bail "sessions end"

row()
{
	grep "^$1" "$T/list"
}

check "list" sh -c 'ringlet terminal list >"$0"' "$T/list"
like "there are headings" "$(head -n 1 "$T/list")" \
    '^ID +PROFILE +STATE +AGE +SIZE +VIEWERS +JAIL$'
like "one that runs" "$(row "$RUNS")" \
    "^$RUNS  short +running +[0-9]+s +100x30 +0 +(full|reduced)$"
like "one that ended" "$(row "$LONG")" \
    "^$LONG  $long +exit 3 +[0-9]+s +4096x4096 +0 +(full|reduced)$"
like "one without a jail, ended by a signal" "$(row "$FREE")" \
    "^$FREE  short +signal 10 +[0-9]+s +[0-9]+x[0-9]+ +0 +none$"
like "one that was killed" "$(row "$KILLED")" "^$KILLED  short +killed "

on_tty --out "$T/tty" --size 24x80 wait x -- env NO_COLOR=1 ringlet terminal list
tr -d '\r' <"$T/tty" | sed 's/…/./' >"$T/list"
is "on a terminal no line is longer than that" \
    "$(awk 'length > 80' "$T/list")" ''
like "only a long name is shortened" "$(row "$LONG")" \
    "^$LONG  a-profile[a-z-]*\. +exit 3 +[0-9]+s +4096x4096 +0 +"
like "and no other" "$(row "$RUNS")" "^$RUNS  short +running "

check "info" sh -c 'ringlet terminal info "$0" >"$1"' "$LONG" "$T/info"
for line in "ID: $LONG" "Profile: $long" 'State: terminated' \
    'Ended by: exit 3' 'Reason: exit' 'Size: 4096x4096' 'Viewers: 0' \
    'Output: 10 bytes, kept from byte 0 on'; do
	check "it says $line" grep -Fqx "$line" "$T/info"
done
like "and when" "$(cat "$T/info")" '^Created: [0-9]{4}-[0-9]{2}-[0-9]{2} '
like "until when" "$(cat "$T/info")" '^Ended: [0-9]{4}-[0-9]{2}-[0-9]{2} '
like "and how long" "$(cat "$T/info")" '^Duration: [0-9]+s$'
like "of one that runs, how long by now" \
    "$(ringlet terminal info "$RUNS")" '^Duration: [0-9]+s$'

# Scripts rely on names and types.
ringlet --json terminal info "$LONG" >"$T/info.json"
python3 - "$T/info.json" <<'PY'
import json, sys
got = json.load(open(sys.argv[1]))["data"]
want = {"id": str, "profile_alias": str, "state": str, "exit_code": int,
        "signal": None, "reason": str, "text": None, "created_at": str,
        "ended_at": str, "pid": None, "cols": int, "rows": int,
        "client_count": int, "output_bytes": int, "output_offset": int,
        "sandboxed": bool, "tier": str, "limits": None,
        "working_dir": str, "changed": list, "hooks_left_out": list}
assert list(got) == list(want), list(got)
for name, kind in want.items():
    value = got[name]
    assert value is None if kind is None else type(value) is kind, name
PY
is "JSON has these names, in this order, with these types" $? 0
is "HTTP has them too" "$(api GET "/api/terminal/sessions/$LONG")" 200
python3 - "$T/info.json" "$T/body" <<'PY'
import json, sys
one, other = (json.load(open(name))["data"] for name in sys.argv[1:])
assert one == other, (one, other)
PY
is "with the same values" $? 0
done_testing
