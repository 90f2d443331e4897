# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f conformance.awk OUTPUT: a line 'Suite.Test verdict' for each test that
# iscsi-test-cu has run. A test that says of anything in it that it was skipped,
# and does not fail, is skipped.

function test_ends()
{
	if (test != "")
		print suite "." test, verdict == "" ? "fail" : verdict
	test = ""
}

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
