# The real gnome-keyring's own window opens on a display, is answered, dismissed, or goes with the command that wanted it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/conform-lib.sh"

for program in Xvfb xdotool gnome-keyring-daemon /usr/libexec/gcr-prompter; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp 3>"$T/display" \
    >"$T/xvfb.log" 2>&1 &
at_end $!
wait_for 20 test -s "$T/display" || bail "a display of our own starts"
screen=:$(cat "$T/display")

# A bus that may start one service: the keyring's window.
mkdir "$T/services"
cat >"$T/services/prompter.service" <<-SERVICE
	[D-BUS Service]
	Name=org.gnome.keyring.SystemPrompter
	Exec=/usr/bin/env DISPLAY=$screen /usr/libexec/gcr-prompter
SERVICE
start_keyring "<servicedir>$T/services</servicedir>"
key=$(canary window)
start_daemon
new_profile shell asked "$key" -p anthropic

# x WORD...: xdotool.
x()
{
	DISPLAY=$screen xdotool "$@"
}
window()
{
	[ -n "$(x search --onlyvisible --name . 2>/dev/null)" ]
}
no_window()
{
	! window
}
# asks: the keyring is locked, and the command wants a key; sets ASKER.
asks()
{
	lock_default
	DISPLAY=$screen ringlet profiles env asked >"$T/out" 2>"$T/err" &
	ASKER=$!
	check "$1: a window opens" wait_for 20 window
}
# A key that comes before the window takes any is lost, so it is given again.
# ends ACTION: until the command has ended; sets CODE.
over()
{
	"$@"
	! kill -0 "$ASKER"
}
ends()
{
	# Without a window manager now and then it takes none at all; what we do
	# ourselves is tried without it in keychain-prompt.sh.
	if ! wait_for 20 over "$@"; then
		kill "$ASKER"
		skip "the rest: the keyring's window takes no keys"
		done_testing
	fi
	ok "and the command ends"
	wait "$ASKER"
	CODE=$?
}
password()
{
	x key ctrl+a type throwaway
	x key Return
}

asks "a locked keyring"
ends password
is "with the password it has the key" "$CODE" 0
like "which is that of the profile" "$(cat "$T/out")" "$key"
check "the window is gone" wait_for 10 no_window

asks "locked again"
ends x key Escape
is "dismissed, it has none" "$CODE" 1
like "and says so" "$(cat "$T/err")" 'dismissed: try again'
check "the window is gone" wait_for 10 no_window

asks "once more"
kill "$ASKER"
wait "$ASKER"
check "the window goes with the command" wait_for 10 no_window
is "without a display there is no window" \
    "$(status ringlet profiles env asked)" 1
refute "none at all" window
done_testing
