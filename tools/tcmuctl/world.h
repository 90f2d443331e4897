/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is: devices, their UIO devices, who serves them, what exports them.
 */
#ifndef WORLD_H
#define WORLD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NAME_SIZE (NAME_MAX + 1)

/**
 * struct dev - a device
 * @host: N of user_N
 * @name: its directory
 * @id: HOST/NAME
 * @dir: its path in configfs
 * @handler: the part of dev_config up to the first slash
 * @config: what follows it
 * @dev_config: both of them
 * @size: bytes
 * @enabled: it has been
 * @state: new, ok, blocked, or broken
 */
struct dev {
	unsigned int host;
	char name[NAME_SIZE];
	char id[NAME_SIZE + 12];
	char dir[PATH_MAX];
	char handler[256];
	char config[256];
	char dev_config[256];
	uint64_t size;
	bool enabled;
	const char *state;
};

/**
 * struct uio - a UIO device of the driver
 * @nr: N of /dev/uioN
 * @dev: whose it is, or NULL
 * @queue: which of its queues
 * @pid: of the process that has it open, or 0
 * @comm: the name of that
 */
struct uio {
	unsigned int nr;
	const struct dev *dev;
	unsigned int queue;
	pid_t pid;
	char comm[32];
};

/**
 * struct lun - something that exports a device
 * @dev: which one
 * @loop: by the loopback fabric
 * @name: FABRIC/WWN/tpgt_N/lun_N
 * @tpg: path of the target portal group
 * @dir: path of the LUN
 * @link: path of the link to the device
 * @disk: "sda", or empty
 * @scsi: "H:C:T:L" where the disk is or should be, or empty
 */
struct lun {
	const struct dev *dev;
	bool loop;
	char name[PATH_MAX];
	char tpg[PATH_MAX];
	char dir[PATH_MAX];
	char link[PATH_MAX];
	char disk[NAME_SIZE];
	char scsi[64];
};

struct world {
	struct dev *devs;
	unsigned int nr_devs;
	struct uio *uios;
	unsigned int nr_uios;
	struct lun *luns;
	unsigned int nr_luns;
};

void world_scan(struct world *world);
/* uios.c: and who has the UIO devices open; looks at all processes */
void world_find_servers(struct world *world);
/* Only root may look at those of others: else nobody may be somebody */
bool world_sees_servers(void);
void world_free(struct world *world);

/*
 * The device that a user means; NULL after an error message. "HOST/NAME", "NAME",
 * "/dev/uioN", "/dev/sdX".
 */
const struct dev *world_find(const struct world *world, const char *what);

/* Its first UIO device, or NULL */
const struct uio *world_uio(const struct world *world, const struct dev *dev);

/* Go through the LUNs of @dev: from NULL to NULL */
const struct lun *world_lun(const struct world *world, const struct dev *dev,
			    const struct lun *after);

/* The same for its UIO devices, by queue */
const struct uio *world_next_uio(const struct world *world,
				 const struct dev *dev,
				 const struct uio *after);

/* uios.c: fill in world->uios */
void uios_scan(struct world *world);

/* luns.c: fill in world->luns */
void luns_scan(struct world *world);
/* luns.c: look for the disk of a LUN of the loopback fabric */
void luns_find_disk(struct lun *lun);

#endif /* WORLD_H */
