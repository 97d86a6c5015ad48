# What the programs here share: a folder of their own, and the judgement of
# one command. Sourced by bash.
here=$(cd "$(dirname "$0")" && pwd)
top=${SPILE_SRC:-$(dirname "$(dirname "$here")")}
build=${SPILE_BUILD:-$top}
spile=${SPILE:-$build/spile}
spilerun=${SPILERUN:-$build/spilerun}
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL

work=$(mktemp -d)
mounted=
finish() {
	for at in $mounted; do umount "$at"; done
	rm -rf "$work"
}
trap finish EXIT
mkdir "$work/tmp" "$work/empty"
chmod 755 "$work"
chmod 1777 "$work/tmp"
export TMPDIR=$work/tmp SYSTEMTAP_DIR=$work/own
cd "$work" || exit 1
touch in

pass() { echo "PASS $1"; }
fail() { # NAME WHY: with what the command printed last
	echo "FAIL $1"
	echo "$2"
	test -s out && head -c 500 out | head -5
	test -s err && head -c 1500 err | head -12
	return 1
}
skip() { echo "SKIP $1: $2"; }
is_root() { test "$(id -u)" = 0; }

# await COMMAND...: waits for its success, as long as a busy machine may need
await() {
	local round
	for round in $(seq 1200); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}
# Whether a process is over, be it waited for or not.
ended() { ! grep -q '^State:.[^Z]' "/proc/$1/status" 2> /dev/null; }

# Runs a command below a time limit: status, out, err.
try() {
	timeout -k 5 "${limit:-240}" "$@" < in > out 2> err
	status=$?
}

# Nothing may be left in the temporary folder.
is_clean() {
	left=$(ls -A "$work/tmp")
	test -z "$left" && return 0
	fail "$1" "left in the temporary folder: $left"
	rm -rf "$work"/tmp/*
	return 1
}

# refused NAME PATTERN COMMAND...: ends with 1 and a message that matches.
refused() {
	local name=$1 pattern=$2
	shift 2
	try "$@"
	if test $status != 1; then
		fail "$name" "exit status $status, not 1"
	elif ! grep -aqE -e "$pattern" err; then
		fail "$name" "no message matches '$pattern'"
	elif grep -aq "is spile's fault" err; then
		fail "$name" "this is called a bug of spile"
	else
		is_clean "$name" && pass "$name"
	fi
}

# accepted NAME COMMAND...: ends with 0.
accepted() {
	local name=$1
	shift
	try "$@"
	if test $status != 0; then
		fail "$name" "exit status $status, not 0"
	else
		is_clean "$name" && pass "$name"
	fi
}

# handled NAME COMMAND...: 0 or 1, with a message if it is 1; never a crash.
handled() {
	local name=$1
	shift
	try "$@"
	if test $status != 0 && test $status != 1; then
		fail "$name" "exit status $status"
	elif test $status = 1 && ! test -s err; then
		fail "$name" "refused without a message"
	else
		is_clean "$name" && pass "$name"
	fi
}
