#!/bin/sh
# How bulkhead-runtime is compiled and linked with musl instead of the compiler's own C library: prints the flags of one kind.
#   flags.sh compile DIRECTORY   where headers are looked for; DIRECTORY gets links to those that musl does not bring
#   flags.sh begin | end         what stands before and behind the objects on the linker's line
set -eu

# Where Debian, Arch and Fedora put it.
triplet=$(${CXX:-g++} -dumpmachine | sed -e 's/-gnu$/-musl/')
short=$(echo "$triplet" | sed -e 's/-[a-z]*-linux-/-linux-/')
for pair in "/usr/include/$short:/usr/lib/$short" "/usr/lib/musl/include:/usr/lib/musl/lib" \
  "/usr/$short/include:/usr/$short/lib64" "/usr/$short/include:/usr/$short/lib"; do
  include=${pair%%:*}
  libraries=${pair##*:}
  if [ -e "$include/stdlib.h" ] && [ -e "$libraries/libc.a" ]; then break; fi
  libraries=
done
if [ -z "$libraries" ]; then
  echo "flags.sh: musl is not installed (Debian: musl-dev)" >&2
  exit 1
fi

# The directories that the compiler itself would look in, in its order.
own_directories() { ${CXX:-g++} -std=c++20 -E -xc++ -v /dev/null 2>&1 >/dev/null | sed -n -e 's/^ \(\/[^ ]*\)$/\1/p'; }

compile() {
  mkdir -p "$1"
  links=$(cd "$1" && pwd)
  own=$(own_directories)
  for header in linux asm asm-generic rapidjson seccomp.h seccomp-syscalls.h; do
    for directory in $own; do
      if [ -e "$directory/$header" ]; then ln -sfn "$directory/$header" "$links/$header"; fi
    done
  done
  echo -nostdinc
  # Those of the C++ library, musl's, the compiler's own, and the kernel's last.
  for directory in $own; do case $directory in */c++/*) echo "-isystem $directory" ;; esac; done
  echo "-isystem $include"
  for directory in $own; do case $directory in */gcc/*/include) echo "-isystem $directory" ;; esac; done
  echo "-isystem $links"
}

case $1 in
  compile) compile "$2" ;;
  begin) echo "-nostdlib -static -no-pie $libraries/crt1.o $libraries/crti.o" ;;
  end) echo "-l:libstdc++.a -l:libseccomp.a $libraries/libc.a -lgcc $libraries/crtn.o" ;;
esac
