# shellcheck shell=bash
# What is generated from the command definitions, in real shells and read with man.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=shells
. "$root/scripts/tests/shells"

share_files() {
  local jars=("$root"/cli/target/cli-*.jar)
  share="$here/share"
  "$(find_jdk javac)/bin/java" --enable-native-access=ALL-UNNAMED -cp "${jars[0]}" io.moshimlx.command.ShellFiles "$share"
}

test_bash_completes_commands_options_values_and_files() {
  share_files
  equal run "$(bash_offers "$share" "moshi-mlx ru")"
  equal pull "$(bash_offers "$share" "moshi-mlx models pul")"
  equal --input "$(bash_offers "$share" "moshi-mlx run --temp 0 --input" | head -n 1)"
  equal "q4 q6 q8 " "$(bash_offers "$share" "moshi-mlx run --quant q" | tr '\n' ' ')"
  equal "q4 q6 q8 " "$(bash_offers "$share" "moshi-mlx run --quant=q" | tr '\n' ' ')"
  equal demo "$(cd "$here" && bash_offers "$share" "moshi-mlx run --model dem")"
  touch "$here/a recording.wav"
  equal "a recording.wav" "$(cd "$here" && bash_offers "$share" "moshi-mlx run --input a")"
  equal "" "$(cd "$here" && bash_offers "$share" "moshi-mlx run --temp ")"
  shellcheck --shell=bash "$share/bash-completion/completions/moshi-mlx"
}

test_zsh_completes() {
  share_files
  equal quantize "$(zsh_completes "$share" "moshi-mlx qu")"
  equal "run --input" "$(zsh_completes "$share" "moshi-mlx run --inp")"
  equal "models pull personaplex-bf16" "$(zsh_completes "$share" "moshi-mlx models pull personaplex-b")"
}

test_fish_completes_with_descriptions() {
  local found
  share_files
  found="$(fish_offers "$share" "moshi-mlx ")"
  contains "$found" "run	Talk with Moshi"
  lacks "$found" pull
  contains "$(fish_offers "$share" "moshi-mlx models ")" "pull	"
  contains "$(fish_offers "$share" "moshi-mlx run --inp")" "--input	Answer a recording"
  contains "$(fish_offers "$share" "moshi-mlx quantize --quant ")" q6
  touch "$here/recording.wav"
  contains "$(cd "$here" && fish_offers "$share" "moshi-mlx run --input rec")" recording.wav
}

test_every_command_has_a_page_of_the_manual() {
  local page found
  share_files
  for page in "$share"/man/man1/*; do
    page="$(basename "$page" .1)"
    found="$(manual "$share" "$page")"
    contains "$found" "$page - "
    contains "$found" "EXIT STATUS"
  done
  found="$(manual "$share" moshi-mlx-run)"
  contains "$found" "--input=FILE"
  contains "$found" "moshi-mlx run --model demo --input hello.wav --output reply.wav"
  on_mac || equal "" "$(MANROFFSEQ='' man --warnings -l "$share/man/man1/moshi-mlx-run.1" 2>&1 >/dev/null)"
}
