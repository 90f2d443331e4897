# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f diff.awk OUTPUT: 'TEST: KEY: VALUE' for each line that contract_* have
# printed behind a '|'. A test is named behind its lines.

/^\| / { lines[++n] = substr($0, 3) }

/^(not )?ok [0-9]+ - / {
	sub(/^.*ok [0-9]+ - /, "")
	for (i = 1; i <= n; i++)
		print $0 ": " lines[i]
	n = 0
}
