# Words are completed in bash, zsh and fish from the tables of commands, with names of profiles, agents and sessions; no daemon is started for it, and nothing is said of what is wrong.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

SHELLS=$LIVE_SRC/completions

# words ARGS...: what the last could become, without what it means.
words()
{
	ringlet __complete "$@" 2>&1 | cut -f 1 | tr '\n' ' '
}

is "commands" "$(words te)" 'terminal '
is "their second words" "$(words terminal a)" 'attach '
is "what begins with a daemon, too" "$(words daemon r)" 'restart '
is "options" "$(words profiles delete --k)" '--keep-home '
is "those that all commands take" "$(words profiles list --js)" '--json '
is "those that stand before" "$(words --ho)" '--host '
is "behind them commands go on" "$(words -q --json po)" 'policy '
is "values of an option" "$(words token create --scope c)" 'control '
is "behind its equals sign, too" "$(words token create --scope=v)" \
    '--scope=view '
is "words of an operand" "$(words keychain migrate v)" 'vault '
is "events" "$(words hooks add x Pre)" 'PreToolUse '
is "files are the shell's" "$(words hooks import x '')" ':file '
is "folders, too" "$(words profiles run x -C '')" ':dir '
is "hosts, too" "$(words -H '')" ':host '
is "behind -- stands what the agent takes" \
    "$(words profiles run x --remote -- '')" ':file '
is "help knows commands" "$(words help profiles ins)" 'inspect '
like "each says what it is" "$(ringlet __complete terminal kil)" \
    "^kill	end a session"
is "what there is not is nothing" "$(words frob '')" ''
is "nor with a folder that is none" \
    "$(RINGLET_CONFIG_DIR=rel words profiles inspect '')" ''
is "without profiles there is none" "$(words profiles inspect '')" ''
is "without a daemon no session" "$(words terminal attach '')" ''
is "nothing is no word" "$(ringlet __complete 2>&1)" ''
refute "no daemon was started" test -e "$RINGLET_RUNTIME_DIR"

start_daemon
shell_profile plain
shell_profile other
: >"$RINGLET_CONFIG_DIR/profiles/it's bad.json"
is "profiles" "$(words profiles inspect p)" 'plain '
is "agents" "$(words agents inspect cla)" 'claude '
is "for an option, too" "$(words profiles list --agent cla)" 'claude '
is "providers" "$(words profiles create claude x -p anth)" 'anthropic '
is "on another machine there are others" \
    "$(words -H there profiles inspect '')" ''
token=$(ringlet --json token create --scope view --label mine | json data id)
like "tokens" "$(words token revoke '')" "$token "
if ringlet -q profiles run plain --remote >"$T/id" 2>/dev/null; then
	is "sessions" "$(words terminal attach '')" "$(cat "$T/id") "
else
	skip "sessions: no jail can be built here"
fi

# types WHAT PROMPT-COMMAND...: a shell on a terminal completes words.
types()
{
	on_tty --timeout 20 --out "$T/tty" expect 'ready>' \
	    send 'ringlet prof\t' expect 'profiles' \
	    send 'ins\t' expect 'inspect' send 'pla\t' expect 'plain' \
	    send '\x15ringlet token create --scope=vi\t' expect '=view' \
	    send '\x15ringlet keychain migrate s\t' expect 'secret-service' \
	    send '\x15ringlet profiles run plain -C '"$T"'/fol\t' \
	    expect 'folder' send '\x15exit\n' wait x -- "$@"
}
mkdir "$T/folder"
: >"$T/folfile"

cat >"$T/bashrc" <<-RC
	PS1='ready>'
	bind 'set bell-style none'
	. '$SHELLS/bash/ringlet'
RC
check "bash" types bash --noprofile --rcfile "$T/bashrc" -i

loader=/usr/share/bash-completion/bash_completion
if [ -r "$loader" ]; then
	mkdir -p "$T/share/bash-completion/completions"
	cp "$SHELLS/bash/ringlet" "$T/share/bash-completion/completions/"
	cat >"$T/bashrc" <<-RC
		PS1='ready>'
		bind 'set bell-style none'
		XDG_DATA_DIRS=$T/share:/usr/share
		. $loader
	RC
	check "bash-completion finds it by its name" \
	    types bash --noprofile --rcfile "$T/bashrc" -i
else
	skip "bash-completion is not installed"
fi

if command -v zsh >/dev/null; then
	mkdir "$T/zsh"
	cat >"$T/zsh/.zshrc" <<-RC
		PS1='ready>'
		unsetopt beep
		fpath=('$SHELLS' \$fpath)
		autoload -Uz compinit
		compinit -u -D
		bindkey '^U' kill-whole-line
	RC
	check "zsh" types env ZDOTDIR="$T/zsh" zsh -d -i
else
	skip "zsh is not installed"
fi

if command -v fish >/dev/null; then
	fish_says()
	{
		fish --no-config -c "source '$SHELLS/ringlet.fish'
		    complete -C '$1'" 2>&1 | cut -f 1 | tr '\n' ' '
	}
	is "fish: commands" "$(fish_says 'ringlet prof')" 'profiles '
	is "fish: their second words" "$(fish_says 'ringlet profiles ins')" \
	    'inspect '
	is "fish: profiles" "$(fish_says 'ringlet profiles inspect ')" \
	    'other plain '
	is "fish: options" "$(fish_says 'ringlet profiles delete --k')" \
	    '--keep-home '
	is "fish: values" "$(fish_says 'ringlet token create --scope=vi')" \
	    '--scope=view '
	is "fish: files" "$(fish_says "ringlet hooks import plain $T/folf")" \
	    "$T/folfile "
	is "fish: folders" "$(fish_says "ringlet profiles run x -C $T/fold")" \
	    "$T/folder/ "
else
	skip "fish is not installed"
fi
done_testing
