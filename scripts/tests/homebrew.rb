# What of Homebrew the formula uses, for a machine without it: `ruby homebrew.rb FORMULA CHECKOUT PREFIX` runs the
# formula's install, post_install and test. Homebrew's own classes do more (they keep kegs, relocate, sandbox).
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
    def self.java_home = Pathname(ENV.fetch("GIVEN_JAVA_HOME"))
    def self.overridable_java_home_env = { JAVA_HOME: "${JAVA_HOME:-#{java_home}}" }
  end
end

def ENV.prepend_path(name, folder)
  self[name] = "#{folder}:#{self[name]}"
end

class Formula
  include Minitest::Assertions

  FIELDS = %i[desc homepage url sha256 license head depends_on preserve_rpath allow_network_access!
              deny_network_access!].freeze
  FIELDS.each { |field| define_singleton_method(field) { |*_, **_| } }

  def self.test(&block) = define_method(:check, &block)

  attr_accessor :assertions
  attr_reader :buildpath, :prefix, :testpath

  def initialize(checkout, prefix, testpath)
    @buildpath = Pathname(checkout)
    @prefix = Pathname(prefix)
    @testpath = Pathname(testpath)
    @assertions = 0
  end

  def bin = prefix/"bin"
  def libexec = prefix/"libexec"
  def formula_opt_libexec(name) = Pathname("/opt/homebrew/opt")/name/"libexec"
  def share = prefix/"share"
  def pkgshare = share/"moshi-mlx"
  def man1 = share/"man/man1"
  def bash_completion = prefix/"etc/bash_completion.d"
  def zsh_completion = share/"zsh/site-functions"
  def fish_completion = share/"fish/vendor_completions.d"

  def system(*command)
    quiet_system(*command) || raise("failed: #{command.join(" ")}")
  end

  def quiet_system(*command) = Kernel.system(*command.map(&:to_s))

  def shell_output(command) = `#{command}`
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
