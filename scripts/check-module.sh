# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# The checks of check.sh that need the kernel's headers or its semantic patches.
# Sourced by it.

# The kernel to build against, in $kdir: the one that the guest boots, unless
# the caller names another.
find_kdir()
{
	kdir=${KDIR:-}
	if [ -z "$kdir" ]; then
		kdir=$(selftests/qemu/kernel.sh)/kdir || return 1
	fi
	if [ ! -f "$kdir/Makefile" ]; then
		echo "no kernel headers in $kdir: say KDIR="
		return 1
	fi
}

# copy_module DIR: the module's sources, where they may be built
copy_module()
{
	rm -rf "$1"
	mkdir -p "$1"
	cp -r Makefile Kconfig target_core_user.c tcmu include "$1"
	find "$1" -name '*.o' -delete
}

# The compiler's extra warnings, and sparse, over the whole module
check_module()
{
	local dir=$logs/module log=$logs/module.txt

	need make "$CC" sparse || return 1
	find_kdir || return 1
	copy_module "$dir"
	if ! make -C "$kdir" M="$dir" -j"$jobs" W=1 C=2 modules >"$log" 2>&1; then
		complaints "$log" || true
		echo "the build failed, see $log"
		return 1
	fi
	note="W=1 C=2, $(make -s -C "$kdir" kernelrelease)"
	complaints "$log"
}

# modprobe_takes DIR KERNEL PART: where its module lies after 'depmod' of DIR
modprobe_takes()
{
	local path

	path=$(modinfo -b "$1" -k "$2" -n target_core_user)
	[[ $path == *"/$3/"* ]] && return
	echo "modprobe takes $path, not the one in $3/"
	return 1
}

# 'make install' goes before the distribution's module, 'make uninstall' leaves
# that one
check_install()
{
	local dir=$logs/install root=$logs/install-root log=$logs/install.txt
	local release goal place=updates

	need make "$CC" modinfo depmod || return 1
	find_kdir || return 1
	copy_module "$dir"
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		"$kdir/include/generated/utsrelease.h")
	note=$release
	rm -rf "$root"
	mkdir -p "$root/lib/modules/$release/kernel/drivers/target"
	: >"$log"
	for goal in modules install uninstall; do
		if ! make -C "$dir" KDIR="$kdir" INSTALL_MOD_PATH="$root" \
			-j"$jobs" $goal >>"$log" 2>&1; then
			echo "make $goal failed, see $log"
			return 1
		fi
		case $goal in
		modules) cp "$dir/target_core_user.ko" \
			"$root/lib/modules/$release/kernel/drivers/target/"
			continue ;;
		uninstall) place=kernel/drivers/target ;;
		esac
		modprobe_takes "$root" "$release" "$place" || return 1
	done
}

# complaints LOG: prints and fails if the build had any
complaints()
{
	# Of the machine, not of the code: Debian's kernel was built by another
	# release of the same compiler.
	! grep -E '(warning|error|ERROR|WARNING)[: ]' "$1" |
		grep -v 'the compiler differs from the one used to build'
}

# Each header of the module compiles alone, and twice
check_headers()
{
	local h obj n=0 dir=$logs/headers log=$logs/headers.txt
	local objs=

	need make "$CC" || return 1
	find_kdir || return 1
	copy_module "$dir"
	for h in $(kernel_files '*.h'); do
		n=$((n + 1))
		obj=hdr_$n
		objs+=" $obj.o"
		printf '#include "%s"\n#include "%s"\n' "$h" "$h" >"$dir/$obj.c"
	done
	echo 'MODULE_LICENSE("GPL");' | sed '1i #include <linux/module.h>' \
		>"$dir/hdr_0.c"
	# what the module's own Makefile says, for other objects
	# shellcheck disable=SC2016 # for make to expand
	sed -i -e "s/^obj-\$(CONFIG_TCM_USER2).*/obj-m := hdrtest.o/" \
		-e "/^obj-m/a hdrtest-y := hdr_0.o$objs" \
		-e '/^clean-files/a $(addprefix $(obj)/,$(hdrtest-y)): $(obj)/tcmu/probes.h' \
		"$dir/Makefile"
	note="$n headers"
	if ! make -C "$kdir" M="$dir" -j"$jobs" W=1 modules >"$log" 2>&1; then
		complaints "$log" || true
		echo "the build failed, see $log"
		return 1
	fi
	complaints "$log"
}

check_kernel-doc()
{
	need perl || return 1
	kernel_scripts || return 1
	note="$(kernel_files '*.c' '*.h' | wc -l) files"
	kernel_files '*.c' '*.h' |
		xargs -r perl "$ksrc/scripts/kernel-doc" -none -Werror 2>&1 ||
		return 1
}

# cocci_rule RULE FILE...: prints what the rule finds. What goes to stderr is
# about the rule itself, and of interest only when it did not run.
cocci_rule()
{
	local rule=$1 opts err

	shift
	# Not a check of C in general; or needs an OCaml compiler to run.
	grep -q '^virtual report' "$rule" || return 0
	! grep -q '@.*ocaml' "$rule" || return 0
	opts=$(sed -n 's,^///* Options: *,,p' "$rule" | head -n 1)
	err=$(mktemp)
	# shellcheck disable=SC2086 # options are words
	if ! timeout 120 spatch -D report --no-show-diff --very-quiet $opts \
		--cocci-file "$rule" "$@" 2>"$err"; then
		echo "$(basename "$rule"): spatch failed:"
		tail -n 3 "$err"
	fi
	rm -f "$err"
}

check_coccinelle()
{
	local log=$logs/coccinelle.txt

	need spatch || return 1
	kernel_scripts || return 1
	export -f cocci_rule
	mapfile -t src < <(kernel_files '*.c')
	find "$ksrc/scripts/coccinelle" -name '*.cocci' | sort |
		xargs -P "$jobs" -I{} bash -c 'cocci_rule "$@"' - {} "${src[@]}" \
		>"$log"
	note="$(find "$ksrc/scripts/coccinelle" -name '*.cocci' | wc -l) rules"
	! grep . "$log"
}
