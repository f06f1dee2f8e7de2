# fish completion for ringlet(1).
#
# Words come from `ringlet __complete`, which has them from the tables that
# `ringlet help` is printed from; names of files and hosts from the shell.

function __ringlet_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l value (string replace -r '^--[^=]*=' '' -- "$current")
	set -l before (string match -r '^--[^=]*=' -- "$current")
	for line in (ringlet __complete $words[2..-1] "$current" 2>/dev/null </dev/null)
		switch $line
			case ':file'
				string replace -r '^' "$before" -- (__fish_complete_path "$value")
			case ':dir'
				string replace -r '^' "$before" -- (__fish_complete_directories "$value" '')
			case ':host'
				string replace -r '^' "$before" -- (__fish_print_hostnames)
			case '*'
				echo $line
		end
	end
end
complete -c ringlet -f -a '(__ringlet_complete)'
