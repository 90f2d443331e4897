#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The help, the manual page and the completion say the same of commands and options.
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")/.." && pwd)
page=$here/tcmuctl.8.rst

# From the help: it is made of the table that is parsed
commands() {
	ctl help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# options COMMAND: its own
options() {
	ctl help "$1" | sed -n '/^Options:/,/^$/s/^  \(--[a-z-]*\).*/\1/p' |
		sort
}

globals() {
	ctl help | sed -n '/^Options of all/,/^$/s/^  \(--[a-z-]*\).*/\1/p' |
		sort
}

# section COMMAND: of the manual page
section() {
	awk -v want="tcmuctl $1" '
		{ lines[NR] = $0 }
		END {
			for (i = 1; i < NR; i++) {
				if (lines[i + 1] ~ /^(---|===)/)
					inside = lines[i] == want ||
						index(lines[i], want " ") == 1
				if (inside)
					print lines[i]
			}
		}' "$page"
}

# paged COMMAND: options that its section describes
paged() {
	section "$1" | sed -n 's/^``\(--[a-z-]*\).*/\1/p' | sort
}

# completes WORD...: what the completion offers for the last one
completes() {
	(
		set +u
		# shellcheck source=/dev/null
		. "$here/completion"
		COMP_WORDS=(tcmuctl "$@") COMP_CWORD=$#
		_tcmuctl
		printf '%s\n' "${COMPREPLY[@]}" | sort
	)
}

same_commands() {
	is "$(completes '')" "$(commands | sort)"
	is "$(completes help '')" "$(commands | sort)"
	is "$(sed -n 's/^tcmuctl \([a-z]*\)\( .*\)*$/\1/p' "$page" | sort)" \
		"$(commands | sort)"
}

# The lines above sections are those of the usage
same_arguments() {
	local command usage

	for command in $(commands); do
		usage=$(ctl help "$command" | sed -n '1s/^Usage: //p')
		usage=${usage/ '[OPTION...]'/}
		grep -qxF -- "$usage" "$page" || fail "the page has no '$usage'"
	done
}

same_options() {
	local command

	for command in $(commands); do
		is "$(paged "$command")" "$(options "$command")"
		is "$(completes "$command" --)" \
			"$( (globals; options "$command") | sort)"
	done
}

same_globals() {
	is "$(sed -n '/^OPTIONS/,/^COMMANDS/s/^``\(--[a-z]*\).*/\1/p' "$page" |
		sort)" "$(globals)"
	is "$(completes --)" "$(globals)"
}

# Each option of the help is one that the program takes
options_are_taken() {
	local command option status

	for command in $(commands); do
		for option in $(options "$command"); do
			status=0
			ctl "$command" --help "$option" >"$tmp/out" \
				2>"$tmp/err" || status=$?
			! grep -q "no option" "$tmp/err" || fail "$command $option"
		done
	done
}

help_everywhere() {
	local command

	for command in $(commands); do
		is "$(ctl "$command" --help)" "$(ctl help "$command")"
		is "$(ctl -h "$command")" "$(ctl help "$command")"
	done
	is "$(ctl --help)" "$(ctl help)"
	refused 2 "no command 'x'" help x
}

lines_are_short() {
	local command

	for command in '' $(commands); do
		# shellcheck disable=SC2086 # nothing, or a word
		ctl help $command | grep '.\{90,\}' && fail "is too long"
	done
	return 0
}

page_is_whole() {
	grep -q '^\.TH "\?TCMUCTL"\? "\?8' "${TCMUCTL%/*}/tcmuctl.8"
}

values() {
	is "$(completes create --mode '')" "$(printf 'io\npassthrough')"
	is "$(completes create f)" file
	is "$(completes --json show --wrong)" ""
	is "$(completes --json del)" delete
	is "$(completes resize --force '')" ""
	is "$(cd "$here" && completes create file comp)" completion
}

claim "commands are the same in help, page and completion" same_commands
claim "arguments are the same in help and page" same_arguments
claim "options are the same in help, page and completion" same_options
claim "so are the options of all commands" same_globals
claim "each option is taken" options_are_taken
claim "--help of a command is its help" help_everywhere
claim "no line of the help is longer than 89 characters" lines_are_short
claim "the manual page can be made" page_is_whole
claim "values are completed, too" values
done_testing
