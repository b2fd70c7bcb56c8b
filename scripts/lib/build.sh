# shellcheck shell=bash
# Sourced after common.sh: builds what is missing or older than its sources, one stage a part of the house.

: "${root:?the script that sources this sets it to the checkout}"

stage_title() {
  case "$1" in
    native) echo "MLX" ;;
    mimi) echo "Mimi codec" ;;
    java) echo "Java" ;;
  esac
}

stage_sources() {
  case "$1" in
    native) echo native ;;
    mimi) echo mimi-jni/build mimi-jni/rust ;;
    java) echo pom.xml .mvn native/requirements.txt ./*/pom.xml ./*/src/main ;;
  esac
}

# What the stage leaves behind, where that is a file that always has the same name.
stage_output() {
  case "$1" in
    native) echo "build/native/lib/libmlxc.$(if on_mac; then echo dylib; else echo so; fi)" ;;
    mimi) echo "build/native/lib/libmoshimlx_mimi.$(if on_mac; then echo dylib; else echo so; fi)" ;;
    java) echo cli/target/lib ;;
  esac
}

stage_command() {
  case "$1" in
    native) native/build ;;
    mimi) mimi-jni/build ;;
    java) maven -Dmaven.test.skip=true package ;;
  esac
}

# Prints the commit that the checkout is at, its time in seconds and its date; a source archive has them in a file.
# "modified" is part of the commit where the files differ from it. Fails where neither knows.
commit() {
  local hash seconds date
  read -r hash seconds date <"$root/scripts/lib/commit.txt"
  case "$hash" in
    *Format*)
      read -r hash seconds date < <(git -C "$root" log -1 --format='%H %ct %cd' --date=short 2>/dev/null) || return
      hash="$(git -C "$root" describe --always --abbrev=12 --exclude='*' --dirty=-modified)"
      ;;
    *) hash="$(printf %.12s "$hash")" ;;
  esac
  echo "$hash" "$seconds" "$date"
}

# maven ARGUMENT...: with the right JDK, and without the jars of former versions.
maven() {
  local hash seconds date known=()
  rm -rf cli/target/lib cli/target/*.jar
  if read -r hash seconds date < <(commit); then
    known=(-Dbuild.commit="$hash" -Dbuild.date="$date" -Dproject.build.outputTimestamp="$seconds")
  fi
  JAVA_HOME="$(find_jdk)" mvn --batch-mode -Dstyle.color=never --no-transfer-progress ${known[@]+"${known[@]}"} "$@"
}

stage_is_current() {
  local stamp="build/stamps/$1" newer
  [ -e "$stamp" ] && [ -e "$(stage_output "$1")" ] || return 1
  # What find cannot answer counts as changed.
  # shellcheck disable=SC2046 # a list of names without spaces
  newer="$(find $(stage_sources "$1") -newer "$stamp" -print -quit 2>/dev/null)" && [ -z "$newer" ]
}

stale_stages() { # stale_stages STAGE...
  local stage
  for stage in "$@"; do
    stage_is_current "$stage" || echo "$stage"
  done
}

# build_stage STAGE COMMAND...: the stamp gets the time at which the work began, so that whatever changes
# meanwhile is built again.
build_stage() {
  local stage="$1" stamp="build/stamps/$1"
  shift
  mkdir -p build/stamps
  rm -f "$stamp"
  touch "$stamp.new"
  "$@" && mv "$stamp.new" "$stamp"
}

# One build at a time: a link is made in one step and holds its owner's process id.
lock() {
  local owner waiting=""
  mkdir -p build
  until ln -s "$$" build/lock 2>/dev/null; do
    [ -w build ] || die "cannot write to $root/build"
    owner="$(readlink build/lock)" || continue
    if ! kill -0 "$owner" 2>/dev/null; then
      # Its owner was killed. Moved first, in case someone else is faster and already has a new one.
      mv build/lock "build/lock.$$" 2>/dev/null || continue
      if [ "$(readlink "build/lock.$$")" = "$owner" ]; then rm "build/lock.$$"; else mv "build/lock.$$" build/lock; fi
      continue
    fi
    [ -n "$waiting" ] || say "waiting for the build that process $owner runs"
    waiting=yes
    sleep 0.3
  done
  trap unlock EXIT
}

unlock() {
  rm -f build/lock
  trap - EXIT
}

stop_stages() { # stop_stages PID...
  local pid
  show_progress ""
  for pid in "$@"; do
    kill -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# run_stages STAGE...: all of them at once (one waits for the network while another compiles), each with a log.
# From the traps on there is no command substitution: bash 5.2 fails now and then to run a trap inside one.
run_stages() {
  local i stage running elapsed stages=("$@") pids=() titles=() began=$SECONDS
  [ -d build/stamps ] || say "the first build takes about ten minutes"
  mkdir -p build/logs
  for stage in "$@"; do
    titles+=("$(stage_title "$stage")")
  done
  trap 'stop_stages ${pids[@]+"${pids[@]}"}; exit 130' INT
  trap 'stop_stages ${pids[@]+"${pids[@]}"}; exit 143' TERM HUP
  set -m # each in a process group of its own, so that an interrupt ends all that it started
  for i in "${!stages[@]}"; do
    stage="${stages[i]}"
    build_stage "$stage" stage_command "$stage" >"build/logs/$stage.log" 2>&1 </dev/null &
    pids[i]=$!
    say "[$((i + 1))/$#] building ${titles[i]}"
  done
  set +m

  while [ ${#pids[@]} -gt 0 ]; do
    sleep 0.2
    running=""
    elapsed=$((SECONDS - began))
    printf -v elapsed '%d:%02d' $((elapsed / 60)) $((elapsed % 60))
    for i in "${!pids[@]}"; do
      if kill -0 "${pids[i]}" 2>/dev/null; then
        running="$running, ${titles[i]}"
      elif wait "${pids[i]}"; then
        unset 'pids[i]'
        show_progress ""
        say "[$((i + 1))/$#] built ${titles[i]} in $elapsed"
      else
        stop_stages "${pids[@]}"
        tail -n 40 "build/logs/${stages[i]}.log" >&2
        die "could not build ${titles[i]}; above is the end of $root/build/logs/${stages[i]}.log"
      fi
    done
    [ -z "$running" ] || show_progress "building ${running#, }: $elapsed"
  done
  show_progress ""
  trap - INT TERM HUP
}

# build STAGE...: brings these up to date, of native, mimi and java. Leaves the caller in the checkout.
build() {
  local stale
  cd "$root" || return
  stale="$(stale_stages "$@")"
  [ -n "$stale" ] || return 0
  require_tools build
  lock
  stale="$(stale_stages "$@")" # again: another build may just have made them
  # shellcheck disable=SC2086 # a list of names without spaces
  [ -z "$stale" ] || run_stages $stale
  unlock
}

# Brings the benchmarks up to date, which lie among the tests, and sets `benchmark_java` to the command that starts
# one of their classes; the sound server that some of them start writes to build/sound.
build_benchmarks() {
  local jars
  build native mimi
  mkdir -p build/logs build/sound
  lock
  build_stage java maven -DskipTests package >build/logs/benchmarks.log 2>&1 ||
    die "could not build the benchmarks; see $root/build/logs/benchmarks.log"
  unlock
  jars=("$root"/cli/target/cli-*.jar)
  export ALSA_CONFIG_PATH="$root/build/sound/asound.conf" PULSE_COOKIE="$root/build/sound/cookie"
  # shellcheck disable=SC2034 # for the script that sources this
  benchmark_java=("$(find_jdk)/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED
    -Djava.library.path="$root/build/native/lib"
    -cp "$root/cli/target/test-classes:$root/mimi-jni/target/test-classes:${jars[0]}:$root/cli/target/lib/*")
}
