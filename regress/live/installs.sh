# An agent runs in a jail wherever an installer has put it in the real home, and nothing else of the home is there.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

echo private >"$HOME/private"
printf '\n' | ringlet profiles create claude bot -p self >/dev/null 2>&1 ||
	bail "a profile of claude is made"
start_daemon
# shellcheck disable=SC2016  # the agent expands it
script='echo "ran $0"; cat "$REAL/private" 2>/dev/null; touch "${0%/*}/x" 2>/dev/null && echo "installation written"'
program()
{
	mkdir -p "${1%/*}"
	{
		printf '%s\n' "${2:-#!/bin/sh}"
		echo "REAL='$HOME'"
		printf '%s\n' "$script"
	} >"$1"
	chmod 755 "$1"
}
# try NAME FOLDER: run what is found; it must lie in FOLDER.
try()
{
	jailed bot -C "$WORK" >"$T/out" 2>&1
	like "$1: it runs" "$(cat "$T/out")" "^ran $2"
	refute "$1: nothing else of the home is there" grep -q private "$T/out"
	refute "$1: and it cannot change itself" \
	    grep -q 'installation written' "$T/out"
}
link()
{
	mkdir -p "${2%/*}"
	ln -sf "$1" "$2"
}
program "$HOME/.local/share/claude/versions/2.0.1"
link ../share/claude/versions/2.0.1 "$HOME/.local/bin/claude"
try "the vendor's own version folder" "$HOME/.local/share/claude/versions"
rm -r "$HOME/.local/bin"
program "$HOME/.local/bin/claude"
try "a program in .local/bin itself" "$HOME/.local/bin"
rm -r "$HOME/.local"/bin
npm=lib/node_modules/@anthropic-ai/claude-code/cli.js
program "$HOME/.npm-global/$npm"
link "../$npm" "$HOME/.npm-global/bin/claude"
try npm-global "$HOME/.npm-global/lib"
rm -r "$HOME/.npm-global"
# The interpreter lies beside it: a shell will do, under a name that no system
# has.
node=$HOME/.nvm/versions/node/v22.1.0
mkdir -p "$node/bin"
cp /bin/sh "$node/bin/nvm-node"
program "$node/$npm" '#!/usr/bin/env nvm-node'
link "../$npm" "$node/bin/claude"
try nvm "$node/lib"
rm -r "$HOME/.nvm"
program "$HOME/.cargo/bin/claude"
try cargo "$HOME/.cargo/bin"
rm -r "$HOME/.cargo"
bun=install/global/node_modules/@anthropic-ai/claude-code/cli.js
mkdir -p "$HOME/.bun/bin"
cp /bin/sh "$HOME/.bun/bin/bun"
program "$HOME/.bun/$bun" '#!/usr/bin/env bun'
link "../$bun" "$HOME/.bun/bin/claude"
PATH=$HOME/.bun/bin:$PATH
try bun "$HOME/.bun/install"
rm -r "$HOME/.bun"
program "$HOME/.local/share/pnpm/claude"
try pnpm "$HOME/.local/share/pnpm"
done_testing
