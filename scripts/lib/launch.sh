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

# Has the JVM keep the classes of a start as it has them in memory, for every start after that.
keep_classes() {
  "$java" "${jvm_options[@]}" "-XX:AOTCacheOutput=$kept_classes" "$main_class" bench --model demo --frames 1
}

# launch ARGUMENT...: becomes moshi-mlx.
launch() {
  local terminals="" # which streams are terminals: Java cannot tell for each
  if [ -t 1 ]; then terminals="stdout"; fi
  if [ -t 2 ]; then terminals="$terminals stderr"; fi
  if [ -t 0 ]; then terminals="$terminals stdin"; fi
  # MLX keeps what it compiles in the temporary folder, and fails where it cannot; without, it is slower.
  [ -w "${TMPDIR:-/tmp}" ] || export MLX_DISABLE_COMPILE=1
  exec "$java" "${jvm_options[@]}" -Dmoshimlx.terminals="$terminals" "$main_class" "$@"
}
