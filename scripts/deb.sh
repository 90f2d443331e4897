#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make deb: Debian packages of the module (as source, for DKMS), the tools, the
# library and its Python binding, in build/deb. Built in a copy of the tree, with
# packaging/debian as its debian/; their version is that of the module. Then
# lintian looks at them. Who makes them: DEBFULLNAME= and DEBEMAIL=, else who
# commits here.
set -euo pipefail
. "$(dirname "$0")/../selftests/qemu/lib.sh"

version=$(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$top/target_core_user.c")
dir=$build/deb
stage=$dir/target-core-user-$version

maintainer() {
	local name=${DEBFULLNAME:-} mail=${DEBEMAIL:-}

	: "${name:=$(git -C "$top" config user.name)}" \
		"${mail:=$(git -C "$top" config user.email)}"
	if [ -z "$name" ] || [ -z "$mail" ]; then
		git -C "$top" log -1 --format='%an <%ae>'
	else
		echo "$name <$mail>"
	fi
}

# What is in git or might be; without git, all that was not built
sources() {
	if git -C "$top" rev-parse >/dev/null 2>&1; then
		git -C "$top" ls-files --cached --others --exclude-standard
	else
		(cd "$top" && find . -path ./build -prune -o -type f -print)
	fi | while read -r file; do
		[ ! -f "$top/$file" ] || echo "$file"
	done
}

changelog() {
	local date

	date=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null)}
	date=$(date -R ${date:+-d "@$date"})
	cat <<-END
	target-core-user ($version-1) unstable; urgency=medium

	  * Packages of the sources as they are.

	 -- $maintainer  $date
	END
}

fill_stage() {
	rm -rf "$dir"
	mkdir -p "$stage"
	sources | rsync -a --files-from=- "$top/" "$stage/"
	cp -a "$top/packaging/debian" "$stage/debian"
	sed -i "s/@MAINTAINER@/$maintainer/" "$stage/debian/control"
	changelog >"$stage/debian/changelog"
	mkdir -p "$stage/debian/source"
	echo "3.0 (quilt)" >"$stage/debian/source/format"
}

build_packages() {
	(cd "$stage" && dpkg-buildpackage -b -us -uc)
}

lock_build deb
maintainer=$(maintainer 2>/dev/null) ||
	die "whose packages are they? say DEBFULLNAME= and DEBEMAIL="
fill_stage
say "building"
quietly "$build/deb.log" build_packages
# there is no bug in Debian that asks for them
lintian --fail-on error --suppress-tags initial-upload-closes-no-bugs \
	--allow-root "$dir"/*.changes
rm -rf "$stage"
ls "$dir"/*.deb
