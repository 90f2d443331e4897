// SPDX-License-Identifier: GPL-2.0-only
/*
 * What races for a device: each is right by itself, and may be done at any time.
 */
#include "files.h"
#include "guard.h"
#include "harness.h"
#include "races.h"
#include "sg.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096

static void pause_some(struct racer *racer, int below)
{
	sleep_ms(races_any(racer, below));
}

/* Completion: the kernel is told of news by many, and of none, too */
static void kick(struct racer *racer)
{
	int fd = races_file(racer->races);
	uint32_t word = 0;
	int i;

	for (i = 0; fd >= 0 && i < 20; i++)
		if (write(fd, &word, sizeof(word)) != sizeof(word))
			break;
	close(fd);
}

/* A mapping of its own, faults all over it, pages given back and asked for again */
static void map(struct racer *racer)
{
	size_t len = racer->races->map_len;
	int fd = races_file(racer->races);
	size_t half = len / 2 & ~(PAGE - 1);
	uint8_t *at, byte;
	int i;

	at = fd < 0 ? MAP_FAILED :
		      mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	for (i = 0; at != MAP_FAILED && i < 64; i++) {
		guard_load(&byte, at + races_any(racer, len), 1);
		if (i % 16 == 15)
			madvise(at, len, MADV_DONTNEED);
	}
	/* in two parts, so that one is left alone; the first may be another's by then */
	if (at != MAP_FAILED) {
		munmap(at, half);
		munmap(at + half, len - half);
	}
	close(fd);
}

static void reopen(struct racer *racer)
{
	static const char *const recoveries[] = { "hold", "fail", "replay" };

	races_reopen(racer->races, recoveries[races_any(racer, 3)],
		     races_any(racer, 5));
	pause_some(racer, 20);
}

static void block(struct racer *racer)
{
	lun_set(racer->races->lun, "action/block_dev", "1");
	pause_some(racer, 4);
	lun_set(racer->races->lun, "action/block_dev", "0");
	pause_some(racer, 4);
}

static void reset(struct racer *racer)
{
	races_reset(racer->races, races_any(racer, 2) ? "1" : "2");
	pause_some(racer, 10);
}

static void lun_reset(struct racer *racer)
{
	sg_lun_reset(racer->races->lun);
	pause_some(racer, 20);
}

/* Of a device whose commands have a second */
static void time_out(struct racer *racer)
{
	races_deafen(racer->races, 900 + races_any(racer, 1200));
	sleep_ms(500 + races_any(racer, 1000));
}

/* Values that may be set while a LUN is exported */
static const struct {
	const char *file, *value;
} settings[] = {
	{ "dev_size", "8388608" },
	{ "dev_size", "16777216" },
	{ "dev_config", "raw//races" },
	{ "dev_config", "raw//races/again" },
	{ "emulate_write_cache", "0" },
	{ "emulate_write_cache", "1" },
	{ "max_signal_delay", "0" },
	{ "max_signal_delay", "1000" },
	{ "tmr_notification", "0" },
	{ "tmr_notification", "1" },
	{ "recovery_time_out", "5" },
	{ "recovery_time_out", "30" },
};

static void reconfigure(struct racer *racer)
{
	int i = races_any(racer, ARRAY_SIZE(settings));
	char file[64];

	snprintf(file, sizeof(file), "attrib/%s", settings[i].file);
	lun_set(racer->races->lun, file, settings[i].value);
	pause_some(racer, 5);
}

static void look(struct racer *racer)
{
	static const char *const dirs[] = { "attrib", "action", "statistics/scsi_lu",
					    "." };
	const char *dir = dirs[races_any(racer, ARRAY_SIZE(dirs))];
	struct lun *lun = racer->races->lun;
	char path[128], buf[4096];
	struct dirent *entry;
	DIR *stream;

	snprintf(path, sizeof(path), "%s/%s", lun->dir, dir);
	stream = opendir(path);
	while (stream && (entry = readdir(stream)))
		if (entry->d_type == DT_REG)
			file_read(buf, sizeof(buf), "%s/%s", path,
				  entry->d_name);
	if (stream)
		closedir(stream);
}

/* Of a device that is going, or of one of somebody else */
static void glance(const char *uio)
{
	uint8_t byte;
	void *at;
	int fd = open(uio, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return;
	guard_load(&byte, at, 1);
	munmap(at, PAGE);
}

/*
 * Another device comes and goes. Each racer has a name of its own: the core does not
 * bear two that enable one device at once (it loses one of its indexes, and reads
 * freed memory later).
 */
static void another_device(struct racer *racer)
{
	char dir[96], uio[16];
	int i;

	snprintf(dir, sizeof(dir), "%s/other%d", RACES_HBA, gettid());
	EXPECT_EQ(mkdir(dir, 0755), 0);
	file_write("dev_config=raw//other,dev_size=1048576,max_data_area_mb=1",
		   "%s/control", dir);
	EXPECT_EQ(file_write("1", "%s/enable", dir), 0);
	for (i = 0; i < 4; i++) {
		snprintf(uio, sizeof(uio), "/dev/uio%d", i);
		if (i != racer->races->lun->uio)
			glance(uio);
	}
	EXPECT_EQ(rmdir(dir) ? errno : 0, 0);
}

static void unload(struct racer *racer)
{
	int ret = syscall(SYS_delete_module, RACES_MODULE, O_NONBLOCK);

	if (!ret || (errno != EBUSY && errno != EWOULDBLOCK))
		test_fail(__FILE__, __LINE__,
			  "unloading the module in use: %d, errno %d", ret, errno);
	pause_some(racer, 5);
}

/* As much as makes the kernel look for more, and not kill for it; one at a time */
static void eat(const struct racer *racer)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	long len, at, until = now_ms() + 1500;
	volatile char *map;

	if (pthread_mutex_trylock(&one))
		return;
	len = (file_meminfo("MemAvailable") - 49152) * 1024;
	map = len <= 0 ? MAP_FAILED :
			 mmap(NULL, len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (at = 0; map != MAP_FAILED && at < len; at += PAGE) {
		map[at] = 1;
		if (*racer->stop || now_ms() > until)
			break;
	}
	if (map != MAP_FAILED)
		munmap((void *)map, len);
	pthread_mutex_unlock(&one);
}

static void reclaim(struct racer *racer)
{
	file_write("1", PARAMS "/global_max_data_area_mb");
	if (races_any(racer, 8))
		file_write(races_any(racer, 2) ? "2" : "3",
			   "/proc/sys/vm/drop_caches");
	else
		eat(racer);
	file_write("2048", PARAMS "/global_max_data_area_mb");
	pause_some(racer, 10);
}

const struct race races_all[] = {
	RACE(kick),
	RACE(map),
	RACE(reopen),
	RACE(block),
	RACE(reset, .tears = true),
	RACE(lun_reset, .tears = true),
	RACE(time_out, .late = true),
	RACE(reconfigure),
	RACE(look),
	RACE(another_device),
	RACE(unload),
	RACE(reclaim),
};

const int races_nr = ARRAY_SIZE(races_all);
