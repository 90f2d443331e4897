#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What selftests/qemu/boot.sh makes of a guest that does not come as far as its job.
# QEMU is a program of this test's, which does what the n-th line of 'script' says.
set -uo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
here=$tmp/selftests/qemu
failed=0 nr=0
mkdir -p "$here" "$tmp"/{bin,job,kernel}
cp "$(dirname "$0")"/../../../selftests/qemu/{boot,lib,watch}.sh "$here/"
for part in initrd image; do
	printf '#!/bin/bash\necho %s\n' $part >"$here/$part.sh"
	chmod +x "$here/$part.sh"
done
cat >"$tmp/bin/qemu-system-x86_64" <<'EOS'
#!/bin/bash
echo >>"$tmp/boots"
does=$(sed -n "$(wc -l <"$tmp/boots") p" "$tmp/script")
[ "$does" != fails ] || exit 1
while [ $# -gt 0 ]; do
	[ "$1" != -pidfile ] || echo $$ >"$2"
	[[ "$1" != file:*console.log ]] || echo "Kernel Offset" >"${1#file:}"
	shift
done
case $does in
hangs)
	trap 'exit 0' TERM
	sleep 5 >/dev/null &
	wait
	;;
dies) exit 0 ;;
dies-late) printf 'job begins\nhello\n' ;;
runs) printf 'job begins\nhello\njob ended: 3\n' ;;
esac
EOS
chmod +x "$tmp/bin/qemu-system-x86_64"
export tmp PATH=$tmp/bin:$PATH KERNEL_DIR=$tmp/kernel TCMU_BUILD=$tmp/build
export BOOT_LIMIT=1

# boots NAME STATUS OUTPUT BOOTS LOST SCRIPT...: so often, lost so often
boots() {
	local name=$1 wanted="$2,$3,$4,$5" got out status=0

	shift 5
	rm -f "$tmp/boots"
	printf '%s\n' "$@" >"$tmp/script"
	out=$("$here/boot.sh" -t 20 "$tmp/job" 2>"$tmp/err") || status=$?
	got="$status,$out,$(wc -l <"$tmp/boots"),$(grep -c 'did not come' "$tmp/err")"
	nr=$((nr + 1))
	if [ "$got" = "$wanted" ]; then
		echo "ok $nr - $name"
		return
	fi
	sed 's/^/# /' "$tmp/err"
	echo "# '$got', should be '$wanted'"
	echo "not ok $nr - $name"
	failed=1
}

echo "1..6"
boots "one that runs is booted once" 3 hello 1 0 runs
boots "one that hangs is booted again" 3 hello 2 1 hangs runs
boots "one that dies before its job too" 3 hello 2 1 dies runs
boots "but once only" 125 '' 2 2 hangs dies runs
boots "one that dies in its job has had its turn" 125 hello 1 0 dies-late runs
boots "one that QEMU cannot begin ends as one that dies" \
	125 $'qemu ended: 1\nqemu ended: 1' 2 2 fails fails
exit $failed
