# shellcheck shell=bash
# The scripts in examples/, with voices that all speak through the demo model.

: "${root:?}" "${here:?}"
export MOSHI_MLX="$root/scripts/moshi-mlx" XDG_CONFIG_HOME="$here/config" HF_HOME="$here/hub"

own_voices() { # own_voices NAME...
  local separator="" name
  mkdir -p "$XDG_CONFIG_HOME/moshi-mlx"
  {
    echo "{"
    for name in "$@"; do
      printf '%s"%s": {"model": "demo"}\n' "$separator" "$name"
      separator=", "
    done
    echo "}"
  } >"$XDG_CONFIG_HOME/moshi-mlx/voices.json"
}

clock() { # clock HOUR: `date` says that it is that hour
  program "$here/bin/date" <<<"echo 20260102-${1}0304"
  PATH="$here/bin:$PATH"
}

test_every_voice_that_is_here_has_a_file_of_its_own() {
  own_voices ann bob
  "$root/examples/every-voice" "$root/samples/hello.wav" "$here/the answers" --temp 0 2>"$here/messages"
  equal "ann.txt ann.wav bob.txt bob.wav demo.txt demo.wav " "$(cd "$here/the answers" && echo * | tr '\n' ' ')"
  equal "ann bob demo " "$(tr '\n' ' ' <"$here/messages")"
  cmp "$here/the answers/ann.wav" "$here/the answers/demo.wav"
  test -s "$here/the answers/ann.txt"
}

test_a_voice_that_fails_does_not_stop_the_others() {
  local status=0
  own_voices ann
  mkdir -p "$here/answers/ann.wav"
  "$root/examples/every-voice" "$root/samples/hello.wav" "$here/answers" 2>"$here/messages" || status=$?
  equal 1 "$status"
  contains "$(cat "$here/messages")" "ann.wav cannot be written"
  test -s "$here/answers/demo.wav"
  fails test -e "$here/answers/ann.txt"
}

test_a_voice_is_picked_at_random_among_those_here() {
  local picked
  own_voices ann bob
  clock 08
  cd "$here" || return
  "$root/examples/random-voice" --input "$root/samples/hello.wav" --temp 0 >text 2>messages
  picked="$(sed 's/^random-voice: //' messages)"
  contains " ann bob " " $picked "
  test -s "20260102-080304-$picked.wav"
}

test_without_a_voice_here_there_is_nothing_to_pick() {
  local status=0
  "$root/examples/random-voice" 2>"$here/messages" || status=$?
  equal 1 "$status"
  contains "$(cat "$here/messages")" "models pull moshika"
}

test_the_voice_goes_by_the_hour() {
  local hour voice
  export MORNING=ann AFTERNOON=bob EVENING=carla NIGHT=dora
  program "$here/moshi" <<<'printf "%s " "$@"'
  export MOSHI_MLX="$here/moshi"
  for hour in 05:ann 11:ann 12:bob 17:bob 18:carla 21:carla 22:dora 04:dora; do
    clock "${hour%:*}"
    voice="${hour#*:}"
    equal "run --voice $voice --record 20260102-${hour%:*}0304-$voice.wav --verbose " \
      "$("$root/examples/voice-of-the-hour" --verbose 2>"$here/messages")"
    equal "voice-of-the-hour: $voice" "$(cat "$here/messages")"
  done
}

test_the_voice_of_the_hour_answers_a_recording() {
  own_voices dora
  clock 23
  cd "$here" || return
  NIGHT=dora "$root/examples/voice-of-the-hour" --input "$root/samples/hello.wav" >text 2>messages
  test -s 20260102-230304-dora.wav
}
