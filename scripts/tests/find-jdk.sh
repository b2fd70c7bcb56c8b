# shellcheck shell=bash
# Which JDK is chosen.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"
version="" # what jdk_version finds

test_java_home_comes_first() {
  fake_jdk "$here/a" 25.0.3
  equal "$here/a" "$(JAVA_HOME="$here/a" find_jdk)"
}

test_an_old_java_home_is_passed_over() {
  fake_jdk "$here/old" 17.0.15
  fake_jdk "$here/new" 26
  jdk_candidates() { printf '%s\n' "$here/old" "$here/none" "$here/new"; }
  equal "$here/new" "$(find_jdk)"
}

test_exactly_25_is_preferred_to_what_is_newer() {
  fake_jdk "$here/27" 27
  fake_jdk "$here/25" 25.0.4
  jdk_candidates() { printf '%s\n' "$here/27" "$here/25"; }
  equal "$here/25" "$(find_jdk)"
  rm -r "$here/25"
  equal "$here/27" "$(find_jdk)"
}

test_a_newer_java_home_is_what_the_user_wants() {
  fake_jdk "$here/27" 27
  fake_jdk "$here/25" 25
  jdk_candidates() { printf '%s\n' "$here/27" "$here/25"; }
  equal "$here/27" "$(JAVA_HOME="$here/27" find_jdk)"
}

# keg PREFIX NAME VERSION: a JDK of Homebrew's, which is on no PATH.
keg() { fake_jdk "$1/opt/$2/libexec/openjdk.jdk/Contents/Home" "$3"; }

test_of_homebrews_the_one_that_has_the_version_in_its_name() {
  local brewed="$here/homebrew"
  keg "$brewed" openjdk 27
  keg "$brewed" openjdk@25 25.0.4
  # shellcheck disable=SC2034 # for jdk.sh
  OSTYPE=darwin23
  equal "$brewed/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home" "$(JAVA_HOME='' HOMEBREW_PREFIX="$brewed" find_jdk)"
}

test_another_prefix_of_homebrew_is_known_by_its_brew_or_by_what_is_installed_there() {
  local place
  keg "$here/my brew" openjdk@25 25.0.4
  program "$here/my brew/bin/brew" </dev/null
  # shellcheck disable=SC2034 # for jdk.sh
  OSTYPE=darwin23
  unset HOMEBREW_PREFIX JAVA_HOME
  contains "$(PATH="$here/my brew/bin:$PATH" jdk_candidates)" "$here/my brew/opt/openjdk@25/"
  for place in libexec/moshi-mlx Cellar/moshi-mlx/1.0.0/libexec/libexec/moshi-mlx; do
    mkdir -p "$here/my brew/$place"
    cp "$root/scripts/lib/jdk.sh" "$here/my brew/$place"
    # shellcheck disable=SC2016 # expanded by the inner bash
    contains "$(bash -c 'OSTYPE=darwin23; . "$1" && jdk_candidates' bash "$here/my brew/$place/jdk.sh")" \
      "$here/my brew/opt/openjdk@25/"
  done
}

test_java_8_is_old() {
  fake_jdk "$here/a" 1.8.0_402
  jdk_version "$here/a"
  equal 1 "$version"
}

test_an_early_access_build_counts() {
  fake_jdk "$here/a" 27-ea
  jdk_version "$here/a"
  equal 27 "$version"
}

test_a_runtime_without_compiler_is_no_jdk() {
  fake_jdk "$here/a" 25
  rm "$here/a/bin/javac"
  fails jdk_version "$here/a"
}

test_an_intel_jdk_is_no_jdk_on_apple_silicon() {
  fake_jdk "$here/a" 25 x86_64
  OSTYPE=darwin23 HOSTTYPE=arm64 # those of the bash that macOS has
  fails jdk_version "$here/a"
  HOSTTYPE=aarch64 # and of Homebrew's
  fails jdk_version "$here/a"
  OSTYPE=linux-gnu HOSTTYPE=x86_64
  jdk_version "$here/a"
  equal 25 "$version"
}

test_nor_in_a_terminal_under_rosetta() {
  fake_jdk "$here/a" 25 x86_64
  program "$here/bin/sysctl" <<<'[ "$*" = "-n hw.optional.arm64" ] && echo 1'
  PATH="$here/bin:$PATH"
  OSTYPE=darwin23 HOSTTYPE=x86_64
  fails jdk_version "$here/a"
  program "$here/bin/sysctl" <<<'echo "unknown oid" >&2; exit 1' # an Intel Mac
  jdk_version "$here/a"
}

test_no_process_is_started_where_there_is_one() {
  local tool
  keg "$here/homebrew" openjdk 27
  for tool in java sysctl readlink dirname uname brew; do
    program "$here/bin/$tool" <<<"echo $tool >>'$here/started'"
  done
  # shellcheck disable=SC2034 # for jdk.sh
  OSTYPE=darwin23 HOSTTYPE=arm64
  contains "$(JAVA_HOME='' HOMEBREW_PREFIX="$here/homebrew" PATH="$here/bin" find_jdk)" /
  [ ! -e "$here/started" ]
}

test_java_on_the_path_is_followed_through_links() {
  fake_jdk "$here/real/jdk" 25
  mkdir -p "$here/bin" "$here/alternatives"
  ln -s "$here/real/jdk/bin/java" "$here/alternatives/java"
  ln -s ../alternatives/java "$here/bin/java"
  jdk_candidates() { echo "$here/none"; }
  equal "$here/real/jdk" "$(PATH="$here/bin:$PATH" find_jdk)"
}
