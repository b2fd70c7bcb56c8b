# shellcheck shell=bash
# The tool starts whatever the machine, its compiler and its user's shell are like.
: "${root:?}" "${here:?}"

# demo ARGUMENT...: the demo model answers; its text is "$here/text", its messages "$here/messages".
demo() {
  "$root/scripts/moshi-mlx" run --model demo --input "$root/samples/hello.wav" --temp 0 "$@" \
    >"$here/text" 2>"$here/messages"
}

answers_quietly() {
  demo
  equal "" "$(cat "$here/messages")"
  grep -q hello "$here/text"
}

on_a_cpu() { [ "$(uname -s)" = Linux ]; }

own_cache() {
  export XDG_CACHE_HOME="$here/cache" TMPDIR="$here/tmp"
  mkdir "$TMPDIR"
  kernels="$XDG_CACHE_HOME/moshi-mlx/kernels"
}

# What the compiler is called for, but its version, goes to "$here/compiled"; a body may do something before.
fake_compiler() {
  real="${real:-$(command -v g++)}"
  {
    echo "[ \"\$1\" != --version ] || exec '$real' --version"
    echo "echo \"\$*\" >>'$here/compiled'"
    cat
    echo "exec '$real' \"\$@\""
  } | program "$here/bin/g++"
  PATH="$here/bin:$PATH"
  : >"$here/compiled"
}

test_kernels_are_compiled_once_and_kept_in_the_cache() {
  on_a_cpu || return 0
  own_cache
  fake_compiler </dev/null
  "$root/scripts/moshi-mlx" --version >/dev/null
  [ ! -e "$kernels" ]
  answers_quietly
  equal 4 "$(wc -l <"$here/compiled")"
  equal "" "$(ls -A "$TMPDIR")"
  contains "$(ls "$kernels"/*/mlx/*/cpu)" .so
  : >"$here/compiled"
  TMPDIR=/none answers_quietly
  equal "" "$(cat "$here/compiled")"
}

test_a_compiler_that_refuses_is_reported_once() {
  on_a_cpu || return 0
  own_cache
  answers_quietly
  mv "$here/text" "$here/wanted"
  rm -r "$kernels"
  fake_compiler <<<"echo \"x.cpp:6009:20: error: redeclaration of C++ built-in type '_Float128'\"; exit 1"
  demo
  cmp "$here/wanted" "$here/text"
  equal 1 "$(wc -l <"$here/messages")"
  contains "$(cat "$here/messages")" "takes about 1.2 times as long: g++ does not compile MLX's kernels (error: redecl"
  equal 1 "$(wc -l <"$here/compiled")"
  answers_quietly
  equal 1 "$(wc -l <"$here/compiled")"
  contains "$("$root/scripts/moshi-mlx" doctor || true)" "warning  kernels      without compiled kernels"
  # Another compiler is asked.
  fake_compiler <<<": # mended"
  answers_quietly
  equal 4 "$(wc -l <"$here/compiled")"
}

test_without_a_compiler_it_says_what_to_install() {
  local tool
  on_a_cpu || return 0
  own_cache
  mkdir "$here/bin"
  for tool in bash env dirname basename readlink uname find date git sed mkdir grep cat mv rm ls xargs; do
    ln -s "$(command -v "$tool")" "$here/bin"
  done
  JAVA_HOME="$(bash -c '. "$1/scripts/lib/jdk.sh"; find_jdk' bash "$root")"
  export JAVA_HOME PATH="$here/bin"
  demo
  contains "$(cat "$here/messages")" "there is no C++ compiler (g++); install g++"
  answers_quietly
}

test_half_a_kernel_is_not_loaded() {
  local kernel
  on_a_cpu || return 0
  own_cache
  answers_quietly
  for kernel in "$kernels"/*/mlx/*/cpu/*.so; do
    head -c 4096 "$kernel" >"$here/half"
    cat "$here/half" >"$kernel"
  done
  answers_quietly
  equal "" "$(find "$kernels" -name '*.so' -size -5k)"
}

test_what_a_killed_compilation_leaves_is_neither_used_nor_kept() {
  local started
  on_a_cpu || return 0
  own_cache
  fake_compiler <<EOF
out="\$(printf '%s\n' "\$@" | grep '\.so\$')"
echo part >"\$out"
[ -e "$here/go" ] || { touch "$here/began"; exec sleep 60; }
EOF
  set -m # a process group, to be killed with its compiler
  demo &
  started=$!
  set +m
  eventually test -e "$here/began"
  kill -KILL -- "-$started"
  wait "$started" || true
  touch "$here/go"
  answers_quietly
  equal 1 "$(find "$kernels" -mindepth 1 -maxdepth 1 | wc -l)"
}

test_two_first_starts_do_not_meet() {
  local first
  on_a_cpu || return 0
  own_cache
  fake_compiler <<EOF
out="\$(printf '%s\n' "\$@" | grep '\.so\$')"
echo part >"\$out"
touch "$here/began"
until [ -e "$here/go" ]; do sleep 0.1; done
EOF
  "$root/scripts/moshi-mlx" run --model demo --input "$root/samples/hello.wav" --temp 0 >"$here/first" 2>&1 &
  first=$!
  eventually test -e "$here/began"
  rm "$here/began"
  (eventually test -e "$here/began" && touch "$here/go") &
  answers_quietly
  wait "$first"
  equal "$(cat "$here/text")" "$(cat "$here/first")"
  answers_quietly
}

# in_mounts COMMANDS: in a bash that may mount, and whose mounts end with it.
in_mounts() {
  local own=(unshare --mount)
  if [ "$(id -u)" -ne 0 ]; then
    if unshare --map-root-user --mount true 2>/dev/null; then own=(unshare --map-root-user --mount); else own=(sudo -n unshare --mount); fi
  fi
  "${own[@]}" env PATH="$PATH" HOME="$HOME" JAVA_HOME="${JAVA_HOME:-}" XDG_CACHE_HOME="$XDG_CACHE_HOME" TMPDIR="$TMPDIR" \
    here="$here" root="$root" bash -euc "$(declare -f demo equal contains answers_quietly)
      $1"
}

test_a_place_that_no_program_runs_from_and_a_full_disk_are_reported() {
  on_a_cpu || return 0
  own_cache
  mkdir "$XDG_CACHE_HOME"
  # shellcheck disable=SC2016 # expanded by the inner bash
  in_mounts 'mount -t tmpfs -o noexec none "$XDG_CACHE_HOME"; mount --bind "$XDG_CACHE_HOME" "$TMPDIR"
    demo; contains "$(cat "$here/messages")" "(mounted noexec); move the folder of moshi-mlx with XDG_CACHE_HOME"
    answers_quietly
    mount -o remount,exec "$XDG_CACHE_HOME"; answers_quietly; ls "$XDG_CACHE_HOME"/moshi-mlx/kernels/*/mlx >/dev/null
    mount -o remount,noexec "$XDG_CACHE_HOME"
    demo; contains "$(cat "$here/messages")" "(mounted noexec)"'
  # shellcheck disable=SC2016
  in_mounts 'mount -t tmpfs -o size=300k none "$XDG_CACHE_HOME"
    demo; contains "$(cat "$here/messages")" "/moshi-mlx/kernels is full; "; grep -q hello "$here/text"'
}

test_a_folder_without_rights_and_one_that_is_none_are_reported() {
  on_a_cpu || return 0
  own_cache
  touch "$XDG_CACHE_HOME"
  demo
  contains "$(cat "$here/messages")" "/moshi-mlx/kernels cannot be written to"
  grep -q hello "$here/text"
}

test_a_second_user_has_kernels_of_his_own() {
  local user=(setpriv --reuid nobody --regid nogroup --clear-groups)
  on_a_cpu && [ "$(id -u)" -eq 0 ] || return 0 # only root can be another
  "${user[@]}" test -r "$root/scripts/moshi-mlx" || return 0 # nor may he see where this is
  own_cache
  chmod 755 "$(dirname "$here")"
  mkdir "$here/home"
  mkdir -p "$here/tmp/mlx/0.32.2/cpu"
  chmod 1777 "$here/tmp" "$here/home"
  # shellcheck disable=SC2016 # expanded by the inner bash
  "${user[@]}" env -u XDG_CACHE_HOME -u XDG_CONFIG_HOME HOME="$here/home" "$root/scripts/moshi-mlx" run --model demo \
    --input "$root/samples/hello.wav" >"$here/text" 2>"$here/messages"
  equal "" "$(cat "$here/messages")"
  contains "$(ls "$here/home/.cache/moshi-mlx/kernels"/*/mlx/*/cpu)" .so
}

test_the_options_of_other_java_programs_are_not_ours() {
  local name
  for name in JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS; do
    contains "$(env "$name=-XX:+UseZGC -Xms2g" "$root/scripts/moshi-mlx" --version 2>&1)" "device"
    lacks "$(env "$name=-Da=b" "$root/scripts/moshi-mlx" --version 2>&1)" "$name"
  done
  fake_checkout
  contains "$(MOSHI_MLX_JAVA_OPTIONS="-Xss2m '-Dtrust=my store'" launch run </dev/null 2>/dev/null)" "argument: -Xss2m
argument: -Dtrust=my store
argument: -Dmoshimlx.terminals="
}

test_a_fatal_error_is_written_to_our_own_folder() {
  local started logs="$here/cache/moshi-mlx/logs"
  own_cache
  if [ "$(uname -s)" = Darwin ]; then
    export HOME="$here"
    logs="$here/Library/Logs/moshi-mlx"
  fi
  mkdir "$here/working"
  mkfifo "$here/never"
  cd "$here/working" || return
  "$root/scripts/moshi-mlx" run --model demo --input "$here/never" >"$here/text" 2>&1 &
  started=$!
  eventually jvm_runs "$started"
  kill -SEGV "$started"
  wait "$started" || true
  equal "" "$(ls -A)"
  contains "$(ls "$logs")" "hs_err_pid$started.log"
  # Where there is no such folder, the temporary one will do.
  fake_checkout
  touch "$here/file"
  contains "$(HOME="$here/file" XDG_CACHE_HOME="$here/file" launch run </dev/null 2>/dev/null)" \
    "-XX:ErrorFile=$TMPDIR/hs_err_pid"
}

jvm_runs() { case "$(ps -o args= -p "$1")" in *io.moshimlx.command.Main*) ;; *) return 1 ;; esac }

test_names_and_arguments_are_utf8_in_locales_without_letters() {
  local locale
  cp "$root/samples/hello.wav" "$here/grüße 日本.wav"
  mkdir "$here/Müsik"
  cp "$root/samples/hello.wav" "$here/Müsik/a.wav"
  for locale in LC_ALL=C LC_ALL=POSIX LC_ALL=xx_XX.UTF-8 LC_CTYPE=UTF-8 LANG=xx_XX.UTF-8; do
    unset LC_ALL LC_CTYPE LANG
    export "${locale?}"
    cd "$here" || return
    demo --input "grüße 日本.wav" --output "réponse.wav"
    rm "réponse.wav"
    cd "Müsik" || return
    demo --input a.wav
    fails demo --model "Café"
    contains "$(cat "$here/messages")" "Café is not a folder"
    unset "${locale%%=*}"
  done
}
