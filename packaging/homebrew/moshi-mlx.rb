class MoshiMlx < Formula
  desc "Full-duplex speech with Moshi on MLX"
  homepage "https://github.com/moshi-mlx/moshi-mlx"
  url "https://github.com/moshi-mlx/moshi-mlx/releases/download/v0.1.0/moshi-mlx-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]
  head "https://github.com/moshi-mlx/moshi-mlx.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "maven" => :build
  depends_on "python@3.14" => :build
  depends_on "rust" => :build
  depends_on arch: :arm64
  depends_on macos: :sonoma
  depends_on "openjdk@25"

  # MLX comes as its developers build it, without room for longer names.
  preserve_rpath

  # Maven, cargo and pip fetch what the lock files pin.
  allow_network_access! :build
  deny_network_access! [:postinstall, :test]

  def install
    ENV.prepend_path "PATH", formula_opt_libexec("python@3.14")/"bin"
    ENV["JAVA_HOME"] = Language::Java.java_home("25").to_s
    tree = buildpath/"build/tree"
    system "scripts/dist", "--tree", tree

    # The launcher finds its libexec beside its own bin.
    libexec.install tree/"bin", tree/"libexec"
    (bin/"moshi-mlx").write_env_script libexec/"bin/moshi-mlx", Language::Java.overridable_java_home_env("25")

    share.install tree/"share/doc"
    pkgshare.install "samples/hello.wav"
    bash_completion.install tree/"share/bash-completion/completions/moshi-mlx"
    zsh_completion.install tree/"share/zsh/site-functions/_moshi-mlx"
    fish_completion.install tree/"share/fish/vendor_completions.d/moshi-mlx.fish"
    man1.install Dir[tree/"share/man/man1/*.1"]
  end

  # Every start is faster for it; without, all else stands.
  def post_install
    ENV["JAVA_HOME"] = Language::Java.java_home("25").to_s
    quiet_system "bash", "-c", '. "$0/jdk.sh"; . "$0/launch.sh"; installation "$0"; keep_classes',
                 libexec/"libexec/moshi-mlx"
  end

  def caveats
    <<~EOS
      The first conversation asks whether your terminal may use the microphone: allow it, or allow
      it later in System Settings > Privacy & Security > Microphone.
      Models lie in ~/.cache/huggingface and stay when moshi-mlx is uninstalled; before that,
      remove them with: moshi-mlx models rm NAME
    EOS
  end

  test do
    assert_match(/^moshi-mlx \d/, shell_output("#{bin}/moshi-mlx --version"))
    system bin/"moshi-mlx", "run", "--model", "demo", "--input", pkgshare/"hello.wav",
           "--output", testpath/"reply.wav", "--events", testpath/"events.ndjson"
    assert_operator (testpath/"reply.wav").size, :>, 1920 * 2
    assert_match '"type":"end"', (testpath/"events.ndjson").read
  end
end
