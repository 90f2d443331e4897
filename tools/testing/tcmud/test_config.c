// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a dev_config and tcmud.conf say.
 */
#include "rig.h"

#include "conf.h"
#include "kinds.h"
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char why[512];

static int check(const char *config)
{
	why[0] = 0;
	return stack_check(config, why, sizeof(why));
}

#define CHECK_SAYS(text)						\
	do {								\
		if (!strstr(why, text))					\
			unit_fail(__FILE__, __LINE__, "it says: %s", why); \
	} while (0)

/* ---- parts --------------------------------------------------------------- */

static bool is(const char *text, size_t len, const char *should)
{
	return strlen(should) == len && !memcmp(text, should, len);
}

TEST("a store's config is its name, its path and its options")
{
	struct config_part parts[CONFIG_MAX_PARTS];

	CHECK_EQ(config_split("file//var/x?a=1&b=2", layer_kind, parts, why,
			      sizeof(why)), 1);
	CHECK(is(parts[0].name, parts[0].name_len, "file"));
	CHECK(is(parts[0].path, parts[0].path_len, "/var/x"));
	CHECK(is(parts[0].options, parts[0].options_len, "a=1&b=2"));
}

TEST("filters stand before it, each with its options")
{
	struct config_part parts[CONFIG_MAX_PARTS];

	CHECK_EQ(config_split("delay/read=1ms/readonly//nbd//run/x.sock",
			      layer_kind, parts, why, sizeof(why)), 3);
	CHECK(is(parts[0].name, parts[0].name_len, "delay"));
	CHECK(is(parts[0].options, parts[0].options_len, "read=1ms"));
	CHECK(is(parts[1].name, parts[1].name_len, "readonly"));
	CHECK_EQ(parts[1].options_len, 0);
	CHECK(is(parts[2].name, parts[2].name_len, "nbd"));
	CHECK(is(parts[2].path, parts[2].path_len, "/run/x.sock"));
}

TEST("a store's name alone is a config")
{
	CHECK_EQ(check("ram"), 0);
	CHECK_EQ(check("ram/"), 0);
	CHECK_EQ(check("null"), 0);
}

TEST("a handler that there is not is refused, and those that there are told")
{
	CHECK_EQ(check("nofile//tmp/x"), -EINVAL);
	CHECK_SAYS("no handler 'nofile'; there are: file nbd null ram delay");
	CHECK_EQ(check("delay//nosuch/x"), -EINVAL);
	CHECK_SAYS("no handler 'nosuch'");
	CHECK_EQ(check(""), -EINVAL);
	CHECK_EQ(check("/"), -EINVAL);
}

TEST("a filter without anything behind it is refused, and its form told")
{
	CHECK_EQ(check("delay"), -EINVAL);
	CHECK_EQ(check("delay/read=1ms"), -EINVAL);
	CHECK_SAYS("delay is a filter: say delay/read=5ms&write=1ms/HANDLER");
	CHECK_EQ(check("readonly//"), -EINVAL);
}

TEST("more than eight filters are refused")
{
	CHECK_EQ(check("log//log//log//log//log//log//log//log//null/"), 0);
	CHECK_EQ(check("log//log//log//log//log//log//log//log//log//null/"),
		 -EINVAL);
	CHECK_SAYS("more than 8 filters");
}

/* ---- options ------------------------------------------------------------- */

TEST("an option that there is not is refused, and those that there are told")
{
	CHECK_EQ(check("ram/?direct=1"), -EINVAL);
	CHECK_SAYS("ram has no option 'direct'; there are: huge");
	CHECK_EQ(check("readonly/x=1/ram/"), -EINVAL);
	CHECK_SAYS("readonly has no option 'x'; there are: none");
}

TEST("an option without value is refused")
{
	CHECK_EQ(check("ram/?huge"), -EINVAL);
	CHECK_SAYS("huge has no value");
	CHECK_EQ(check("ram/?huge&huge=1"), -EINVAL);
	CHECK_EQ(check("ram/?=1"), -EINVAL);
}

TEST("a value of another kind is refused, and its kind told")
{
	CHECK_EQ(check("ram/?huge=maybe"), -EINVAL);
	CHECK_SAYS("huge=maybe: it should be 0 or 1");
	CHECK_EQ(check("delay/read=5/ram/"), -EINVAL);
	CHECK_SAYS("a time with its unit");
	CHECK_EQ(check("error/errno=EWHAT/ram/"), -EINVAL);
	CHECK_EQ(check("error/rate=2/ram/"), -EINVAL);
	CHECK_EQ(check("error/op=read+walk/ram/"), -EINVAL);
	CHECK_EQ(check("error/sense=311/ram/"), -EINVAL);
	CHECK_EQ(check("error/from=8k&to=4k/ram/"), -EINVAL);
}

TEST("empty places between options do no harm")
{
	CHECK_EQ(check("ram/?&&huge=1&"), 0);
	CHECK_EQ(check("ram/?"), 0);
}

TEST("any character of a path may be escaped")
{
	const char *path = rig_path("a?b&c%d,e:f g");
	FILE *file = fopen(path, "w");

	CHECK(file);
	fclose(file);
	CHECK_EQ(check(rig_config("file/%.*s/a%%3Fb&c%%25d%%2ce%%3Af%%20g",
				  (int)(strrchr(path, '/') - path), path)), 0);
}

TEST("an escape that is none is refused, and so is the end of a text")
{
	CHECK_EQ(check("file//tmp/%zz"), -EINVAL);
	CHECK_EQ(check("file//tmp/%4"), -EINVAL);
	CHECK_EQ(check("file//tmp/%"), -EINVAL);
	CHECK_EQ(check("file//tmp/a%00b"), -EINVAL);
	CHECK_EQ(check("file//tmp?engine=%"), -EINVAL);
	CHECK_SAYS("bad %-escape");
}

TEST("no text makes the parser fall")
{
	static const char alphabet[] = "/?&=%+.019az delayrmfilnbt";
	u64 state = 42;
	char text[64];
	int i, j;

	for (i = 0; i < 200000; i++) {
		for (j = 0; j < 40; j++)
			text[j] = alphabet[unit_random(&state) %
					   (sizeof(alphabet) - 1)];
		text[unit_random(&state) % 40] = 0;
		memcpy(text, i % 2 ? "ram/?" : "delay/", i % 2 ? 5 : 6);
		check(text);
	}
}

/* ---- stores' own --------------------------------------------------------- */

TEST("a file that is missing is refused, with what would make it")
{
	const char *path = rig_path("missing");

	CHECK_EQ(check(rig_config("file/%s", path)), -ENOENT);
	CHECK_SAYS("No such file");
	CHECK_SAYS("create=1");
	CHECK_EQ(check(rig_config("file/%s?create=1", path)), 0);
}

TEST("a path that does not begin at the root is refused")
{
	CHECK_EQ(check("file/tmp/x"), -EINVAL);
	CHECK_SAYS("say file//PATH");
}

TEST("a directory is no disk, and a character device neither")
{
	CHECK_EQ(check("file//tmp"), -EINVAL);
	CHECK_EQ(check("file//dev/null"), -EINVAL);
	CHECK_SAYS("neither a file nor a block device");
}

TEST("nbd takes a socket, host and port, or an URI")
{
	CHECK_EQ(check("nbd//run/x.sock"), 0);
	CHECK_EQ(check("nbd//run/x.sock?export=a%20b"), 0);
	CHECK_EQ(check("nbd/tcp/localhost/10809/"), 0);
	CHECK_EQ(check("nbd/tcp/%3A%3A1/10809/name"), 0);
	CHECK_EQ(check("nbd/uri/nbd%3A//localhost"), 0);
}

TEST("nbd refuses what names no server")
{
	CHECK_EQ(check("nbd/"), -EINVAL);
	CHECK_EQ(check("nbd/run/x.sock"), -EINVAL);
	CHECK_EQ(check("nbd/tcp/localhost"), -EINVAL);
	CHECK_SAYS("nbd/tcp/HOST/PORT/EXPORT");
	CHECK_EQ(check("nbd/uri/"), -EINVAL);
	CHECK_EQ(check("nbd//run/x?connections=0"), -EINVAL);
	CHECK_EQ(check("nbd//run/x?connections=17"), -EINVAL);
	CHECK_EQ(check("nbd/tcp/localhost/1/a?export=b"), -EINVAL);
}

/* ---- values -------------------------------------------------------------- */

TEST("sizes have units of 1024, and are no more than 64 bits")
{
	uint64_t value;

	CHECK(value_size("0", &value) && value == 0);
	CHECK(value_size("65536", &value) && value == 65536);
	CHECK(value_size("64k", &value) && value == 65536);
	CHECK(value_size("1M", &value) && value == MIB);
	CHECK(value_size("2t", &value) && value == 2ull << 40);
	CHECK(!value_size("", &value));
	CHECK(!value_size("-1", &value));
	CHECK(!value_size(" 1", &value));
	CHECK(!value_size("1kk", &value));
	CHECK(!value_size("1q", &value));
	CHECK(!value_size("18446744073709551616", &value));
	CHECK(!value_size("18446744073709551615k", &value));
}

TEST("times have a unit, and are less than 292 years")
{
	uint64_t value;

	CHECK(value_time("0", &value) && value == 0);
	CHECK(value_time("7ns", &value) && value == 7);
	CHECK(value_time("5us", &value) && value == 5000);
	CHECK(value_time("5ms", &value) && value == 5000000);
	CHECK(value_time("2s", &value) && value == 2000000000);
	CHECK(!value_time("5", &value));
	CHECK(!value_time("5m", &value));
	CHECK(!value_time("ms", &value));
	CHECK(!value_time("18446744073s", &value));
}

TEST("errors, operations, sense and ratios are what they are")
{
	unsigned int ops;
	double ratio;
	u32 sense;
	int error;

	CHECK(value_errno("EIO", &error) && error == EIO);
	CHECK(value_errno("enospc", &error) && error == ENOSPC);
	CHECK(value_errno("5", &error) && error == 5);
	CHECK(!value_errno("0", &error));
	CHECK(!value_errno("4096", &error));
	CHECK(value_ops("read+zero", &ops));
	CHECK_EQ(ops, IO_BIT(IO_READ) | IO_BIT(IO_ZERO));
	CHECK(value_ops("all", &ops) && ops == IO_ALL);
	CHECK(!value_ops("", &ops));
	CHECK(!value_ops("read+", &ops));
	CHECK(value_sense("3.11.0", &sense) && sense == 0x031100);
	CHECK(value_sense("b.47.03", &sense) && sense == 0x0b4703);
	CHECK(!value_sense("10.0.0", &sense));
	CHECK(!value_sense("0.0.0", &sense));
	CHECK(!value_sense("3.11", &sense));
	CHECK(value_ratio("0.25", &ratio) && ratio == 0.25);
	CHECK(!value_ratio("-0.1", &ratio));
	CHECK(!value_ratio("1.1", &ratio));
	CHECK(!value_ratio("nan", &ratio));
	CHECK(!value_ratio("", &ratio));
}

/* ---- tcmud.conf ---------------------------------------------------------- */

static int load(const char *text)
{
	const char *path = rig_path("conf");
	FILE *file = fopen(path, "w");
	int ret;

	fputs(text, file);
	fclose(file);
	why[0] = 0;
	ret = conf_load(path, true, why, sizeof(why));
	return ret;
}

static bool conf_is(const char *key, const char *value)
{
	char *has = conf_get(key);
	bool is = value ? has && !strcmp(has, value) : !has;

	free(has);
	return is;
}

TEST("tcmud.conf has settings and comments")
{
	CHECK_EQ(load("# a comment\n\n  log-level = info  # here, too\ndbus=no\n"), 0);
	CHECK(conf_is("log-level", "info"));
	CHECK(conf_is("dbus", "no"));
	CHECK(conf_is("ram.huge", NULL));
	conf_free();
}

TEST("an option in tcmud.conf counts where a dev_config has none")
{
	CHECK_EQ(load("ram.huge = perhaps\n"), 0);
	CHECK_EQ(check("ram/"), -EINVAL);
	CHECK_SAYS("huge=perhaps");
	CHECK_EQ(check("ram/?huge=1"), 0);
	conf_free();
	CHECK_EQ(check("ram/"), 0);
}

TEST("a mistake in tcmud.conf is told with its line, and what was before stays")
{
	CHECK_EQ(load("dbus = no\n"), 0);
	CHECK_EQ(load("\nlog-levle = info\n"), -EINVAL);
	CHECK_SAYS("conf:2: there is no setting 'log-levle'");
	CHECK_EQ(load("ram.large = 1\n"), -EINVAL);
	CHECK_EQ(load("dbus\n"), -EINVAL);
	CHECK_SAYS("'dbus' is not 'key = value'");
	CHECK(conf_is("dbus", "no"));
	conf_free();
}

TEST("a tcmud.conf that is missing is an empty one, unless it was asked for")
{
	const char *path = rig_path("noconf");

	CHECK_EQ(conf_load(path, false, why, sizeof(why)), 0);
	CHECK_EQ(conf_load(path, true, why, sizeof(why)), -ENOENT);
}

TEST("each kind of layer has a description with all of its options")
{
	const struct layer_ops *const *kind;
	const struct config_option *option;
	char *text;

	for (kind = layer_kinds; *kind; kind++) {
		text = kind_text(*kind);
		CHECK(text && strstr(text, (*kind)->usage));
		for (option = (*kind)->options; option && option->name; option++)
			CHECK(strstr(text, option->name));
		free(text);
	}
}
