#!/usr/bin/env bash
# Make this checkout ready to run (`setup.sh run`) or to be tested (`setup.sh test`): the system's libraries, then
# .venv. Quick when nothing is missing. On Debian and Ubuntu missing packages are installed as root or by `sudo -n`;
# where that is not allowed, the command to run is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=$1

run_packages=(
    libasound2 libegl1 libgl1 libfontconfig1 libfreetype6 libglib2.0-0 libdbus-1-3 libx11-6 libx11-xcb1
    libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
    libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1
)
# Servers for the end-to-end tests. Never installed by `make run`: a sound server could take a desktop's sound away.
test_packages=(jackd2 pulseaudio pulseaudio-utils xvfb xdotool)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

has_package() { # under its name, or the one it has on systems with 64-bit time
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]] ||
        [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1t64" 2>/dev/null)" == installed ]]
}

install_packages() {
    local missing=() names=() package
    for package in "$@"; do has_package "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends)
    if as_root apt-get update -qq; then
        for package in "${missing[@]}"; do
            if apt-cache show "${package}t64" >/dev/null 2>&1; then names+=("${package}t64"); else names+=("$package"); fi
        done
        echo "Installing ${names[*]}"
        as_root "${command[@]}" -qq "${names[@]}" >/dev/null && return 0
    fi
    echo "These packages are missing and could not be installed here. Please run:" >&2
    echo "  sudo apt-get update && sudo apt-get install --no-remove --no-install-recommends ${missing[*]}" >&2
    return 1
}

usable_python() { # has venv and pip, and is a version that all our dependencies have wheels for
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in python3.12 python3.11 python3; do
        if usable_python "$candidate"; then echo "$candidate"; return 0; fi
    done
    return 1
}

if command -v apt-get >/dev/null; then
    install_packages "${run_packages[@]}"
    if [ "$purpose" = test ]; then install_packages "${test_packages[@]}"; fi
    if [ ! -x .venv/bin/python ] && ! find_python >/dev/null; then install_packages python3-venv; fi
fi

if [ ! -x .venv/bin/python ]; then
    python=$(find_python) || {
        echo "Python 3.11 or 3.12 with venv is needed: install python3-venv, or a python.org build of 3.12." >&2
        exit 1
    }
    "$python" -m venv .venv
fi

extras=$([ "$purpose" = test ] && echo ".[dev,train]" || echo ".")
stamp=.venv/installed-for-$purpose
wanted=$(cat pyproject.toml constraints.txt | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing Python packages into .venv (the first time this takes a few minutes)"
    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e "$extras"
    echo "$wanted" >"$stamp"
fi
