// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of HANDLER and CONFIG, and names that are made of them.
 */
#include "config.h"
#include "unit.h"

#include <string.h>

static char text[CONFIG_SIZE];

static void is(const char *is, const char *should)
{
	if (strcmp(is, should))
		unit_fail(__FILE__, __LINE__, "'%s', not '%s'", is, should);
}

static void joins(const char *handler, const char *config, const char *should)
{
	CHECK_EQ(config_join(text, handler, config), 0);
	is(text, should);
}

TEST("a config stands behind its handler, also an empty one")
{
	joins("file", "/var/tmp/x.img", "file//var/tmp/x.img");
	joins("ram", "", "ram/");
	joins("qcow", "/a/b", "qcow//a/b");
}

TEST("what does not get through is escaped for tcmud's handlers")
{
	joins("file", "/a b,c:d\n", "file//a%20b%2Cc%3Ad%0A");
	joins("nbd", "nbd://host:10809/x", "nbd/nbd%3A//host%3A10809/x");
	joins("file", "/100%25", "file//100%25");
	joins("file", "/\xc3\xa4", "file//\xc3\xa4");
}

TEST("it is refused for other handlers")
{
	CHECK_EQ(config_join(text, "qcow", "/a,b"), 2);
	CHECK_EQ(config_join(text, "qcow", "/a:b"), 2);
	CHECK_EQ(config_join(text, "qcow", "/a b"), 2);
	CHECK_EQ(config_join(text, "qcow", "/a\n"), 2);
	CHECK_EQ(config_join(text, "qcow", "/a\x7f"), 2);
}

TEST("a handler's name is a word")
{
	CHECK_EQ(config_join(text, "", "x"), 2);
	CHECK_EQ(config_join(text, "a/b", "x"), 2);
	CHECK_EQ(config_join(text, "a b", "x"), 2);
	CHECK_EQ(config_join(text, "a,b", "x"), 2);
}

TEST("255 bytes are the most, escapes counted")
{
	char config[300];

	memset(config, 'x', sizeof(config));
	config[250] = 0;
	CHECK_EQ(config_join(text, "file", config), 0);
	CHECK_EQ(strlen(text), 255);
	config[0] = ':';
	CHECK_EQ(config_join(text, "file", config), 2);
	config[250] = 'x';
	config[0] = 'x';
	config[251] = 0;
	CHECK_EQ(config_join(text, "file", config), 2);
	memset(config, 'x', sizeof(config));
	config[299] = 0;
	CHECK_EQ(config_join(text, config, ""), 2);
}

static struct dev devs[2];
static const struct world world = { .devs = devs, .nr_devs = 2 };

static void names(const char *handler, const char *config, const char *should)
{
	char name[NAME_SIZE];

	config_name(name, &world, handler, config);
	is(name, should);
	CHECK_EQ(config_check_name(name), 0);
}

TEST("a name is the last part of the config, or the handler's")
{
	names("file", "/var/tmp/disk.img", "disk.img");
	names("file", "/var/tmp/disk.img?direct=1&x=/y", "disk.img");
	names("file", "/var/tmp/", "tmp");
	names("file", "/.hidden", "hidden");
	names("ram", "", "ram");
	names("nbd", "nbd://h:1/", "h_1");
	names("x", "/\xc3\xa4 b", "___b");
	names("x", "/...", "x");
}

TEST("one that is taken gets a number")
{
	strcpy(devs[0].name, "disk");
	strcpy(devs[1].name, "disk-2");
	names("file", "/disk", "disk-3");
	strcpy(devs[0].name, "");
	names("file", "/disk", "disk");
}

TEST("a long name is cut")
{
	char config[CONFIG_SIZE] = "/", name[NAME_SIZE];

	memset(config + 1, 'y', 200);
	config_name(name, &world, "file", config);
	CHECK_EQ(strlen(name), 64);
}

TEST("names that are no directories are refused")
{
	CHECK_EQ(config_check_name("a/b"), 2);
	CHECK_EQ(config_check_name("."), 2);
	CHECK_EQ(config_check_name(".."), 2);
	CHECK_EQ(config_check_name("a b"), 2);
	CHECK_EQ(config_check_name("a\n"), 2);
}
