#!/bin/sh
# Install the Debian packages that building, the demo and the tests need and that are not
# there yet, saying which.  Runs as root or through sudo; does nothing when all is there.
set -eu

build="gcc libc6-dev clang llvm lld libclang-rt-14-dev clang-format meson ninja-build
	pkg-config make git libbpf-dev bpftool libelf-dev zlib1g-dev libevent-dev libmnl-dev
	libyang2-dev libyaml-dev libjansson-dev libedit-dev libcmocka-dev"
lab="iproute2 iputils-ping ethtool tcpdump tshark iperf3 procps util-linux
	python3 python3-pytest frr bird2 gobgpd pmacct bgpdump arping keepalived
	kea-dhcp4-server kea-dhcp6-server isc-dhcp-client udhcpc dhcpcd-base"

missing=
for p in $build $lab; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing Debian packages:$missing"

log=$(mktemp)
policy=
cleanup() {
	rm -f "$log"
	[ -z "$policy" ] || $sudo rm -f "$policy"
}
trap cleanup EXIT

run_apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
		"$@" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "apt-get $1 failed" >&2
		exit 1
	}
}

# The routing daemons are wanted as programs for the labs, not as services of this machine:
# they are not started now, nor at the next boot.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	policy=/usr/sbin/policy-rc.d
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
fi
run_apt update
# shellcheck disable=SC2086 # a list of words
run_apt install --no-install-recommends $missing
if [ -d /run/systemd/system ]; then
	for p in $missing; do
		case $p in
		frr | gobgpd | keepalived | kea-dhcp?-server)
			$sudo systemctl -q disable "$p" || true ;;
		bird2) $sudo systemctl -q disable bird || true ;;
		pmacct)
			for d in pmacctd nfacctd sfacctd uacctd; do
				$sudo systemctl -q disable $d || true
			done
			;;
		esac
	done
fi
