// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's modules: whether they are there, and what their errors mean.
 */
#include "driver.h"

#include "fs.h"
#include "tcmuctl.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void load(void)
{
	static char *const args[] = {
		(char *)"modprobe", (char *)"-q", (char *)"target_core_user",
		NULL,
	};
	pid_t pid;

	if (fs_is_fake() || posix_spawnp(&pid, args[0], NULL, NULL, args,
					 environ))
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int driver_ready(void)
{
	if (!fs_exists(FS_MODULE))
		load();
	if (!fs_exists(FS_MODULE))
		return say_error("no target_core_user: modprobe target_core_user says why");
	if (!fs_exists(FS_CORE))
		return say_error("no " FS_CORE ": is configfs mounted?");
	return 0;
}

bool driver_is_ours(void)
{
	return fs_exists(FS_MODULE "/version");
}

static int timed_out(const char *what, const char *handler)
{
	char limit[32];

	if (fs_read(limit, sizeof(limit), FS_MODULE
		    "/parameters/netlink_timeout") <= 0)
		strcpy(limit, "some");
	return say_error("%s: no daemon answered within %s s (netlink_timeout): does one that runs serve handler '%s'? Its log says more",
			 what, limit, handler);
}

int driver_error(const char *what, const char *handler, int err)
{
	switch (err) {
	case -ENOENT:
		return say_error("%s: no daemon serves handler '%s', or it refused: see its log",
				 what, handler);
	case -EAGAIN:
		return say_error("%s: the module's parameter block_netlink is 1: write 0 to it",
				 what);
	case -EBUSY:
		return say_error("%s: another change has not been answered yet",
				 what);
	case -ESRCH:
		return say_error("%s: no daemon is listening that could be told",
				 what);
	case -ETIMEDOUT:
		return timed_out(what, handler);
	case -EINTR:
		return say_error("%s: interrupted", what);
	case -EACCES:
	case -EPERM:
		if (geteuid())
			return say_error("%s: %s: this needs root", what,
					 strerror(-err));
	}
	return say_error("%s: %s: the daemon's log, or the kernel's, says more",
			 what, strerror(-err));
}
