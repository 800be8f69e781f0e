#!/usr/bin/env bash
# Builds CPython 3.11 for glibc 2.28 from Debian's source packages, with its OpenSSL, libffi, zlib, bzip2 and xz inside.
#   build.sh SOURCES PREFIX ZIG x86_64|aarch64 [PYTHON]
# SOURCES: the folder `sources.sh` filled. ZIG: the `zig` command. PYTHON: an interpreter of the same version that runs
# here, which a foreign target needs to build its library with.
#
# Zig brings glibc's symbol tables of every release: what it links for `gnu.2.28` asks for nothing later, whatever glibc
# this machine has. The prefix may be moved: the interpreter finds its library by where its own file lies.
set -euo pipefail
sources="$(realpath "$1")" prefix="$(realpath -m "$2")" zig="$3" arch="$4" python="${5:-}"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}" LC_ALL=C TZ=UTC
export ZIG_GLOBAL_CACHE_DIR="${ZIG_GLOBAL_CACHE_DIR:-$HOME/.cache/zig}"
jobs="$(nproc)"
# One path on every machine: it is written into what is built.
work="/tmp/jinshu-interpreter-$arch"
# No `&&` between the steps: bash goes on after a failing one of a group.
# The libraries are kept for as long as their sources, the compiler and this file stay what they are.
stamp="$work/deps/.made-of-$(cat "$sources"/*.dsc "$0" <("$zig" version) | sha256sum | cut -c1-32)"
[ -e "$stamp" ] || rm -rf "$work"
rm -rf "$prefix" "$work/python3.11"
mkdir -p "$work/deps/lib" "$work/deps/include" "$work/bin" "$(dirname "$prefix")"
deps="$work/deps" host="$arch-linux-gnu"

# `setup.py` adds this machine's own folders, which hold another glibc's headers and libraries.
cat > "$work/bin/cc" <<CC
#!/bin/bash
arguments=()
for each in "\$@"; do
  case "\$each" in
    -I/usr/include*|-I/usr/local/include*|-L/usr/lib*|-L/usr/local/lib*|-L/lib*) ;;
    *) arguments+=("\$each") ;;
  esac
done
exec "$zig" cc -target $host.2.28 -Wno-implicit-function-declaration -Wno-date-time -g0 "-ffile-prefix-map=$work=." "\${arguments[@]}"
CC
printf '#!/bin/bash\nexec "%s" ar "$@"\n' "$zig" > "$work/bin/ar"
printf '#!/bin/bash\nexec "%s" ranlib "$@"\n' "$zig" > "$work/bin/ranlib"
chmod +x "$work"/bin/*
export CC="$work/bin/cc" AR="$work/bin/ar" RANLIB="$work/bin/ranlib" CFLAGS="-O2 -fPIC"

unpack() { # unpack NAME: Debian's patched source; prints its folder
  (cd "$work" && dpkg-source --no-check -x "$sources/$1"_*.dsc "$work/$1" >/dev/null)
  echo "$work/$1"
}
log="$work/log"
step() { echo "$(date -u +%H:%M:%S) $1"; }
# Half an interpreter would be taken for one.
trap 'status=$?; [ $status -eq 0 ] || { rm -rf "$prefix"; echo "--- the last lines of $log"; tail -n 40 "$log"; }' EXIT

libraries() {
step "zlib"
cd "$(unpack zlib)"
{ CHOST="$host" ./configure --static --prefix="$deps"; make -j"$jobs" libz.a; make install; } >>"$log" 2>&1
step "bzip2"
cd "$(unpack bzip2)"
{ make -j"$jobs" CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64" libbz2.a
  cp libbz2.a "$deps/lib"; cp bzlib.h "$deps/include"; } >>"$log" 2>&1
step "xz"
cd "$(unpack xz-utils)"
{ ./configure --host="$host" --prefix="$deps" --disable-shared --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
    --disable-scripts --disable-doc --disable-nls; make -j"$jobs"; make install; } >>"$log" 2>&1
step "libffi"
cd "$(unpack libffi)"
# Static trampolines would tie the callbacks to memory that SELinux and AppArmor profiles watch.
{ ./configure --host="$host" --prefix="$deps" --disable-shared --disable-exec-static-tramp --disable-docs
  make -j"$jobs"; make install; } >>"$log" 2>&1
step "OpenSSL"
cd "$(unpack openssl)"
{ ./Configure "linux-$arch" no-shared no-asm no-tests no-engine no-legacy no-ssl3 --prefix="$deps" --libdir=lib --openssldir=/etc/ssl
  make -j"$jobs" build_libs; make install_dev; } >>"$log" 2>&1
}
if [ ! -e "$stamp" ]; then
  libraries
  touch "$stamp"
fi

step "CPython"
cd "$(unpack python3.11)"
options=(--host="$host" --build="$(uname -m)-linux-gnu" --prefix="$prefix" --enable-shared=no --without-ensurepip
  --disable-test-modules --with-openssl="$deps" --with-system-ffi=yes
  --with-ssl-default-suites=openssl)
# Its own -O3 stands.
export CFLAGS="-fPIC -fno-semantic-interposition" CPPFLAGS="-I$deps/include" LDFLAGS="-L$deps/lib" LDLIBS="" PKG_CONFIG=/bin/false
if [ -n "$python" ]; then
  options+=(--with-build-python="$python")
  # What configure can only find out by running: true of every Linux with glibc.
  # By its path, for configure refuses this machine's own name for it, though it reads every processor's files.
  READELF="$(command -v readelf)"
  export READELF ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no
fi
# Neither screens of text nor databases of the C library's time: nothing of the client asks for them.
cat > Modules/Setup.local <<'SETUP'
*disabled*
_curses _curses_panel _dbm _gdbm _sqlite3 _tkinter nis ossaudiodev readline spwd _crypt _testcapi _testbuffer _testinternalcapi _testimportmultiple _testmultiphase _testclinic _xxtestfuzz _ctypes_test xxlimited xxlimited_35 audioop
SETUP
# Debian's correction of `pyexpat` uses what the interpreter keeps to itself, and Debian builds that module into it.
sed -i '1i #define Py_BUILD_CORE_MODULE 1' Modules/pyexpat.c
./configure "${options[@]}" >>"$log" 2>&1
# Debian's file of what was configured bears no system's name; only the line for foreign targets still gives it one.
sed -i '/^PYTHON_FOR_BUILD=/s/_$(MACHDEP)_$(MULTIARCH)/_$(MULTIARCH)/' Makefile
{ make -j"$jobs"; make install; } >>"$log" 2>&1

step "what is left out"
library="$prefix/lib/python3.11"
rm -rf "$prefix/share" "$prefix/include" "$prefix/lib/pkgconfig" "$library"/config-3.11* "$library"/{test,idlelib,lib2to3,tkinter,turtledemo,ensurepip,pydoc_data,distutils}
rm -f "$prefix"/lib/libpython*.a "$prefix"/bin/{idle3*,2to3*,pydoc3*,python3*-config,python3-config,python3} "$library"/{turtle,antigravity,this}.py
find "$prefix" -name __pycache__ -prune -exec rm -rf {} +
find "$prefix" \( -name '*.so' -o -path '*/bin/python3.11' \) -exec "${STRIP:-strip}" --strip-unneeded {} + 2>/dev/null || true
step "done: $(du -sm "$prefix" | cut -f1) MB in $prefix"
