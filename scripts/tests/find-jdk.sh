# shellcheck shell=bash
# Which JDK is chosen.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"

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

test_java_on_the_path_is_followed_through_links() {
  fake_jdk "$here/real/jdk" 25
  mkdir -p "$here/bin" "$here/alternatives"
  ln -s "$here/real/jdk/bin/java" "$here/alternatives/java"
  ln -s ../alternatives/java "$here/bin/java"
  contains "$(PATH="$here/bin:$PATH" jdk_candidates)" "$here/real/jdk"
}
