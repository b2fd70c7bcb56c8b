# shellcheck shell=bash
# The real thing, built: what a newcomer types.

: "${root:?}" "${here:?}"

test_the_first_command_of_the_readme() {
  local command
  command="$(grep -m 1 '^scripts/moshi-mlx run ' "$root/README.md")"
  ln -s "$root/scripts" "$root/samples" "$here"
  cd "$here" || return
  eval "$command" >text
  test -s reply.wav
}

test_the_second_command_of_the_readme_is_the_tests() {
  equal "scripts/test" "$(grep '^scripts/' "$root/README.md" | sed -n 2p)"
}

test_no_link_of_the_documents_leads_nowhere() {
  equal "" "$("$root/scripts/tests/dead-links" "$root" README.md CHANGELOG.md CONTRIBUTING.md docs scripts)"
}

test_a_dead_link_is_found() {
  mkdir "$here/docs"
  printf '# One\n\n[two](docs/two.md#a-title) [none](none.md) ![](none.svg)\n' >"$here/one.md"
  cat >"$here/docs/two.md" <<'END'
# Two

```
# a title
[not a link](none)
```
[one](../one.md#one) [web](https://example.org/)
END
  equal "docs/two.md#a-title
none.md
none.svg" "$("$root/scripts/tests/dead-links" "$here" | sed 's/.*: //' | LC_ALL=C sort)"
}

test_the_launcher_works_through_a_link_from_a_folder_with_spaces() {
  mkdir "$here/my bin" "$here/my sounds"
  ln -s "$root/scripts/moshi-mlx" "$here/my bin/moshi-mlx"
  cp "$root/samples/hello.wav" "$here/my sounds/hello there.wav"
  cd "$here/my sounds" || return
  "../my bin/moshi-mlx" run --model demo --input "hello there.wav" --output "my reply.wav" --temp 0 --events - >events
  test -s "my reply.wav"
  contains "$(head -n 1 events)" '"type":"session"'
  contains "$(tail -n 1 events)" '"type":"end"'
}

test_help_and_version_go_to_stdout_and_nothing_to_stderr() {
  contains "$("$root/scripts/moshi-mlx" --help 2>"$here/messages")" "Commands:"
  contains "$("$root/scripts/moshi-mlx" run --help 2>>"$here/messages")" "--input"
  contains "$("$root/scripts/moshi-mlx" --version 2>>"$here/messages")" "MLX"
  equal "" "$(cat "$here/messages")"
}

test_a_failure_is_one_line_and_status_1() {
  local status=0
  "$root/scripts/moshi-mlx" run --model demo --input "$here/none.wav" --output "$here/reply.wav" \
    >"$here/text" 2>"$here/messages" || status=$?
  equal 1 "$status"
  contains "$(cat "$here/messages")" "none.wav"
  equal 1 "$(grep -c . "$here/messages")"
  equal "" "$(cat "$here/text")"
  [ ! -e "$here/reply.wav" ]
}

test_wrong_usage_is_status_2() {
  local status=0
  "$root/scripts/moshi-mlx" run --no-such-option 2>"$here/messages" || status=$?
  equal 2 "$status"
  contains "$(cat "$here/messages")" "--no-such-option"
}
