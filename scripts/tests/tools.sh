# shellcheck shell=bash
# What a user reads where a tool is missing.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"

# message SYSTEM TOOL...: what require_tools says on that system, with nothing on the PATH but those tools.
message() {
  local system="$1" tool status=0
  shift
  mkdir -p "$here/bin"
  for tool in bash env sed; do
    ln -s "$(command -v "$tool")" "$here/bin/$tool"
  done
  for tool in "$@"; do
    program "$here/bin/$tool" </dev/null
  done
  uname() { echo "$system"; }
  jdk_candidates() { echo "$here/jdk"; }
  (PATH="$here/bin" HOMEBREW_PREFIX="$here" CXX='' require_tools "${wanted:-build}") 2>&1 || status=$?
  echo "status $status"
}

test_all_that_is_missing_is_named_at_once_on_debian() {
  local text
  text="$(message Linux apt-get)"
  contains "$text" "a JDK of at least 25"
  contains "$text" "Maven (mvn)"
  contains "$text" "(cargo)"
  contains "$text" "CMake (cmake)"
  contains "$text" "a C++ compiler (c++)"
  contains "$text" "Python 3 (python3)"
  contains "$text" "sudo apt-get install"
  contains "$text" " maven cmake g++ python3 python3-pip"
  contains "$text" "https://sh.rustup.rs"
  contains "$text" "status 1"
}

test_a_mac_is_told_homebrews_names() {
  local text
  text="$(message Darwin)"
  contains "$text" "brew install openjdk maven rust cmake mlx-c"
  contains "$text" "xcode-select --install"
  lacks "$text" python3
}

test_only_what_is_missing_is_named() {
  local text
  fake_jdk "$here/jdk" 25
  program "$here/bin/cargo" <<<'echo "cargo 1.99.0"'
  text="$(message Linux apt-get mvn c++ python3)"
  contains "$text" "CMake (cmake)"
  contains "$text" "  sudo apt-get install cmake
"
  lacks "$text" Maven
  lacks "$text" JDK
  lacks "$text" Rust
}

test_nothing_is_said_where_nothing_is_missing() {
  fake_jdk "$here/jdk" 25
  program "$here/bin/cargo" <<<'echo "cargo 1.99.0"'
  equal "status 0" "$(message Linux mvn cmake c++ python3)"
}

test_the_tests_want_a_sound_server_and_a_terminal_besides() {
  fake_jdk "$here/jdk" 25
  program "$here/bin/cargo" <<<'echo "cargo 1.99.0"'
  wanted=tests
  contains "$(message Linux apt-get mvn cmake c++ python3)" "  sudo apt-get install pulseaudio pulseaudio-utils libasound2-plugins tmux"
}

test_other_systems_get_names_without_a_command() {
  local text
  text="$(message Linux)"
  contains "$text" "Maven (mvn)"
  contains "$text" "the package manager of your system"
  lacks "$text" apt-get
}

test_a_cargo_that_is_too_old_is_named_with_the_version_needed() {
  program "$here/bin/cargo" <<<'echo "cargo 1.63.0"'
  contains "$(message Linux apt-get)" "Rust of at least $(rust_minimum)"
}

test_versions_compare_by_number() {
  version_at_least 1.85.0 1.85
  version_at_least 1.100 1.85
  version_at_least 2 1.85
  version_at_least 1.85 1.85.0
  fails version_at_least 1.9.9 1.85
  fails version_at_least 1.85.0 1.85.1
}
