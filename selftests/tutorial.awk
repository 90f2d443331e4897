# SPDX-License-Identifier: GPL-2.0-only
#
# Takes the commands out of a page: each block of shell becomes a file
# DIR/SECTION/NN.sh, what stands below it as its output NN.out. Blocks of the classes
# 'setup' and 'build' have these for suffixes. DIR is -v dir=.

function section(title) {
	nr_sections++
	gsub(/[^A-Za-z]+/, "-", title)
	place = sprintf("%s/%02d-%s", dir, nr_sections, title)
	nr = 0
}

function finish() {
	if (file)
		close(file)
	file = ""
	reading = 0
}

/^===+$/ && length(before) == length($0) && before !~ /^=/ { section(before) }
{ before = $0 }

/^\.\. code-block:: (sh|text)/ {
	finish()
	kind = $3
	suffix = kind == "sh" ? "sh" : ""
	reading = 1
	next
}
reading && /^[^ ]/ { finish() }
reading && /^   :class: / {
	suffix = $2 == "output" ? "out" : $2
	next
}
reading && !file && /^$/ { next }
reading {
	if (!file) {
		if (!suffix) {
			print FILENAME ": " FNR ": a block of unknown use" > "/dev/stderr"
			exit 1
		}
		if (kind == "sh")
			nr++
		if (!made[place]++)
			system("mkdir -p '" place "'")
		file = sprintf("%s/%02d.%s", place, nr, suffix)
	}
	sub(/^   /, "")
	print > file
}
