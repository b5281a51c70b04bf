# SPDX-License-Identifier: Apache-2.0
# Which Debian 12 packages each purpose needs. Sourced by installer/run and tests/check.

packages_build="build-essential cmake ninja-build ccache pkg-config qt6-base-dev qt6-svg-dev qt6-tools-dev
    qt6-tools-dev-tools qt6-l10n-tools libgl1-mesa-dev libevent-dev libssl-dev libsqlite3-dev nlohmann-json3-dev libspdlog-dev
    libcli11-dev libfmt-dev libexpected-dev zlib1g-dev libcurl4-openssl-dev libxxhash-dev libsystemd-dev libre2-dev libnghttp2-dev
    libhowardhinnant-date-dev libisal-dev libdeflate-dev libbrotli-dev libzstd-dev libpython3-dev"
packages_run="python3 python3-django python3-pil python3-flask python3-fastapi python3-jinja2 ca-certificates"
packages_test="clang-format git pypy3 python3-httpbin python3-websockets nodejs node-ws celery python3-celery chromium python3-venv xvfb openbox xdotool xauth dbus
    imagemagick fonts-dejavu-core wrk curl haproxy nghttp2-client openssl procps util-linux desktop-file-utils appstream mandoc"

# Of what people run by hand: the preset fuzz, tests/abuse.
packages_fuzz="clang-19 libclang-rt-19-dev node-llhttp libhttp-parser-dev"
packages_abuse="slowhttptest testssl.sh"

packages_package="desktop-file-utils appstream lintian makeself fakeroot file dpkg-dev mandoc systemd python3"
# For tests/service/run.
packages_service="debootstrap dpkg util-linux procps"

# For tests/kernel-tls/run.
packages_kernel_tls="qemu-system-x86 busybox-static cpio dpkg kmod strace curl openssl iproute2 util-linux python3"

# install_packages NAME...: installs what is missing, as root or with sudo; says nothing when all is there.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Needs root to install: ${missing[*]}" >&2; return 1; }
        as_root=(sudo)
    fi
    echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null' sh "${missing[@]}"
}
