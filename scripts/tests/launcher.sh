# shellcheck shell=bash
# The launcher, in a checkout whose stages are stand-ins.
: "${here:?}"

test_the_first_run_builds_everything_and_the_second_nothing() {
  fake_checkout
  launch </dev/null 2>"$here/messages"
  equal "java mimi native " "$(built)"
  contains "$(cat "$here/messages")" "/3] built Mimi codec"
  launch </dev/null 2>"$here/messages"
  equal "" "$(built)"
  equal "" "$(cat "$here/messages")"
}

test_a_changed_source_builds_its_own_stage() {
  fake_checkout
  launch </dev/null
  built >/dev/null
  touch -t 203801010000 "$here/the checkout/cli/src/main/A.java"
  launch </dev/null
  equal "java " "$(built)"
  rm "$here/the checkout/build/native/lib/"*mimi*
  launch </dev/null
  contains "$(built)" mimi
}

test_what_find_cannot_tell_is_built() {
  fake_checkout
  launch </dev/null
  built >/dev/null
  program "$here/bin/find" <<<'echo "find: unknown predicate -quit" >&2; exit 1'
  launch </dev/null
  equal "java mimi native " "$(built)"
}

test_arguments_folder_and_input_arrive_as_they_were() {
  local text
  fake_checkout
  mkdir "$here/some where"
  text="$(cd "$here/some where" && echo hello | launch run --input "a file.wav" "" 2>/dev/null)"
  contains "$text" "in: $(cd "$here/some where" && pwd -P)"
  contains "$text" "argument: io.moshimlx.command.Main
argument: run
argument: --input
argument: a file.wav
argument: 
input: hello"
  contains "$text" "argument: -Djava.library.path=$(cd "$here" && pwd -P)/the checkout/build/native/lib"
}

test_a_chain_of_links_leads_to_the_checkout() {
  fake_checkout
  mkdir "$here/links"
  ln -s "../the checkout/scripts/moshi-mlx" "$here/links/relative"
  ln -s "$here/links/relative" "$here/links/moshi"
  contains "$(cd / && PATH="$here/bin:$here/links:$PATH" JAVA_HOME="$here/jdk" moshi --help </dev/null 2>/dev/null)" "argument: --help"
}

test_a_failed_stage_shows_its_log_and_ends_the_others() {
  local text status=0
  fake_checkout
  program "$here/the checkout/native/build" <<<'echo "the compiler is unhappy"; exit 7'
  program "$here/the checkout/mimi-jni/build" <<<'sleep 60'
  text="$(launch </dev/null 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "the compiler is unhappy"
  contains "$text" "could not build MLX"
  contains "$text" "build/logs/native.log"
  [ ! -L "$here/the checkout/build/lock" ]
  # What failed is tried again.
  built >/dev/null
  fake_stages
  launch </dev/null
  contains "$(built)" "mimi native"
}

test_a_second_launch_waits_for_the_build_of_the_first() {
  local first
  fake_checkout
  program "$here/bin/mvn" <<EOF
echo java >>"$here/built"
until [ -e "$here/go" ]; do sleep 0.05; done
mkdir -p cli/target/lib
EOF
  launch </dev/null >/dev/null 2>&1 &
  first=$!
  eventually grep -q java "$here/built"
  launch </dev/null >/dev/null 2>"$here/messages" &
  eventually grep -q "waiting for the build" "$here/messages"
  touch "$here/go"
  wait "$first"
  wait $!
  equal "java mimi native " "$(built)"
}

test_the_lock_of_a_killed_build_is_taken_over() {
  local gone
  fake_checkout
  true &
  gone=$!
  wait "$gone"
  mkdir -p "$here/the checkout/build"
  ln -s "$gone" "$here/the checkout/build/lock"
  launch </dev/null
  equal "java mimi native " "$(built)"
}

test_an_interrupt_ends_the_build_and_what_it_started() {
  local launcher status=0
  fake_checkout
  program "$here/bin/mvn" <<EOF
trap 'touch "$here/ended"; exit' TERM
touch "$here/began"
while true; do sleep 0.1; done
EOF
  set -m # a process group, as a terminal has it
  launch </dev/null >/dev/null 2>&1 &
  launcher=$!
  set +m
  eventually test -e "$here/began"
  kill -INT -- "-$launcher"
  wait "$launcher" || status=$?
  equal 130 "$status"
  eventually test -e "$here/ended"
  [ ! -L "$here/the checkout/build/lock" ]
}

# What bash takes from the environment says that it runs on a Mac.
test_a_mac_builds_and_starts_without_a_word_of_homebrews_mlx() {
  fake_checkout
  program "$here/bin/uname" <<<'echo Darwin'
  program "$here/bin/brew" <<<"echo \"brew \$*\" >>'$here/asked'"
  program "$here/bin/xcode-select" <<<'echo /Library/Developer/CommandLineTools'
  program "$here/bin/system_profiler" <<<'echo "{}"'
  mkdir -p "$here/homebrew/lib"
  touch "$here/homebrew/lib/libmlxc.dylib" "$here/homebrew/lib/libmlx.dylib" "$here/asked"
  contains "$(OSTYPE=darwin23 HOSTTYPE=arm64 HOMEBREW_PREFIX="$here/homebrew" launch run </dev/null 2>"$here/messages")" \
    "argument: run"
  equal "java mimi native " "$(built)"
  equal "" "$(cat "$here/asked")"
  lacks "$(cat "$here/messages")" homebrew
  # Built for a Mac, and current.
  OSTYPE=darwin23 HOSTTYPE=arm64 launch run </dev/null >/dev/null 2>"$here/messages"
  equal "" "$(built)$(cat "$here/messages")"
}
