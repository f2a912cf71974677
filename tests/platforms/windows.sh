#!/usr/bin/env bash
# Runs the tests on CPython for Windows (python.org's own build, x86-64), under Wine.
#
#     bash tests/platforms/windows.sh [--all] [--require] [--dir DIR] [--python VERSION]... [-- PYTEST_ARGUMENTS]
#
#     (no option)        a core selection on 3.13: about two minutes, and half a minute to install the Python
#     --all              every test, on 3.11 and on 3.13
#     --require          exit 1 if Wine or the Python cannot be installed; without it: a line "skipped: ...", exit 0
#     --dir DIR          keep the Python there, and use what is already there (default: a temporary folder)
#     --python VERSION   3.11, 3.13, 3.14 or 3.14t, instead of those above; may be given more than once
#     -- ARGUMENTS       for pytest, instead of the selection: paths, -k, -x
#
# Needs Debian with root (or wine, gcc-mingw-w64-x86-64-posix, locales and unzip already installed), PyPI, python3 with
# venv, and a Python for Linux of the same minor version, in pyenv or on the PATH: the modules of the standard library
# that are written in Python come from it (pythons.sh installs 3.14). The rest comes from a wheel: panda3d, a game
# engine, ships python.org's DLLs for Windows.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD

everything='' require='' dir='' versions=() arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --all) everything=1 ;;
        --require) require=1 ;;
        --dir) dir=$2; shift ;;
        --python) versions+=("$2"); shift ;;
        --) shift; arguments=("$@"); break ;;
        *) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    shift
done

# What runs without --all: headers, issuing, rejections, renewal; and the tests for Windows: key files, two processes
# that share a SQLite file, code page 949, Ctrl-C, the demo.
CORE=(tests/auth/test_{attach,environment,issuing,rejection,renew_revoke}.py tests/platforms)

# Time limit for the tests on one Python, in seconds.
LIMIT=${everything:+2400}
LIMIT=${LIMIT:-600}

[ ${#versions[@]} -gt 0 ] || versions=(${everything:+3.11} 3.13)

skip() {
    echo "skipped: the tests on Windows ($1)"
    exit "${require:-0}"
}

step() { echo "-- $1 ($SECONDS s)"; }

# --- Wine, a compiler for Windows, Korean locales: from Debian

CC=x86_64-w64-mingw32-gcc-posix
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
wineserver() { "$(command -v wineserver64 || echo /usr/lib/wine/wineserver64)" "$@"; }

is_complete() {
    [ -x "$wine" ] && [ -f /usr/share/i18n/locales/ko_KR ] && hash "$CC" unzip localedef 2>/dev/null
}

if ! is_complete; then
    [ "$(uname -m)" = x86_64 ] || skip "Wine runs Windows' x86-64 on x86-64 alone"
    command -v apt-get >/dev/null || skip "Wine is not installed, and there is no apt-get"
    [ "$(id -u)" = 0 ] || skip "Wine is not installed, and only root can install it"
    step "Wine and MinGW, from Debian"
    log=$(mktemp)
    {
        apt-get -qq -o DPkg::Lock::Timeout=300 update &&
            DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=300 install \
                wine wine64 gcc-mingw-w64-x86-64-posix locales unzip
    } >"$log" 2>&1 || { tail "$log"; skip "apt-get failed"; }
    rm "$log"
    wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
fi

[ -n "$dir" ] || { dir=$(mktemp -d); temporary=$dir; }
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
export WINEPREFIX=$dir/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' LOCPATH=$dir/locale
unset DISPLAY PYTHONDONTWRITEBYTECODE

# End every process of this Windows, and no other: its environment has this prefix.
end_windows() {
    local environment
    wineserver -k 2>/dev/null || true
    for environment in /proc/[0-9]*/environ; do
        if tr '\0' '\n' <"$environment" | grep --quiet --line-regexp --fixed-strings "WINEPREFIX=$WINEPREFIX"; then
            kill -KILL "$(basename "$(dirname "$environment")")" || true
        fi
    done 2>/dev/null
}
trap 'end_windows; [ -z "${temporary:-}" ] || rm -rf "$temporary"' EXIT

# The locale sets Wine's code page: 949, as in Korea.
if [ ! -d "$LOCPATH/ko_KR.UTF-8" ]; then
    mkdir -p "$LOCPATH"
    localedef -i ko_KR -f UTF-8 "$LOCPATH/ko_KR.UTF-8"
fi

if [ ! -f "$WINEPREFIX/system.reg" ]; then
    step "An empty Windows 10"
    { "$wine" wineboot -i && "$wine" winecfg -v win10; } >/dev/null 2>&1 </dev/null || skip "Wine does not start"
    wineserver -w
fi
# Start a server that keeps running: without it, each program boots a Windows of its own. Windows' services start with
# the first program and keep its stdout open, so that program gets none.
start_windows() {
    wineserver -p </dev/null >/dev/null 2>&1
    LC_ALL=ko_KR.UTF-8 "$wine" cmd /c ver </dev/null >/dev/null 2>&1
}
start_windows

# --- Python

# Print the newest Python for Linux of that version whose standard library is complete.
find_python() {
    local path
    for path in $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python 2>/dev/null | sort -rV) "python$1"; do
        if "$path" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$path"
            return
        fi
    done
    return 1
}

# make_python VERSION: install python.exe and all that it needs in $dir/VERSION.
make_python() {
    local version=${1%t} tag=${1/./} home=$dir/$1 build=$dir/build-$1 release linux lib libs
    case $version in # The release of panda3d whose DLLs are nearest to the current Pythons.
        3.11) release=1.10.14 ;;
        3.13) release=1.10.15 ;;
        3.14) release=1.10.16 ;;
        *) skip "no Python $1 for Windows is known here" ;;
    esac
    linux=$(find_python "$version") || skip "there is no Python $version for Linux, whose standard library it takes"
    lib=$("$linux" -c "import sysconfig; print(sysconfig.get_path('stdlib'))")
    step "Python $1 for Windows: python.org's DLLs, from PyPI"
    rm -rf "$home" "$build"
    mkdir -p "$home/DLLs" "$home/Lib/site-packages" "$build"
    python3 -m venv "$build/venv"
    local pip=("$build/venv/bin/python" -m pip --disable-pip-version-check --quiet --retries 8)
    local windows=(--platform win_amd64 --python-version "$version" --implementation cp
        --abi "cp$tag" --abi abi3 --abi none --only-binary=:all:)
    "${pip[@]}" install --upgrade pip  # An old pip knows too few platform names.
    "${pip[@]}" download --no-deps "${windows[@]}" --dest "$build" "panda3d==$release" || skip "no panda3d from PyPI"
    unzip -qo "$build"/panda3d-*.whl 'deploy_libs/*' -d "$build"
    libs=$build/deploy_libs
    cp "$libs/python$tag.dll" "$libs"/VCRUNTIME140*.dll "$home/"
    cp "$libs"/*.pyd "$libs"/libcrypto* "$libs"/libssl* "$libs"/libffi* "$libs/sqlite3.dll" "$home/DLLs/"
    [ ! -f "$libs/zlib1.dll" ] || cp "$libs/zlib1.dll" "$home/DLLs/"
    # Wine implements too little of WMI: without this module, platform uses another way.
    rm -f "$home"/DLLs/_wmi*.pyd "$home"/DLLs/_tkinter*.pyd
    # One wheel may have the modules for both Pythons, with a GIL and without.
    [[ $tag = *t ]] || rm -f "$home"/DLLs/*t-win_amd64.pyd
    tar --create --directory "$lib" --exclude=site-packages --exclude=dist-packages --exclude=test --exclude=tests \
        --exclude=__pycache__ --exclude=lib-dynload --exclude='config-*' --exclude=idlelib --exclude=tkinter . |
        tar --extract --directory "$home/Lib"

    # What no wheel has: python.exe itself; the DLL of the stable ABI, which forwards to the other (cryptography is
    # linked to it); and ProcessPrng, which Wine 8 lacks (everything written in Rust gets its seed from it).
    cat >"$build/python.c" <<'END'
#include <wchar.h>
__declspec(dllimport) int Py_Main(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) { return Py_Main(argc, argv); }
END
    cat >"$build/prng.c" <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size) { return SystemFunction036(buffer, size); }
END
    echo 'int DllMain(void *module, unsigned reason, void *unused) { return 1; }' >"$build/main.c"
    {
        printf 'LIBRARY python3.dll\nEXPORTS\n'
        x86_64-w64-mingw32-objdump -p "$home/python$tag.dll" |
            sed -n '/Ordinal\/Name Pointer/,/^$/s/.* \(_\{0,1\}Py[A-Za-z0-9_]*\)$/\1/p' |
            while read -r name; do echo "    $name = python$tag.$name"; done
    } >"$build/python3.def"
    "$CC" -O1 -municode -o "$home/python.exe" "$build/python.c" "$home/python$tag.dll"
    "$CC" -O1 -shared -o "$home/bcryptprimitives.dll" "$build/prng.c" -ladvapi32
    "$CC" -shared -nostdlib -Wl,-e,DllMain -o "$home/python3.dll" "$build/main.c" "$build/python3.def"

    step "The package's extras, for Windows"
    "${pip[@]}" wheel --no-deps --wheel-dir "$build" "$project"
    local extras="test,gevent"
    [[ $tag = *t ]] && extras="test" # Without a GIL there is no gevent.
    # pip uses the environment markers of the Python that it runs on, so what only Windows needs is named here.
    "${pip[@]}" install --target "$home/Lib/site-packages" "${windows[@]}" \
        "$(echo "$build"/requests_kiwoom-*.whl)[$extras]" colorama tzdata win32-setctime
    rm -rf "$home"/Lib/site-packages/requests_kiwoom*
    # Compile once, on Linux: otherwise each process that a test starts would check every file under Wine.
    "$linux" -m compileall -q -j 0 --invalidation-mode unchecked-hash -x lib2to3 "$home/Lib" >/dev/null || true
    rm -rf "$build"
    touch "$home/complete"
}

# If the server has ended, programs would wait for it forever: end them. Also end tests that exceed the time limit.
watch() {
    local end=$((SECONDS + LIMIT))
    while sleep 2; do
        if ! wineserver -k0; then
            echo "Wine's server has ended in the middle of the tests" >"$dir/ended"
        elif [ $SECONDS -gt $end ]; then
            echo "the tests have not ended within $LIMIT s" >"$dir/ended"
        else
            continue
        fi
        end_windows
        return
    done
}

# run_tests VERSION PYTEST_ARGUMENTS...: run the tests, again if Wine's server ended. An assertion of Wine 8.0
# (sock_poll_event) ends it if data and a read timeout come at once, which is no fault of the program that waits.
run_tests() {
    local watcher status attempt
    for attempt in 1 2 3; do
        status=0
        rm -f "$dir/ended"
        watch >/dev/null 2>&1 &
        watcher=$!
        # Do not replace a worker that crashed: with --dist loadfile, xdist then waits for the rest of its file.
        run_python "$1" -m pytest -p no:cacheprovider -n 2 --max-worker-restart 0 "${@:2}" || status=$?
        kill "$watcher" 2>/dev/null || true
        # A program may exit with 0 because the server ended.
        [ -f "$dir/ended" ] || wineserver -k0 || echo "Wine's server has ended in the middle of the tests" >"$dir/ended"
        [ -f "$dir/ended" ] || return "$status"
        cat "$dir/ended"
        grep --quiet "Wine's server" "$dir/ended" || exit 1
        start_windows
    done
    skip "Wine's server has ended three times"
}

# run_python VERSION ARGUMENTS...: run it with pipes: a Windows program cannot stat() a Unix file that is its stdout.
run_python() {
    local version=$1
    shift
    LC_ALL=ko_KR.UTF-8 "$wine" "$dir/$version/python.exe" "$@" </dev/null 2> >(cat >&2) | cat
}

for version in "${versions[@]}"; do
    [ -f "$dir/$version/complete" ] || make_python "$version"
    # As with pip install -e: each process that a test starts imports this checkout. Z: is / here.
    echo "Z:$project" >"$dir/$version/Lib/site-packages/checkout.pth"
    run_python "$version" -c "
import locale, platform, sqlite3, ssl, sys
print('--', sys.version, platform.platform(), locale.getencoding())
print('--', ssl.OPENSSL_VERSION, 'SQLite', sqlite3.sqlite_version)"
    step "The tests on Python $version for Windows"
    if [ ${#arguments[@]} -gt 0 ]; then
        run_tests "$version" "${arguments[@]}"
    elif [ -n "$everything" ]; then
        run_tests "$version" -m "not once and not third_party"
    else
        run_tests "$version" -m "not once and not third_party" "${CORE[@]}"
    fi
    step "Done with Python $version for Windows"
done
