# The picker of folders shows what a session could have, nothing outside of its roots, and waits for no file system that does not answer.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir -p "$HOME/project/src" "$HOME/project/.hidden" "$HOME/.ssh" \
    "$HOME/bin" "$T/outside/secret" "$HOME/with blank/ä"
ln -s "$T/outside" "$HOME/link"
ln -s / "$HOME/project/root"
if [ -n "${LIVE_LIBEXEC:-}" ]; then
	mkdir "$T/libexec"
	cp "$LIVE_LIBEXEC"/ringlet[d-]* "$T/libexec/"
	RINGLET_LIBEXEC_DIR=$T/libexec
	export RINGLET_LIBEXEC_DIR
fi
start_daemon
shell_profile jailed

# list PATH, complete PREFIX: the status; ask QUERY: as it stands.
ask()
{
	api GET "/api/fs/$1"
}
quoted()
{
	python3 -c 'import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1], safe=""))' "$1"
}
list()
{
	ask "list?path=$(quoted "$1")"
}
complete()
{
	ask "complete?prefix=$(quoted "$1")"
}
# names: of the reply, a line each.
names()
{
	python3 -c 'import json, sys
for e in json.load(sys.stdin)["data"]["entries"]: print(e["name"])' <"$T/body"
}

is "the home is listed" "$(ask list)" 200
is "with what a session could have" "$(names | tr '\n' ' ')" \
    "project with blank work "
is "and is none itself" "$(json data usable <"$T/body")" false
like "for a reason" "$(json data reason <"$T/body")" 'never shows|own'
is "a folder is listed" "$(list "$HOME/project")" 200
is "without hidden ones and links" "$(names)" src
is "its parent is told" "$(json data parent <"$T/body")" "$HOME"
is "and it could be had" "$(json data usable <"$T/body")" true
is "which is so" "$(api POST /api/terminal/sessions "{
    \"profile_alias\":\"jailed\",\"args\":[\"-c\",\"exit\"],
    \"working_dir\":\"$(list "$HOME/project/src" >/dev/null
    json data path <"$T/body")\"}")" 201
is "a beginning is completed" "$(complete "$HOME/pro")" 200
is "with the folder" "$(json data entries 0 path <"$T/body")" "$HOME/project"
is "hidden ones where that is wanted" "$(complete "$HOME/project/.")" 200
is "with those alone" "$(names)" .hidden
is "blanks and letters of all kinds" "$(list "$HOME/with blank")" 200
is "are told as they are" "$(names)" ä

for path in "$T/outside" / /etc /proc/self "$HOME/link" "$HOME/link/secret" \
    "$HOME/project/root" "$HOME/project/root/etc" "$HOME/.ssh" "$HOME/bin" \
    "$RINGLET_CONFIG_DIR" "$HOME/.claude-profiles" "$T"; do
	is "not ${path#"$T"/}" "$(list "$path")" "$(
	    [ "$path" = "$HOME/.claude-profiles" ] && echo 404 || echo 403)"
done
is "no way up" "$(list "$HOME/../outside")" 400
is "nor one in percent-encoding" \
    "$(ask "list?path=$HOME/%2e%2e/outside")" 400
is "what is not there" "$(list "$HOME/nothing")" 404
is "beginnings outside" "$(complete "$T/outside/s")" 200
is "lead nowhere" "$(names)" ""
is "beginnings above" "$(complete /)" 200
is "lead to the roots" "$(names)" "$HOME"
for query in "list?path=%" "list?path=%2" "list?path=%zz" "list?path=%00" \
    "list?path=%ff" "list?path=a+b" "list?path=relative" "list?x=1" \
    "list?path=$HOME&path=$HOME" "complete" "complete?path=$HOME" \
    "list?token=x"; do
	is "a query is refused: ${query%%"$T"*}" "$(ask "$query")" \
	    "$([ "$query" = "list?token=x" ] && echo 401 || echo 400)"
done
is "not without a token" "$(http GET /api/fs/list)" 401
is "nor by another method" "$(api POST /api/fs/list)" 405

# Settings hold at once.
printf 'BrowseRoots %s\n' "$T/outside" >>"$CONF"
kill -HUP "$MONITOR"
wait_for 10 grep -q 'BrowseRoots is now' "$LOG" || not_ok "it is read again"
is "another root" "$(ask list)" 200
is "has its own" "$(names)" secret
is "and the home is none any more" "$(list "$HOME/project")" 403
sed -i 's/^BrowseRoots.*/BrowseRoots none/' "$CONF"
kill -HUP "$MONITOR"
wait_for 10 grep -q 'BrowseRoots is now none' "$LOG" ||
	not_ok "it is read again"
is "none at all" "$(ask list)" 403

# A file system that does not answer: a process that does not.
if [ -z "${LIVE_LIBEXEC:-}" ]; then
	skip "a picker that hangs: the programs are installed"
	done_testing
fi
mv "$T/libexec/ringlet-monitor" "$T/libexec/real"
cat >"$T/libexec/ringlet-monitor" <<'S'
#!/bin/sh
exec sleep 100
S
chmod 755 "$T/libexec/ringlet-monitor"
printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/bearer"
pids=
for n in 1 2 3 4; do
	curl -sS -o "$T/hung.$n" -w '%{http_code}' -H "@$T/bearer" \
	    "$URL/api/fs/list" >"$T/code.$n" &
	pids="$pids $!"
done
hung()
{
	[ "$(pgrep -P "$MONITOR" -x sleep | wc -l)" -eq 4 ]
}
wait_for 10 hung || not_ok "four look for folders"
is "a fifth has no place" "$(ask list)" 429
is "others are answered meanwhile" "$(api GET /api/profiles)" 200
for pid in $pids; do
	wait "$pid"
done
for n in 1 2 3 4; do
	is "hung $n is told so" "$(cat "$T/code.$n")" 503
	is "by a code" "$(json code <"$T/hung.$n")" TIMEOUT
done
gone()
{
	! pgrep -P "$MONITOR" -x sleep >/dev/null
}
check "and nothing is left of them" wait_for 10 gone
mv "$T/libexec/real" "$T/libexec/ringlet-monitor"
sed -i '/^BrowseRoots/d' "$CONF"
kill -HUP "$MONITOR"
wait_for 10 grep -q 'BrowseRoots is now ~/' "$LOG" ||
	not_ok "it is read again"
is "then folders are found again" "$(list "$HOME/project")" 200
done_testing
