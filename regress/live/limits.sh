# Granted limits hold in a jail, each after the same work was done without it; the session says which there are and how they are kept.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile worker --working-dir "$WORK"
start_daemon

# does WHAT SCRIPT TEXT: the script's output has TEXT.
does()
{
	jailed worker -- -c "$2" >"$T/out"
	cat "$T/out"
	check "$1" grep -q -- "$3" "$T/out"
}
# bounded WHAT SCRIPT TEXT: it has not.
bounded()
{
	jailed worker -- -c "$2" >"$T/out"
	cat "$T/out"
	refute "$1" grep -q -- "$3" "$T/out"
}
grant()
{
	ringlet profiles grant worker "$@" >"$T/grant" 2>&1 ||
		{ cat "$T/grant"; bail "$* is granted"; }
}

forks='for i in $(seq 60); do sleep 60 & done; echo all of them'
grows="awk 'BEGIN { s = \"x\"; for (i = 0; i < 27; i++) s = s s
	print length(s) }'"
does "without a limit: sixty processes" "$forks" 'all of them'
does "without a limit: 128 MiB of memory" "$grows" '^134217728'
is "no limit is told" "$(field "$ID" limits)" ''

grant limit processes=30
bounded "processes=30 is kept" "$forks" 'all of them'
like "the session says so" "$(field "$ID" limits)" '^processes 30'
grant limit processes=30 --revoke
grant limit memory=64M
bounded "memory=64M is kept" "$grows" '^134217728'
like "the session says so" "$(field "$ID" limits)" \
    '^memory 64M (in all|each process)$'
like "as a person sees it" "$(ringlet terminal info "$ID")" \
    '^Limits: memory 64M '
grant limit memory=64M --revoke
grant limit files=70
does "files=70 is kept" 'ulimit -n' '^70$'
grant limit cpu=1
session worker -- -c 'while :; do :; done'
await "$ID" || not_ok "cpu=1 ends it"
is "cpu=1 is the reason" "$(field "$ID" reason)" limit
like "in words" "$(field "$ID" text)" 'processor time'
api GET "/api/terminal/sessions/$ID" >/dev/null
like "over HTTP, too" "$(json data limits <"$T/body")" \
    '^files 70 each process, processor 1s'
done_testing
