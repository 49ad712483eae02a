#!/bin/sh
# Installs the Bulkhead helper, run as root: what root runs is copied to a folder that only root can write to.
#
#   install-helper.sh --from FOLDER [--node FILE] [--start] [options]     copies, and starts it where systemd does not
#   install-helper.sh --start | --uninstall [options]
#   options: --prefix FOLDER   where to      --socket FILE, --data FOLDER   as the helper's own options
#            --log FILE        what it writes, where systemd does not run it      --no-service   not by systemd, even where it runs
#
# FOLDER is the extension's: dist/helper and native/build/Release are taken from it. Containers go on meanwhile.
# The order is: copy, look at the copy, put it in its place. What was looked at is what runs, whatever happens to FOLDER meanwhile.
set -eu
umask 022
unset IFS CDPATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

prefix=/usr/local/lib/bulkhead from= node= action=install start= service=yes
socket=/run/bulkhead/helper.sock data=/var/lib/bulkhead log=/var/log/bulkhead/helper.out
unit=/etc/systemd/system/bulkhead.service
groups_unit=/etc/systemd/system/bulkhead-containers.service
staging=

main() {
  while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=${2:?} && shift 2 ;;
    --from) from=${2:?} && shift 2 ;;
    --node) node=${2:?} && shift 2 ;;
    --socket) socket=${2:?} && shift 2 ;;
    --data) data=${2:?} && shift 2 ;;
    --log) log=${2:?} && shift 2 ;;
    --start) start=yes && shift ;;
    --no-service) service= && shift ;;
    --uninstall) action=uninstall && shift ;;
    *) fail "unknown argument $1" ;;
    esac
  done
  [ "$(id -u)" = 0 ] || fail 'must be run as root'
  check_places
  if [ "$action" = uninstall ]; then uninstall
  elif [ -n "$from" ]; then install_helper
  elif [ -n "$start" ]; then start_helper
  else fail 'nothing to do: --from, --start or --uninstall'; fi
}

# They go into a unit, a script and a comparison with the kernel's list: no character means anything there.
check_places() {
  for place in "$prefix" "$socket" "$data" "$log"; do
    case $place in
    *[!A-Za-z0-9/._+-]*) fail "a path must be of letters, digits and . _ + - only: $place" ;;
    /?*) ;;
    *) fail "a path must be absolute: $place" ;;
    esac
  done
  prefix=$(readlink -m -- "$prefix")
  case $from in '' | /*) ;; *) from=$(pwd)/$from ;; esac
}

install_helper() {
  make_folder
  choose_interpreter
  say "copying the helper to $prefix"
  enter "$from"
  [ -f dist/helper/main.js ] || fail "$from holds no built helper"
  [ -f native/build/Release/bulkhead.node ] || fail "$from holds no built native part"
  for file in dist/helper/*.js; do
    case ${file##*/} in main.js) copy 644 "$file" helper.js ;; *) copy 644 "$file" "${file##*/}" ;; esac
  done
  copy 755 native/build/Release/bulkhead.node bulkhead.node
  [ ! -f native/build/Release/bulkhead-runtime ] || copy 755 native/build/Release/bulkhead-runtime bulkhead-runtime
  copy 755 media/install-helper.sh install-helper.sh
  cd /
  write_start_script
  try_copy
  put_in_place
  if has_systemd; then install_unit
  elif [ -n "$start" ]; then start_helper; fi
  say 'done'
}

has_systemd() { [ -n "$service" ] && [ -d /run/systemd/system ]; }

# Every folder above must be root's alone too, or somebody could put another in its place: before anything is made, and after.
make_folder() {
  there=$prefix
  while [ ! -e "$there" ]; do there=$(dirname -- "$there"); done
  is_roots_own "$there" || not_roots_own
  install -d -o root -g root -m 755 -- "$prefix"
  is_roots_own "$prefix" || not_roots_own
  rm -rf -- "$prefix"/.new.*
  staging=$(mktemp -d -- "$prefix/.new.XXXXXX")
  trap 'rm -rf -- "$staging"; rmdir -- "$prefix" 2>/dev/null || true' EXIT
  trap 'exit 130' HUP INT TERM
}

not_roots_own() { fail "$prefix, or a folder above it, can be written by others than root"; }

# The machine's own Node, if it is new enough and root's own; else the one that was given: copied first, and only the copy is ever run,
# so that nobody can change it between the look at it and its use. VS Code's server brings such a Node with it.
# `interpreter` is what will run the helper, `tried` the same file where it is now.
choose_interpreter() {
  interpreter= application=
  for candidate in /usr/bin/node /usr/local/bin/node /usr/bin/nodejs; do
    [ -x "$candidate" ] || continue
    candidate=$(readlink -f -- "$candidate")
    if is_roots_own "$candidate" && is_new_enough "$candidate"; then
      interpreter=$candidate tried=$candidate
      say "using $interpreter, $(clean "$interpreter" --version)"
      return
    fi
  done
  [ -n "$node" ] || no_node
  node=$(readlink -f -- "$node") && [ -f "$node" ] || fail 'the Node that was given is not there'
  if is_application; then use_application; else use_copy; fi
  say "using $interpreter"
}

use_copy() {
  enter "${node%/*}"
  copy 755 "${node##*/}" node
  cd /
  is_new_enough "$staging/node" || no_node
  interpreter=$prefix/node tried=$staging/node
}

# A desktop's VS Code is a Node when asked to be; it can't be copied alone, so all of it must be root's own where it is.
use_application() {
  case $node in
  # A snap's folder has another name after the next update; this one stays.
  /snap/*/*/*) rest=${node#/snap/*/*/} snap=${node#/snap/} && node=/snap/${snap%%/*}/current/$rest ;;
  esac
  folder=$(dirname -- "$(readlink -f -- "$node")")
  is_roots_own "$folder" || no_node
  [ -z "$(find "$folder" ! -type l \( ! -uid 0 -o -perm /022 \) -print -quit)" ] || no_node
  application=yes
  is_new_enough "$node" || no_node
  interpreter=$node tried=$node
}

# By the files beside it: nothing of a user's is run to find out.
is_application() { [ -e "${node%/*}/resources/app" ] || [ -e "${node%/*}/resources/electron.asar" ] || [ -e "${node%/*}/chrome_100_percent.pak" ]; }

no_node() {
  fail 'no Node 20.19 or newer was found that root can use. Many distributions'"'"' own package (nodejs) is older. Put a newer one to
  /usr/local, from https://nodejs.org/en/download (as root: tar -xJf node-v*.tar.xz -C /usr/local --strip-components=1), and try again'
}

is_new_enough() {
  clean "$1" -e 'const [major, minor] = process.versions.node.split("."); process.exit(+major > 20 || (+major === 20 && +minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Runs a program without the caller's environment, which could make Node run other code.
clean() { env -i PATH="$PATH" ${application:+ELECTRON_RUN_AS_NODE=1} "$@" </dev/null; }

is_roots_own() {
  at=$1
  while :; do
    [ "$(stat -c %u -- "$at")" = 0 ] || return 1
    # Group and others: no write bit; a sticky folder lets nobody replace what is root's.
    case $(stat -c %A -- "$at") in
    ?????w???? | ????????w?) { [ -d "$at" ] && [ -k "$at" ]; } || return 1 ;;
    esac
    [ "$at" = / ] && return 0
    at=$(dirname -- "$at")
  done
}

# What is copied is read with the rights of whoever owns the folder: a link in it leads to nothing that he could not read himself.
# Gone into, so that all is of one folder, whatever its path means in the next moment.
enter() {
  cd -P -- "$1" || fail "there is no folder $1"
  owner=$(stat -c %u .) group=$(stat -c %g .)
}

# MODE FILE NAME: FILE, in the folder that was entered, becomes NAME among the new files. Through a pipe: its reader is another's
# process, and whoever holds a descriptor of the copy could write to it later.
copy() {
  { as_owner cat -- "$2" </dev/null || : >"$staging/.failed"; } | cat >"$staging/$3"
  [ ! -e "$staging/.failed" ] || fail "$2 can't be read by its folder's owner (uid $owner)"
  chmod "$1" "$staging/$3"
}

as_owner() {
  if [ "$owner" = 0 ]; then "$@"
  else setpriv --reuid "$owner" --regid "$group" "$(groups_of_owner)" --inh-caps=-all --no-new-privs -- "$@"; fi
}

# A uid without an account has no other groups.
groups_of_owner() { if id -- "$owner" >/dev/null 2>&1; then echo --init-groups; else echo --clear-groups; fi; }

# A file that is broken, or a library that this machine lacks, shows here, while the old helper is still there.
try_copy() {
  clean "$tried" "$staging/helper.js" --version >/dev/null || fail 'the helper does not run on this machine'
  clean "$tried" -e 'require(process.argv[1])' "$staging/bulkhead.node" || fail 'the native part does not load on this machine'
}

# Renamed into place: what runs keeps the file that it has.
put_in_place() {
  for file in "$staging"/*; do mv -f -- "$file" "$prefix/${file##*/}"; done
}

write_start_script() {
  {
    echo '#!/bin/sh'
    echo '# Runs the helper in the foreground; arguments are passed on. What the environment says to Node is forgotten.'
    printf 'exec env -i PATH=%s %s' "$PATH" "${application:+ELECTRON_RUN_AS_NODE=1 }"
    printf "%s %s --native-dir %s --socket %s --data-dir %s \"\$@\"\n" "$(quoted "$interpreter")" "$prefix/helper.js" "$prefix" "$socket" "$data"
  } >"$staging/start-helper.sh"
  chmod 755 "$staging/start-helper.sh"
}

install_unit() {
  say 'adding the service bulkhead.service'
  cat >"$groups_unit.new" <<UNIT
[Unit]
Description=Control groups of Bulkhead's containers
Documentation=https://github.com/bulkhead/bulkhead

[Service]
# Control groups below this service's own are the helper's to make. Not below the helper's: where there are some, systemd can start
# nothing again. All that this process does is to be there.
ExecStart=$(command -v sleep) infinity
Delegate=yes
# Containers go on whatever becomes of it, and of each other: one that meets its memory limit is no failure of this service.
KillMode=process
OOMPolicy=continue
TasksMax=infinity
UNIT
  mv -f "$groups_unit.new" "$groups_unit"
  cat >"$unit.new" <<UNIT
[Unit]
Description=Bulkhead helper, which makes containers for the users of this machine
Documentation=https://github.com/bulkhead/bulkhead
Wants=bulkhead-containers.service
After=bulkhead-containers.service

[Service]
ExecStart=$prefix/start-helper.sh
Restart=on-failure
# Containers and their monitors go on when the helper stops or is updated.
KillMode=process
OOMPolicy=continue
RuntimeDirectory=bulkhead
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
TasksMax=infinity
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
UNIT
  mv -f -- "$unit.new" "$unit"
  systemctl daemon-reload
  systemctl enable --quiet bulkhead.service
  restart_service
}

start_helper() {
  [ -x "$prefix/start-helper.sh" ] || fail "no helper is installed in $prefix"
  if has_systemd && is_our_unit; then
    restart_service
  else
    stop_helper
    make_log
    setsid "$prefix/start-helper.sh" </dev/null >>"$log" 2>&1 &
    await_socket kill -0 $!
  fi
}

# Another prefix has no part in the service, nor the service in it.
is_our_unit() { [ -f "$unit" ] && grep -qxF "ExecStart=$prefix/start-helper.sh" "$unit"; }

restart_service() {
  systemctl restart bulkhead.service || last_words
  await_socket service_goes_on
}

# systemd tries again, and on a slow machine without end.
service_goes_on() {
  restarts=$(systemctl show --property NRestarts --value bulkhead.service)
  ! systemctl is-failed --quiet bulkhead.service && [ "${restarts:-0}" -lt 3 ]
}

make_log() {
  folder=$(dirname -- "$log")
  install -d -o root -g root -m 755 -- "$folder"
  { [ ! -L "$folder" ] && [ "$(stat -c %u -- "$folder")" = 0 ] && [ ! -L "$log" ]; } || fail "$log, or its folder, is not root's own"
  (umask 077 && : >>"$log")
}

# "Started" is what serves: one that ends, or is silent for half a minute, is told with its last words. The arguments are a command
# that fails once there is nothing to wait for.
await_socket() {
  tries=0
  until is_listening; do
    { "$@" 2>/dev/null && [ $tries -lt 150 ]; } || last_words
    sleep 0.2
    tries=$((tries + 1))
  done
  say "the helper serves at $socket; it writes to $(log_place)"
}

last_words() {
  if is_our_unit && has_systemd; then journalctl --unit bulkhead.service --lines 10 --no-pager --output cat >&2 || true
  else tail -n 10 -- "$log" >&2; fi
  fail "the helper did not begin to serve; it writes to $(log_place)"
}

log_place() { if is_our_unit && has_systemd; then echo 'the journal (journalctl -u bulkhead)'; else echo "$log"; fi; }

# In the kernel's list: a listening socket (flag 00010000) of that path.
is_listening() {
  awk -v path="$socket" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix
}

# Only the helper itself: root's, and its first arguments are those of the start script.
stop_helper() {
  for process in /proc/[0-9]*; do
    [ "$(stat -c %u -- "$process" 2>/dev/null)" = 0 ] && is_helper "$process" || continue
    say "stopping the helper that runs (process ${process#/proc/})"
    kill -TERM "${process#/proc/}" || continue
    tries=0
    while is_helper "$process" && [ $tries -lt 60 ]; do
      sleep 0.5
      tries=$((tries + 1))
    done
    ! is_helper "$process" || fail "the helper that runs (process ${process#/proc/}) has not ended in 30 s"
  done
}

is_helper() {
  [ "$(tr '\0' '\n' 2>/dev/null <"$1/cmdline" | sed -n '2,4p' 2>/dev/null)" = "$prefix/helper.js
--native-dir
$prefix" ]
}

# Containers that run go on; they and the images are the users'.
uninstall() {
  [ -e "$prefix/start-helper.sh" ] || fail "no helper is installed in $prefix"
  if has_systemd && is_our_unit; then
    systemctl disable --quiet --now bulkhead.service || true
    systemctl stop bulkhead-containers.service || true
    rm -f -- "$unit" "$groups_unit"
    systemctl daemon-reload
  fi
  stop_helper
  for file in "$prefix"/*.js node bulkhead.node bulkhead-runtime start-helper.sh install-helper.sh; do rm -f -- "$prefix/${file##*/}"; done
  state=$(dirname -- "$socket")
  rm -f -- "$log" "$state/lock" "$socket.lock"
  # Of a helper that was killed.
  rm -rf -- "$state/registry"
  # What is not empty stays.
  rmdir -- "$prefix" "$(dirname -- "$log")" "$state/containers" "$state" 2>/dev/null || true
  say "the helper is removed; containers and images are still in $data"
}

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
say() { echo "bulkhead: $*"; }
fail() {
  echo "bulkhead: $*" >&2
  exit 1
}

# On one line, which the shell has read before it begins: nothing that is written below it meanwhile is run.
main "$@"; exit
