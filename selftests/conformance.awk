# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f conformance.awk OUTPUT: a line 'Suite.Test verdict' for each test that
# iscsi-test-cu has run. A test that says of anything in it that it was skipped,
# and does not fail, is skipped. One that was run several times has its best
# verdict. With -v again=1 a line for each of those: how often it passed, and how
# often it was run.

function test_ends(	name)
{
	name = suite "." test
	if (test != "") {
		if (verdict == "")
			verdict = "fail"
		if (!(name in best) || rank[verdict] > rank[best[name]])
			best[name] = verdict
		runs[name]++
		passes[name] += verdict == "pass"
	}
	test = ""
}

BEGIN { rank["fail"] = 0; rank["skip"] = 1; rank["pass"] = 2 }

/^Suite: / {
	test_ends()
	suite = $2
}

/^  Test: / {
	test_ends()
	test = $2
	skipped = 0
	verdict = ""
}

/\[SKIPPED\]/ { skipped = 1 }

# behind what the test has said, or alone
test != "" && /(^|\.\.\. *)passed( |$)/ { verdict = skipped ? "skip" : "pass" }
test != "" && /(^|\.\.\. *)FAILED *$/ { verdict = "fail" }

/^#END/ { test_ends() }

END {
	for (name in best)
		if (!again)
			print name, best[name]
		else if (runs[name] > 1)
			print name, "passed", passes[name] + 0, "of", runs[name]
}
