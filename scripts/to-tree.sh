#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The module as a part of a kernel tree, as a series of patches:
#
#	scripts/to-tree.sh [-a AUTHOR] [-s] KERNEL_TREE [OUT_DIR]
#
# It takes the place of the tree's own target_core_user, as drivers/target/user/.
# The tree is only read, and need not be a git repository; OUT_DIR, by default
# build/to-tree, gets one mail for each patch, for 'git am' or 'patch -p1', in
# their order. AUTHOR is "Name <address>", by default who commits here; he is
# also the maintainer whom MAINTAINERS names. With -s he signs them off: by that
# he says what Documentation/process/submitting-patches.rst of the tree calls the
# developer's certificate of origin.

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
sub=drivers/target/user
uapi=include/uapi/linux/target_core_user.h
docs=Documentation/target
abi=Documentation/ABI/testing
api=Documentation/driver-api/target.rst
pure_mark='Built in kernel and userspace'

# What the series changes or takes away, and so has to know
touched=(
	MAINTAINERS "$docs/index.rst" "$docs/tcmu-design.rst" "$api"
	drivers/target/Kconfig drivers/target/Makefile
	drivers/target/target_core_user.c "$uapi"
)

die()
{
	echo "to-tree.sh: $*" >&2
	exit 1
}

usage()
{
	sed -n '/^# The module/,/^$/s/^# \{0,1\}//p' "$0"
}

# ---------------------------------------------------------------- the commits

# In a repository of nothing but the touched files, which nobody's settings reach
git_here()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
		git -C "$work" -c core.autocrlf=false -c core.hooksPath=/dev/null "$@"
}

set_author()
{
	local ident

	if [ -z "$author" ]; then
		ident=$(git -C "$top" var GIT_AUTHOR_IDENT 2>/dev/null) ||
			die "say who sends this: -a 'Name <address>'"
		author=${ident%>*}'>'
	fi
	[[ $author =~ ^([^<>]*[^<>\ ])\ *\<([^<>\ ]+@[^<>\ ]+)\>$ ]] ||
		die "an author is 'Name <address>', not '$author'"
	author="${BASH_REMATCH[1]} <${BASH_REMATCH[2]}>"
	export GIT_AUTHOR_NAME=${BASH_REMATCH[1]}
	export GIT_AUTHOR_EMAIL=${BASH_REMATCH[2]}
	export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
	export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
}

# The same sources make the same mails
set_date()
{
	local date=${SOURCE_DATE_EPOCH:-}

	[ -n "$date" ] || date=$(git -C "$top" log -1 --format=%ct 2>/dev/null) ||
		date=$(date +%s)
	export GIT_AUTHOR_DATE="$date +0000" GIT_COMMITTER_DATE="$date +0000"
}

# commit: what stands in $work now; the message comes on standard input
commit()
{
	git_here add -A
	git_here commit -q ${signoff:+-s} -F -
}

# ---------------------------------------------------------------- the tree

copy_touched()
{
	local file

	[ -d "$tree/drivers/target" ] ||
		die "$tree is no kernel tree: it has no drivers/target/"
	[ ! -e "$tree/$sub" ] || die "$tree has $sub already"
	for file in "${touched[@]}"; do
		[ -f "$tree/$file" ] || die "$tree has no $file"
		mkdir -p "$(dirname "$work/$file")"
		cp --no-preserve=mode "$tree/$file" "$work/$file"
	done
}

# ---------------------------------------------------------------- the module

module_files()
{
	find "$top/tcmu" -maxdepth 1 \( -name '*.[ch]' -o -name '*.sh' \) \
		! -name '*.mod.c' ! -name probes.h -printf 'tcmu/%f\n' | sort
}

is_pure()
{
	head -n 5 "$top/$1" | grep -q "$pure_mark"
}

add()
{
	mkdir -p "$work/$sub/tcmu"
	cp -p "$top/$1" "$work/$sub/$1"
}

# The Makefile without what only serves a build beside the kernel. Conditions
# whose value is known in a tree are decided here, others stay.
tree_makefile()
{
	awk '
		function known(value) {
			kept[++depth] = keep
			what[depth] = 1
			keep = keep && value
			branch[depth] = value
		}
		/^ifneq \(\$\(KERNELRELEASE\),\)$/ { known(1); next }
		/^ifneq \(\$\(KBUILD_EXTMOD\),\)$/ { known(0); next }
		/^if(eq|neq|def|ndef)/ { kept[++depth] = keep; what[depth] = 0 }
		/^else$/ && what[depth] { keep = kept[depth] && !branch[depth]; next }
		/^endif$/ {
			was = what[depth]
			keep = kept[depth--]
			if (was)
				next
		}
		keep && (NF || !blank) { print; blank = !NF }
		BEGIN { keep = 1 }' "$top/Makefile" |
		sed -e '$ { /^$/d }'
}

add_header()
{
	cp "$top/$uapi" "$work/$uapi"
	commit <<-END
	scsi: target: tcmu: UAPI header of the driver that follows

	The driver that the next patches bring has the same interface to
	programs, and says more about it. Names, values and layouts of what
	programs know already are the same, so the driver that is still there
	builds with it. What is new is asked for by the program, and stands where
	nothing was.
	END
}

add_pure()
{
	local file

	for file in $(module_files); do
		! is_pure "$file" || add "$file"
	done
	commit <<-END
	scsi: target: tcmu: the ring and its entries, as pure functions

	What stands in memory that a program shares is the part of this driver
	in which mistakes are dear: the ring, entries and answers, and the
	numbers of blocks and commands. These files allocate nothing, take no
	lock and print nothing, so that they are also compiled into tests and
	programs in userspace.

	Nothing is built yet.
	END
}

add_rooms()
{
	local file

	for file in $(module_files); do
		is_pure "$file" || add "$file"
	done
	add target_core_user.c
	add Kconfig
	tree_makefile >"$work/$sub/Makefile"
	commit <<-END
	scsi: target: tcmu: a driver that trusts no program

	A new implementation of target_core_user, in files of one duty each. The
	overview in target_core_user.c says who may run when, and what ends it.
	What programs and administrators see is what they know; otherwise it

	- reads each word that a program can write once, and checks it;
	- has no lock that submission and completion share, and copies no data
	  under one;
	- ends every wait for a program, by itself or by a signal;
	- shows no command's bytes to another command;
	- lets those who ask for it have the core's SBC emulation in front of
	  the program (mode=io).

	Nothing is built yet.
	END
}

# ---------------------------------------------------------------- its place

# replaced FILE COMMAND...: by what the command makes of it, which is something
# else
replaced()
{
	local file=$work/$1

	shift
	"$@" <"$file" >"$file.new"
	! cmp -s "$file" "$file.new" ||
		die "${file#"$work/"} is not as expected: nothing of it to replace"
	mv "$file.new" "$file"
}

hook_kconfig()
{
	# its text is indented; what comes next is not
	awk -v line="source \"$sub/Kconfig\"" '
		/^config TCM_USER2$/ { print line; skip = 1; next }
		skip && /^[^ \t]/ { skip = 0; print "" }
		!skip'
}

hook_makefile()
{
	sed -E 's,^(obj-\$\(CONFIG_TCM_USER2\).*\+= *)target_core_user\.o$,\1user/,'
}

hook()
{
	replaced drivers/target/Kconfig hook_kconfig
	replaced drivers/target/Makefile hook_makefile
	rm "$work/drivers/target/target_core_user.c"
	commit <<-END
	scsi: target: tcmu: build the new driver in place of the old one

	Module, configuration symbol, parameters, configfs files, netlink family
	and shared memory keep their names: nobody has to change anything.
	END
}

# ---------------------------------------------------------------- its papers

docs_index()
{
	sed -E 's,^( +)tcmu-design$,\1tcmu\n\1tcmu-internals,'
}

# That text has become a document; the header still has one of its own
docs_api()
{
	awk '
		/^\.\. kernel-doc:: drivers\/target\/target_core_user\.c/ {
			getline
			getline
			next
		}
		/:doc: Ring Design/ { sub(/Ring Design/, "The mapping") }
		{ print }'
}

add_docs()
{
	rm "$work/$docs/tcmu-design.rst"
	mkdir -p "$work/$docs/examples" "$work/$abi"
	cp "$top/$docs"/tcmu.rst "$top/$docs"/tcmu-internals.rst "$work/$docs/"
	# other examples are for a library that is not in the tree
	cp "$top/$docs/examples/tcmu-ram.c" "$work/$docs/examples/"
	cp "$top/$abi"/* "$work/$abi/"
	replaced $docs/index.rst docs_index
	replaced $api docs_api
	commit <<-END
	docs: target: tcmu: for authors of programs, and of the driver

	A complete description of the interface with a complete program in place
	of a sketch of a design; how the driver is made; and each file in
	configfs and sysfs.
	END
}

files_entry()
{
	printf 'F:\t%s\n' $abi/configfs-tcmu $abi/sysfs-module-target_core_user \
		$docs/examples/ "$docs/tcmu*" $sub/ $uapi
}

# The entry that names the old driver is that of the new one
maintainers()
{
	awk -v author="$author" -v files="$(files_entry)" \
		-v old="F:\tdrivers/target/target_core_user.c" '
		BEGIN { RS = ""; FS = "\n" }
		NR > 1 { print "" }
		index($0 "\n", old "\n") == 0 { print; next }
		{
			m = f = 0
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^M:/)
					text = m++ ? "" : "M:\t" author
				else if ($i ~ /^F:/)
					text = f++ ? "" : files
				else
					text = $i
				if (text != "")
					print text
			}
		}'
}

add_maintainers()
{
	replaced MAINTAINERS maintainers
	commit <<-END
	MAINTAINERS: target_core_user: the files of the new driver

	Who is to be asked about the new driver, and which files are his.
	END
}

# ---------------------------------------------------------------- all of it

author='' signoff=''
while getopts a:sh opt; do
	case $opt in
	a) author=$OPTARG ;;
	s) signoff=1 ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || [ $# -eq 2 ] || { usage >&2; exit 2; }
tree=$(realpath -e "$1") || die "there is no $1"
out=${2:-${TCMU_BUILD:-$top/build}/to-tree}

set_author
set_date
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy_touched
git_here init -q -b series
commit <<<"the tree as it is"
git_here tag tree

add_header
add_pure
add_rooms
hook
add_docs
add_maintainers

mkdir -p "$out"
rm -f "$out"/[0-9][0-9][0-9][0-9]-*.patch
git_here format-patch -q --no-renames --full-index --zero-commit --no-signature \
	-o "$(realpath "$out")" tree
ls "$out"/[0-9][0-9][0-9][0-9]-*.patch
