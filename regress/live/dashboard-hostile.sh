# The dashboard shows what is hostile as text: names, folders, titles, output, links and pasted text; the clipboard is never read, and a daemon that sends rubbish is told from one that does not.
# Once: what is judged is the page; dashboard.sh has it with sanitizers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
echo 'KillGrace 500ms' >>"$CONF"
shell_profile constructor
start_daemon
dashboard_there
cat >"$WORK/asks" <<'SH'
stty raw -echo
printf 'Q\033[c\033[>c\033[6n\033]10;?\007\033]4;1;?\007\033]52;c;?\007'
printf '\033P$qm\033\\\033[18t\033[?u asked'
dd bs=1 count=3 of=one 2>/dev/null
printf '\r\n\033]52;c;?\007\033[5nnow'
dd bs=1 count=7 of=two 2>/dev/null
printf 'answered'
dd bs=1 count=1 2>/dev/null
SH
cat >"$WORK/shows" <<'SH'
osc() { printf '\033]%s\007' "$1"; }
html='<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
printf '%s\r\n' "$html"
osc "8;;javascript:window.ran=1"; printf 'LINK-JS'; osc '8;;'; echo
osc "8;;data:text/html,<script>window.ran=1</script>"; printf 'LINK-DATA'
osc '8;;'; echo
osc "8;;http://127.0.0.1:9/x?<b>"; printf 'https://good.example/'; osc '8;;'; echo
osc "8;;http://user:word@127.0.0.1:9/"; printf 'LINK-USER'; osc '8;;'; echo
osc "8;;http://127.0.0.1:9/$(head -c 60000 /dev/zero | tr '\0' a)"
printf 'LINK-HUGE'; osc '8;;'; echo
printf 'bidi:\342\200\256gnp.exe\342\200\254\r\n'
osc "0;$html"
osc "2;$html"
echo ready
read -r x
osc "52;c;$(printf 'evil one' | base64)"
echo first; read -r x
osc "52;c;$(printf 'evil two' | base64)"
echo second; read -r x
osc "2;$(printf 'a\342\200\256b\001d')$(head -c 5000 /dev/zero | tr '\0' t)"
echo third; read -r x
stty raw -echo
echo raw
dd bs=1 count=60 of=pasted 2>/dev/null
SH
mkdir "$WORK/<img src=x onerror=window.ran=1>"
browser dashboard-hostile.js "$URL" "$WORK"
is "the daemon has lived through it" \
    "$(ringlet --json daemon status | json data ringletd_pid)" "$RINGLETD"
done_testing
