// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nonsense for configfs, module parameters and netlink, by root.
 */
#include "files.h"
#include "guard.h"
#include "harness.h"
#include "hostile.h"
#include "nl.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES	128
#define MAX_TEXT	4200

struct files {
	char path[MAX_FILES][160];
	int nr;
};

static void add_file(struct files *files, const char *dir, const char *name)
{
	char *path = files->path[files->nr];
	struct stat st;

	if (files->nr == MAX_FILES)
		return;
	snprintf(path, sizeof(files->path[0]), "%.100s/%.50s", dir, name);
	if (!stat(path, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0200))
		files->nr++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_dir(struct files *files, const char *dir)
{
	struct dirent **list;
	int i, nr = scandir(dir, &list, NULL, by_name);

	for (i = 0; i < nr; i++)
		add_file(files, dir, list[i]->d_name);
}

/* What our module has written the other end of */
static void find_files(struct hostile *h, struct files *files)
{
	char dir[128];

	files->nr = 0;
	snprintf(dir, sizeof(dir), "%s/attrib", h->lun->dir);
	add_dir(files, dir);
	snprintf(dir, sizeof(dir), "%s/action", h->lun->dir);
	add_dir(files, dir);
	add_file(files, h->lun->dir, "control");
	add_file(files, h->lun->dir, "control");
	add_file(files, h->lun->dir, "control");
	add_file(files, h->lun->dir, "enable");
	add_dir(files, PARAMS);
}

static int draw_number(struct dice *dice, char *text, int size)
{
	static const char *const formats[] = { "%lld", "%llu\n", "0x%llx",
		"-%llu", "%llu ", " %llu", "%lluM", "0%llo" };

	return snprintf(text, size, formats[dice_below(dice, 8)],
			dice_edge(dice, 1 + dice_below(dice, 64)));
}

static int draw_words(struct dice *dice, char *text, int size)
{
	static const char *const words[] = { "", "\n", "hold", "fail", "replay",
		"io", "passthrough", "%s%n%x", "1\n\n", "yes", "raw//\xff\xfe/",
		"../../..", "1,2", "=", "NULL", "tcm-user/8/x" };

	return snprintf(text, size, "%s", words[dice_below(dice, 16)]);
}

static int draw_control(struct dice *dice, char *text, int size)
{
	static const char *const keys[] = { "dev_config", "dev_size",
		"hw_block_size", "hw_max_sectors", "nl_reply_supported",
		"max_data_area_mb", "data_pages_per_blk", "cmd_ring_size_mb",
		"mode", "nr_queues", "async", "" };
	int len = 0, n = 1 + dice_below(dice, 4);

	while (n-- && len < size - 128) {
		len += snprintf(text + len, 64, "%s=",
				keys[dice_below(dice, 12)]);
		len += dice_one_in(dice, 4) ? draw_words(dice, text + len, 32) :
					      draw_number(dice, text + len, 32);
		text[len++] = dice_one_in(dice, 8) ? '\n' : ',';
	}
	return len;
}

static int draw_bytes(struct dice *dice, char *text, int size)
{
	static const int most[] = { 4, 255, 256, 257, 4095, 4200 };
	int len = most[dice_below(dice, 6)];

	if (dice_one_in(dice, 2))
		memset(text, 'a' + dice_below(dice, 26), len);
	else
		dice_fill(dice, text, len);
	return len < size ? len : size;
}

static int draw_text(struct dice *dice, char *text, int size)
{
	static int (*const draws[])(struct dice *dice, char *text, int size) = {
		draw_number, draw_number, draw_words, draw_control,
		draw_control, draw_bytes,
	};

	return draws[dice_below(dice, 6)](dice, text, size);
}

/* What a device is given before it is enabled; some of it is refused */
static void configure(struct lun *lun, struct dice *dice)
{
	static const char *const some[] = { "mode=io", "mode=passthrough",
		"max_data_area_mb=1", "data_pages_per_blk=7",
		"hw_block_size=4096", "hw_max_sectors=1", "dev_size=1048576" };
	char text[MAX_TEXT];
	int n = dice_below(dice, 6);

	while (n--) {
		memset(text, 0, sizeof(text));
		if (dice_one_in(dice, 2))
			draw_control(dice, text, sizeof(text));
		else
			strcpy(text, some[dice_below(dice, 7)]);
		lun_set(lun, "control", text);
	}
}

/* Its daemon looks at it, and an initiator where one queue is all */
static void use(struct lun *lun, struct dice *dice)
{
	struct raw raw;
	uint32_t val;

	if (dice_one_in(dice, 2)) {
		if (raw_open(&raw, lun->uio))
			return;
		val = raw_head(&raw);
		guard_store(raw.map + dice_next(dice) % (raw.map_len - 4), &val,
			    sizeof(val));
		raw_kick(&raw);
		raw_close(&raw);
	} else if (lun_num(lun, "attrib/nr_queues") == 1) {
		lun_link(lun);
	}
}

void hostile_device(struct lun *lun, uint64_t seed, uint64_t n)
{
	struct dice dice = dice_at(seed, BY_DEVICES, n);

	lun_create(lun, NULL);
	configure(lun, &dice);
	if (!lun_enable(lun))
		use(lun, &dice);
	lun_down(lun);
}

static void write_file(const char *path, const char *text, int len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* refused, as it should be, mostly */
	len = write(fd, text, len);
	close(fd);
}

static void read_file(const char *path)
{
	char text[MAX_TEXT];

	file_read(text, sizeof(text), "%s", path);
}

/* Commands would all fail, or nobody would write any more, if it stayed so */
static bool matters(const char *path)
{
	static const char *const names[] = { "control", "dev_size", "block_dev",
		"qfull_time_out", "tmr_notification", "block_netlink",
		"netlink_timeout", "global_max_data_area_mb" };
	const char *name = strrchr(path, '/') + 1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

void *hostile_config(void *arg)
{
	static struct files files;
	struct hostile *h = arg;
	char text[MAX_TEXT];
	struct dice dice;
	uint64_t step;
	char *path;
	int len;

	find_files(h, &files);
	for (step = 0; !h->stop; step++) {
		dice = dice_at(h->seed, BY_CONFIG, step);
		path = files.path[dice_below(&dice, files.nr)];
		len = draw_text(&dice, text, sizeof(text));
		write_file(path, text, len);
		if (dice_one_in(&dice, 4))
			read_file(path);
		if (matters(path))
			hostile_config_sane(h);
		hostile_count(&h->configs);
		usleep(5000 + dice_below(&dice, 20000));
	}
	return NULL;
}

/* ---- netlink --------------------------------------------------------------- */

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[512];
};

static int put_attr(uint8_t *at, int type, const void *data, int len)
{
	struct nlattr attr = { NLA_HDRLEN + len, type };

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + NLA_HDRLEN, data, len);
	return NLA_ALIGN(NLA_HDRLEN + len);
}

/* As many as there is room for, with lengths that may be none */
static int draw_attrs(struct dice *dice, uint8_t *attrs)
{
	int len = 0, n = dice_below(dice, 8), size;
	uint8_t data[40];
	uint16_t lie;

	while (n--) {
		size = dice_below(dice, dice_one_in(dice, 4) ? 40 : 9);
		dice_fill(dice, data, size);
		if (dice_one_in(dice, 2))
			memset(data, 0, size);
		size = put_attr(attrs + len, dice_one_in(dice, 8) ?
				dice_edge(dice, 16) : dice_below(dice, 12),
				data, size);
		lie = dice_edge(dice, 16);
		if (dice_one_in(dice, 8))
			memcpy(attrs + len, &lie, 2);
		len += size;
	}
	return len;
}

/* Well formed: an answer to what may be asked just now, or that there are answers */
static int draw_meant(struct dice *dice, struct message *msg)
{
	int32_t status = dice_one_in(dice, 2) ? 0 : dice_edge(dice, 32);
	uint32_t id = dice_below(dice, 4);
	uint8_t replies = dice_one_in(dice, 3) ? dice_edge(dice, 8) : 0;
	int len;

	if (dice_one_in(dice, 2)) {
		msg->genl.cmd = NL_FEATURES;
		return put_attr(msg->attrs, NL_REPLY_SUPPORTED, &replies, 1);
	}
	msg->genl.cmd = 4 + dice_below(dice, 3);
	len = put_attr(msg->attrs, NL_STATUS, &status, 4);
	return len + put_attr(msg->attrs + len, NL_DEVICE_ID, &id, 4);
}

static void send_one(int sock, int family, struct dice *dice)
{
	struct message msg;
	int len;

	memset(&msg, 0, sizeof(msg));
	msg.nl.nlmsg_type = family;
	msg.nl.nlmsg_flags = NLM_F_REQUEST;
	if (dice_one_in(dice, 4))
		msg.nl.nlmsg_flags |= dice_edge(dice, 16);
	msg.genl.version = dice_one_in(dice, 4) ? dice_edge(dice, 8) : 2;
	msg.genl.cmd = dice_one_in(dice, 4) ? dice_edge(dice, 8) :
					      dice_below(dice, 9);
	len = dice_one_in(dice, 2) ? draw_meant(dice, &msg) :
				     draw_attrs(dice, msg.attrs);
	len += NLMSG_HDRLEN + GENL_HDRLEN;
	msg.nl.nlmsg_len = len;
	if (dice_one_in(dice, 16))
		msg.nl.nlmsg_len = dice_edge(dice, 32);
	send(sock, &msg, len, MSG_DONTWAIT);
}

/* A new socket now and then: what the old one has said ends with it */
static void talk(struct hostile *h, int family, struct dice *dice)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int n = 1 + dice_below(dice, 64);
	char buf[8192];

	if (sock < 0)
		return;
	while (n-- && !h->stop) {
		send_one(sock, family, dice);
		while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		hostile_count(&h->messages);
		usleep(4000 + dice_below(dice, 12000));
	}
	close(sock);
}

/* Some of what is asked is answered, with any status */
static void answer_events(struct nl *nl, struct dice *dice)
{
	struct nl_event event;
	int status;

	while (nl_event(nl, &event, 0)) {
		status = dice_one_in(dice, 2) ? 0 : dice_edge(dice, 32);
		if (dice_one_in(dice, 2))
			nl_reply(nl, &event, status);
	}
}

void *hostile_netlink(void *arg)
{
	struct hostile *h = arg;
	struct dice dice;
	uint64_t step;
	struct nl nl;

	/* somebody listens, so that events are sent */
	if (nl_start(&nl))
		return NULL;
	for (step = 0; !h->stop; step++) {
		dice = dice_at(h->seed, BY_NETLINK, step);
		talk(h, nl.family, &dice);
		answer_events(&nl, &dice);
	}
	nl_end(&nl);
	return NULL;
}
