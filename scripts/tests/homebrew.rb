# What of Homebrew the formula uses, for a machine without it: `ruby homebrew.rb FORMULA CHECKOUT PREFIX` runs the
# formula's install, post_install and test. Homebrew's own classes do more (they keep kegs, relocate, sandbox). Runs under
# the Ruby 2.6 that macOS has.
require "fileutils"
require "minitest"
require "pathname"
require "tmpdir"

class Pathname
  def install(*sources)
    mkpath
    sources.flatten.each { |source| FileUtils.cp_r(source.to_s, to_s, preserve: true) }
  end

  def write_env_script(target, env)
    dirname.mkpath
    variables = env.map { |name, value| "#{name}=\"#{value}\"" }.join(" ")
    write("#!/bin/bash\n#{variables} exec \"#{target}\" \"$@\"\n")
    chmod(0o555)
  end
end

module Language
  module Java
    # Homebrew's takes any openjdk where no version is given, and that is the newest.
    def self.java_home(version)
      raise "not a JDK that the formula depends on: openjdk@#{version}" unless Formula.needed.include?("openjdk@#{version}")

      Pathname(ENV.fetch("GIVEN_JAVA_HOME"))
    end

    def self.overridable_java_home_env(version)
      { JAVA_HOME: "${JAVA_HOME:-#{java_home(version)}}" }
    end
  end
end

def ENV.prepend_path(name, folder)
  self[name] = "#{folder}:#{self[name]}"
end

class Formula
  include Minitest::Assertions

  FIELDS = %i[desc homepage url sha256 license head preserve_rpath allow_network_access! deny_network_access!].freeze
  FIELDS.each { |field| define_singleton_method(field) { |*_| } }

  def self.needed
    @@needed ||= []
  end

  def self.depends_on(what)
    needed << what
  end

  def self.test(&block)
    define_method(:check, &block)
  end

  attr_accessor :assertions
  attr_reader :buildpath, :prefix, :testpath

  def initialize(checkout, prefix, testpath)
    @buildpath = Pathname(checkout)
    @prefix = Pathname(prefix)
    @testpath = Pathname(testpath)
    @assertions = 0
  end

  FOLDERS = {
    bin:             "bin",
    libexec:         "libexec",
    share:           "share",
    pkgshare:        "share/moshi-mlx",
    man1:            "share/man/man1",
    bash_completion: "etc/bash_completion.d",
    zsh_completion:  "share/zsh/site-functions",
    fish_completion: "share/fish/vendor_completions.d",
  }.freeze
  FOLDERS.each { |name, folder| define_method(name) { prefix/folder } }

  def formula_opt_libexec(name)
    Pathname("/opt/homebrew/opt")/name/"libexec"
  end

  def system(*command)
    quiet_system(*command) || raise("failed: #{command.join(" ")}")
  end

  def quiet_system(*command)
    Kernel.system(*command.map(&:to_s))
  end

  def shell_output(command)
    `#{command}`
  end
end

formula, checkout, prefix = ARGV
load formula
# Homebrew keeps what these fetch in its cache, out of the sandboxed home.
ENV["CARGO_HOME"] ||= File.join(Dir.home, ".cargo")
ENV["RUSTUP_HOME"] ||= File.join(Dir.home, ".rustup")
ENV["HOME"] = Dir.mktmpdir
begin
  brewed = MoshiMlx.new(checkout, prefix, ENV["HOME"])
  FileUtils.rm_rf(brewed.buildpath/"build/tree")
  Dir.chdir(checkout) { brewed.install }
  brewed.post_install
  ENV.delete("JAVA_HOME")
  Dir.chdir(brewed.testpath) { brewed.check }
ensure
  FileUtils.rm_rf([brewed.buildpath/"build/tree", ENV["HOME"]])
end
