// SPDX-License-Identifier: GPL-2.0-only
/*
 * nlctl: the netlink family on the command line.
 *
 *	nlctl listen		say what happens, give no answers
 *	nlctl answer STATUS	answer each event with STATUS, 0 or a -errno
 */
#include "nl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	bool answers = argc == 3 && !strcmp(argv[1], "answer");
	struct nl_event event;
	struct nl nl;

	if (!answers && (argc != 2 || strcmp(argv[1], "listen"))) {
		fprintf(stderr, "usage: nlctl listen | nlctl answer STATUS\n");
		return 2;
	}
	if (nl_start(&nl) || (answers && nl_features(&nl, 1))) {
		fprintf(stderr, "nlctl: there is no family TCM-USER\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("listening\n");
	for (;;) {
		if (!nl_event(&nl, &event, -1))
			continue;
		printf("event %d of device %u: %s\n", event.cmd, event.id,
		       event.device);
		if (answers)
			nl_reply(&nl, &event, atoi(argv[2]));
	}
}
