# shellcheck shell=bash
# What scripts/check-macos says of pins, bindings and libraries that are wrong. They are made up; the checks are the real ones.

: "${root:?}" "${here:?}"

check() { PYTHONPATH="$here/modules" PYTHONDONTWRITEBYTECODE=1 python3 "$root/scripts/macos/check.py" "$@"; }

# A tree with what the checks read, for a made up mlx-c of two functions.
made_up() {
  tree="$here/tree"
  bindings="$tree/mlx-bindings/src/main"
  headers="$tree/mlx-c/mlx/c"
  mkdir -p "$tree/native/mlx-c-source" "$bindings/resources/io/moshimlx/mlx" "$bindings/java/io/moshimlx/mlx/c" \
    "$headers" "$tree/docs" "$tree/packaging/homebrew" "$tree/lib" "$here/modules"
  printf 'mlx-cpu==1.2.3 ; sys_platform == "linux" \\\n    --hash=a\nmlx-metal==1.2.3 ; sys_platform == "darwin" \\\n    --hash=b\n' \
    >"$tree/native/requirements.txt"
  echo 'mlx-sys = { version = "=0.6.0", default-features = false }' >"$tree/native/mlx-c-source/Cargo.toml"
  printf '# A comment.\nversion 0.6.0\nmlx_add\nmlx_halve\n' >"$bindings/resources/io/moshimlx/mlx/mlx-c.txt"
  printf '     * {@snippet lang=c :\n     * %s\n     * }\n' 'int mlx_add(mlx_array *res, const mlx_array a)' \
    'int mlx_halve(void)' >"$bindings/java/io/moshimlx/mlx/c/MlxC.java"
  printf '/* Adds; see mlx_halve(int); */\n#define MLX_H\nint mlx_add(\n    mlx_array* res,\n    const mlx_array a);\nint mlx_halve(void);\n' \
    >"$headers/ops.h"
  echo "Apple Silicon, macOS 14 or later." >"$tree/docs/installing.md"
  echo "  depends_on macos: :sonoma" >"$tree/packaging/homebrew/moshi-mlx.rb"
}

# Stands in for lief: a library is what a line of Python says.
made_up_libraries() {
  made_up
  cat >"$here/modules/lief.py" <<'EOF'
from types import SimpleNamespace as Made
logging = Made(disable=lambda: None)
def library(name, needed=(), rpaths=(), minimum=(14, 0, 0), exports=(), imports=(), content=b""):
    commands = [Made(command="TYPE.ID_DYLIB", name=name)] + [Made(command="TYPE.LOAD_DYLIB", name=n) for n in needed]
    return Made(
        header=Made(cpu_type="CPU_TYPE.ARM64"), libraries=commands, rpaths=[Made(path=p) for p in rpaths],
        build_version=Made(minos=list(minimum)), segments=[Made(name="__TEXT", content=content)],
        exported_symbols=[Made(name=n) for n in exports], imported_symbols=[Made(name=n) for n in imports])
class MachO:
    @staticmethod
    def parse(path):
        made = eval(open(path).read())
        return Made(at=lambda index: made)
EOF
  cat >"$tree/lib/libmlx.dylib" \
    <<<'library("@rpath/libmlx.dylib", ["/usr/lib/libc++.1.dylib"], exports=["__ZN3mlx4core3addE"])'
  libmlxc 'needed=["@rpath/libmlx.dylib", "/usr/lib/libSystem.B.dylib"]'
}

# libmlxc ARGUMENT...: as it should be but for these.
libmlxc() {
  local IFS=, changes
  changes="$*"
  cat >"$tree/lib/libmlxc.dylib" <<EOF
library(**dict(dict(name="@rpath/libmlxc.dylib", needed=["@rpath/libmlx.dylib"], rpaths=["@loader_path"],
    exports=["_mlx_add", "_mlx_halve"], imports=["__ZN3mlx4core3addE"]), $changes))
EOF
}

test_what_belongs_together_passes() {
  local text
  made_up_libraries
  text="$(check pins "$tree" && check prototypes "$tree" "$tree/mlx-c" && check mlxc "$tree" "$tree/lib")"
  contains "$text" "one version, 1.2.3"
  contains "$text" "declare 2 functions"
  contains "$text" "exports the 2 functions"
  lacks "$text" FAILED
}

test_pins_of_two_versions_are_named() {
  made_up
  sed -i.old 's/metal==1.2.3/metal==1.2.4/' "$tree/native/requirements.txt"
  contains "$(check pins "$tree")" \
    "FAILED  native/requirements.txt pins mlx-cpu to 1.2.3 and mlx-metal to 1.2.4: pin both to one version"
}

test_bindings_of_another_mlx_c_are_named() {
  made_up
  sed -i.old 's/=0.6.0/=0.7.0/' "$tree/native/mlx-c-source/Cargo.toml"
  contains "$(check pins "$tree")" \
    "FAILED  the bindings are made from mlx-c 0.6.0 and native/mlx-c-source pins mlx-sys 0.7.0: run scripts/generate-bindings"
}

test_a_function_with_a_new_parameter_is_named() {
  made_up
  sed -i.old 's/const mlx_array a)/const mlx_array a, bool fast)/' "$headers/ops.h"
  contains "$(check prototypes "$tree" "$tree/mlx-c")" "other prototypes than the bindings of mlx_add: run scripts/generate-bindings"
}

test_a_function_that_is_gone_is_named() {
  made_up
  sed -i.old '/^int mlx_halve/d' "$headers/ops.h"
  contains "$(check prototypes "$tree" "$tree/mlx-c")" "bindings of mlx_halve: run"
}

test_an_mlx_that_mlx_c_does_not_fit_is_named() {
  made_up
  echo "/a/vendor/mlx-sys-0.6.0/src/mlx-c/mlx/c/ops.cpp:17:1: error: no such parameter" >"$here/log"
  contains "$(check why "$tree" mlx-c "$here/log")" "FAILED  mlx-c of mlx-sys 0.6.0 does not compile against MLX 1.2.3 \
(mlx/c/ops.cpp:17: no such parameter): pin versions that belong together in native/"
}

test_a_build_that_fails_otherwise_is_quoted() {
  made_up
  printf 'a line\nthe network is down\n' >"$here/log"
  contains "$(check why "$tree" mlx-c "$here/log")" "mlx-c cannot be built for a Mac (the network is down): read "
}

test_a_library_from_elsewhere_is_named() {
  local text
  made_up_libraries
  libmlxc 'needed=["@rpath/libmlx.dylib", "/opt/homebrew/lib/libfmt.dylib"]' 'rpaths=["/opt/homebrew/lib"]' \
    'content=b"/opt/homebrew/include"'
  text="$(check mlxc "$tree" "$tree/lib")"
  contains "$text" "FAILED  libmlxc.dylib needs /opt/homebrew/lib/libfmt.dylib, which is not how it finds its libraries"
  contains "$text" "FAILED  libmlxc.dylib has the rpaths ['/opt/homebrew/lib'] instead of ['@loader_path']"
  contains "$text" "FAILED  libmlxc.dylib names /opt/homebrew, a folder of the machine that built it"
}

test_a_library_for_a_newer_system_is_named() {
  made_up_libraries
  libmlxc 'minimum=(15, 0, 0)'
  contains "$(check mlxc "$tree" "$tree/lib")" "FAILED  libmlxc.dylib needs macOS 15.0 and docs/installing.md says 14"
}

test_a_symbol_that_mlx_lacks_is_named() {
  local text
  made_up_libraries
  libmlxc 'imports=["__ZN3mlx4core3newE"]' 'exports=["_mlx_add"]'
  text="$(check mlxc "$tree" "$tree/lib")"
  contains "$text" "FAILED  libmlx.dylib lacks __ZN3mlx4core3newE, which libmlxc.dylib needs"
  contains "$text" "FAILED  libmlxc.dylib lacks _mlx_halve, which the bindings call"
}

test_a_library_is_compiled_for_the_system_that_the_build_asks_for() {
  program "$here/zig" <<<'echo "$@"'
  export MACOS_ZIG="$here/zig"
  contains "$("$root/scripts/macos/clang++" -arch arm64 -mmacosx-version-min=12.1 -dynamiclib a.o)" \
    "c++ -target aarch64-macos.12.1 -dynamiclib a.o"
  # Where it asks for none, a Mac would take its own, which no older one loads.
  contains "$("$root/scripts/macos/clang" -dynamiclib a.o)" "cc -target aarch64-macos.26.0 "
}

test_a_codec_that_needs_a_new_library_of_macos_is_named() {
  made_up
  echo '  = note: error: unable to find system framework "CoreAudio". searched paths: none' >"$here/log"
  contains "$(check why "$tree" codec "$here/log")" "needs CoreAudio, which scripts/macos/sdk lacks: name it there"
}

test_native_methods_that_differ_are_named() {
  made_up_libraries
  mkdir "$here/jni"
  echo "JNIEXPORT void JNICALL Java_a_B_wanted" >"$here/jni/a_B.h"
  cat >"$tree/lib/libmoshimlx_mimi.dylib" <<<'library("@rpath/libmoshimlx_mimi.dylib", exports=["_Java_a_B_unknown"])'
  contains "$(check codec "$tree" "$tree/lib" "$here/jni")" "FAILED  libmoshimlx_mimi.dylib lacks Java_a_B_wanted, which \
Java declares and exports Java_a_B_unknown, which no Java class declares"
}

test_a_kernel_that_is_missing_is_named() {
  made_up
  PYTHONPATH="$root/scripts/macos" PYTHONDONTWRITEBYTECODE=1 python3 - "$here" <<'EOF'
import sys
import check
def metallib(file, names):
    fields = b"".join(b"NAME" + (len(n) + 1).to_bytes(2, "little") + n.encode() + b"\0" for n in names)
    open(f"{sys.argv[1]}/{file}", "wb").write(b"MTLB" + fields + b"air64_v26-apple-macosx14.0.0")
names = check.kernels_needed()
metallib("all", names)
metallib("one less", [n for n in names if n != "sdpa_vector_bfloat16_t_128_128"])
EOF
  lacks "$(check kernels "$tree" "$here/all")" FAILED
  contains "$(check kernels "$tree" "$here/one less")" "FAILED  one less lacks sdpa_vector_bfloat16_t_128_128, which our models run"
}
