# shellcheck shell=bash
# Sourced after jdk.sh by both launchers, a checkout's and the installed one: how the JVM is started. `java` is the
# program and `jvm_options` what it gets before the class.

# From jdk.sh.
: "${java_minimum:?}"

main_class=io.moshimlx.command.Main

# jvm_options JAR LIBRARIES DEMO: sets the array of that name for the jar, the folder of the native libraries and the
# demo model's.
jvm_options() {
  # The serial collector and the quick compiler start fastest and take least; the time goes into MLX and the codec, and a
  # step is as fast as with the optimising compiler, which takes 20 MB more, a little more of it for minutes on end.
  # The JVM's own warnings belong on stderr; that kept classes are another JVM's is none, since it only costs time.
  jvm_options=(
    -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmn16m -Xmx1g -XX:-UsePerfData
    -Xlog:disable "-Xlog:all=warning,cds*=off,aot*=off:stderr" -XX:+DisplayVMOutputToStderr
    --enable-native-access=ALL-UNNAMED
    -Djava.library.path="$2"
    -Dmoshimlx.demo="$3"
    -cp "$1"
  )
}

# installation LIBEXEC: sets java and jvm_options for what is installed there: the Java that came with it, or else one
# that is new enough.
installation() {
  local home="$1/runtime"
  kept_classes="$1/moshi-mlx.aot"
  [ -x "$home/bin/java" ] || home="$(find_jdk java)" ||
    die "no Java of at least $java_minimum found: install one or set JAVA_HOME, or take the archive that is 'with-java'"
  java="$home/bin/java"
  jvm_options "$1/moshi-mlx.jar" "$1/native" "$1/demo"
  [ ! -r "$kept_classes" ] || jvm_options+=("-XX:AOTCache=$kept_classes")
}

# own_environment: what the shell of the user asks of every JVM, and what its locale leaves out, is nothing for this one.
own_environment() {
  unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS JDK_AOT_VM_OPTIONS
  if knows_only_ascii; then speak_utf8; fi
}

# Whether the locale is C or POSIX, or one that is not installed and therefore C: Java would take no name with an ü. Bash
# knows what it makes of bytes: a € is one character in UTF-8, the next two are one in the codes of East Asia, and the
# last is a letter in those of one byte.
knows_only_ascii() {
  local euro=$'\342\202\254' pair=$'\260\241' letter=$'\344'
  case "$OSTYPE" in darwin*) return 1 ;; esac # where Java takes UTF-8 always
  [ "${#euro}" -eq 3 ] && [ "${#pair}" -eq 2 ] && case "$letter" in [[:alpha:]]) return 1 ;; esac
}

# Takes the first locale with UTF-8 that is installed; where there is none, all stays as it was.
speak_utf8() {
  local locale former="${LC_ALL-}"
  if takes_utf8 C.UTF-8; then return; fi
  for locale in $(locale -a 2>/dev/null | grep -i 'utf-*8'); do
    if takes_utf8 "$locale"; then return; fi
  done
  { LC_ALL="$former"; } 2>/dev/null
  [ -n "$former" ] || unset LC_ALL
}

# takes_utf8 LOCALE: sets it, and says whether it is installed.
takes_utf8() {
  local euro=$'\342\202\254'
  { export LC_ALL="$1"; } 2>/dev/null
  [ "${#euro}" -eq 1 ]
}

# Has the JVM say what it died of in a folder of ours, not in the one that the user is in, which it takes where it cannot
# write.
keep_reports() {
  local folder="${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}"
  case "$OSTYPE:$folder" in
    darwin*) folder="${HOME:+$HOME/Library/Logs/moshi-mlx}" ;;
    *:/*) folder="$folder/moshi-mlx/logs" ;;
    *) folder="" ;;
  esac
  [ -z "$folder" ] || [ -d "$folder" ] || mkdir -p "$folder" 2>/dev/null || true
  if [ -z "$folder" ] || ! [ -w "$folder" ]; then folder="${TMPDIR:-/tmp}"; fi
  jvm_options+=(-XX:-CreateCoredumpOnCrash "-XX:ReplayDataFile=$folder/replay_pid%p.log")
  if [ -w "$folder" ]; then
    jvm_options+=("-XX:ErrorFile=$folder/hs_err_pid%p.log")
  else
    jvm_options+=(-XX:+ErrorFileToStderr)
  fi
}

# Has the JVM keep the classes of a conversation with a recording as it has them in memory, for every start after that.
# What that start keeps itself, and says only once, is not for this one.
keep_classes() {
  (
    own_environment
    export XDG_CACHE_HOME="$kept_classes.cache"
    trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
    silence |
      "$java" "${jvm_options[@]}" "-XX:AOTCacheOutput=$kept_classes" "$main_class" run --model demo --input - --output - \
        >/dev/null
  )
}

# Prints a second of it as WAV: 24 kHz, mono, 16 bits, of a length that the header leaves open.
silence() {
  printf 'RIFF\377\377\377\377WAVEfmt \020\0\0\0\1\0\1\0\300\135\0\0\200\273\0\0\2\0\020\0data\377\377\377\377'
  head -c 48000 /dev/zero
}

# launch ARGUMENT...: becomes moshi-mlx.
launch() {
  local terminals="" option # which streams are terminals: Java cannot tell for each
  if [ -t 1 ]; then terminals="stdout"; fi
  if [ -t 2 ]; then terminals="$terminals stderr"; fi
  if [ -t 0 ]; then terminals="$terminals stdin"; fi
  own_environment
  keep_reports
  if [ -n "${MOSHI_MLX_JAVA_OPTIONS:-}" ]; then
    # A word with a blank is quoted, as in JAVA_TOOL_OPTIONS.
    while IFS= read -r option; do
      jvm_options+=("$option")
    done < <(printf '%s\n' "$MOSHI_MLX_JAVA_OPTIONS" | xargs printf '%s\n')
  fi
  exec "$java" "${jvm_options[@]}" -Dmoshimlx.terminals="$terminals" "$main_class" "$@"
}
