// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module comes and goes, and devices, netlink and memory with it: whoever asks
 * for what is not there gets an errno.
 */
#include "files.h"
#include "harness.h"
#include "races.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HBA	CORE "/user_7"
#define DEV	HBA "/brief"

static void load(struct racer *racer)
{
	const char *ko = getenv("TCMU_KO") ?: "/t/" RACES_MODULE ".ko";
	int fd;

	if (syscall(SYS_delete_module, RACES_MODULE, O_NONBLOCK))
		return;
	sleep_ms(races_any(racer, 4));
	fd = open(ko, O_RDONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	EXPECT_EQ(syscall(SYS_finit_module, fd, "", 0), 0);
	close(fd);
	sleep_ms(races_any(racer, 4));
}

static void make(struct racer *racer)
{
	if (mkdir(HBA, 0755) && !file_exists(HBA))
		return;
	if (!mkdir(DEV, 0755)) {
		file_write("dev_config=raw//brief,dev_size=1048576", DEV "/control");
		file_write("1", DEV "/enable");
		sleep_ms(races_any(racer, 3));
		EXPECT_EQ(rmdir(DEV), 0);
	}
	rmdir(HBA);
}

static void use(struct racer *racer)
{
	char name[16];
	void *at;
	int fd;

	snprintf(name, sizeof(name), "/dev/uio%u", races_any(racer, 3));
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		munmap(at, 4096);
	close(fd);
}

static void talk(struct racer *racer)
{
	struct nl_event event;
	struct nl nl;

	if (nl_start(&nl)) {
		sleep_ms(1);
		return;
	}
	nl_features(&nl, 0);
	nl_event(&nl, &event, 5);
	nl_end(&nl);
}

static void look(struct racer *racer)
{
	char buf[256];

	file_read(buf, sizeof(buf), PARAMS "/global_max_data_area_mb");
	file_write("1024", PARAMS "/global_max_data_area_mb");
	file_write("2048", PARAMS "/global_max_data_area_mb");
	file_read(buf, sizeof(buf), PARAMS "/netlink_timeout");
	file_write("0", PARAMS "/block_netlink");
}

static void drop(struct racer *racer)
{
	file_write("2", "/proc/sys/vm/drop_caches");
	sleep_ms(races_any(racer, 10));
}

const struct race races_module[] = {
	RACE(load),
	RACE(make),
	RACE(use),
	RACE(talk),
	RACE(look),
	RACE(drop),
};

const int races_module_nr = ARRAY_SIZE(races_module);
