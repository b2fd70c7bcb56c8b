package io.moshimlx.command;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Help.IOptionRenderer;
import picocli.CommandLine.Help.IParameterRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * The help: long with {@code --help}, short with {@code -h}.
 *
 * <p>The first line of an option's description is all that the short help prints of it. Options
 * that every command has come last in both.
 */
final class Usage {
  static final String LONG = "--help";

  private static final int LONG_OPTIONS_WIDTH = 26;

  /** Room for the longest option, so that the short help has one line for each. */
  private static final int BRIEF_OPTIONS_WIDTH = 33;

  private static final List<String> BRIEF_SECTIONS =
      List.of(
          UsageMessageSpec.SECTION_KEY_HEADER,
          UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
          UsageMessageSpec.SECTION_KEY_SYNOPSIS,
          UsageMessageSpec.SECTION_KEY_PARAMETER_LIST_HEADING,
          UsageMessageSpec.SECTION_KEY_PARAMETER_LIST,
          UsageMessageSpec.SECTION_KEY_OPTION_LIST,
          UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
          UsageMessageSpec.SECTION_KEY_COMMAND_LIST);

  private Usage() {}

  /** Gives a command, and all below it, this help. */
  static CommandLine set(CommandLine root) {
    for (CommandSpec command : Arguments.commands(root.getCommandSpec())) {
      command
          .usageMessage()
          .synopsisHeading("%nUsage: ")
          .descriptionHeading("%n")
          .parameterListHeading("%nParameters:%n")
          .commandListHeading("%nCommands:%n")
          .exitCodeListHeading("%nExit status:%n")
          .footerHeading("%nExamples:%n")
          .sortOptions(false);
    }
    return root.setHelpFactory(Ordered::new)
        .setExecutionStrategy(Usage::execute)
        .setUsageHelpLongOptionsMaxWidth(LONG_OPTIONS_WIDTH);
  }

  private static int execute(ParseResult parsed) {
    if (!parsed.originalArgs().contains(LONG)) {
      for (CommandLine command : parsed.asCommandLineList()) {
        if (command.isUsageHelpRequested()) {
          printShort(command);
          return ExitStatus.DONE;
        }
      }
    }
    return new RunLast().execute(parsed);
  }

  /** Prints the short help of a command on its stdout. */
  static void printShort(CommandLine command) {
    command
        .setHelpFactory(Brief::new)
        .setHelpSectionKeys(BRIEF_SECTIONS)
        .setUsageHelpLongOptionsMaxWidth(BRIEF_OPTIONS_WIDTH)
        .usage(command.getOut(), command.getColorScheme());
    command
        .getOut()
        .printf("%n'%s --help' explains more.%n", command.getCommandSpec().qualifiedName());
    command.getOut().flush();
  }

  /** Prints the options of no group, then the groups, then the options of every command. */
  private static class Ordered extends Help {
    Ordered(CommandSpec command, ColorScheme colours) {
      super(command, colours);
    }

    @Override
    public String synopsis(int headingWidth) {
      return super.synopsis(headingWidth)
          .replaceAll("\\R(?=.)", System.lineSeparator() + " ".repeat(headingWidth));
    }

    /** Each list has a heading of its own. */
    @Override
    public String optionListHeading(Object... parameters) {
      return "";
    }

    @Override
    public String optionList() {
      List<OptionSpec> own = Arguments.ungrouped(commandSpec());
      String groups = optionListGroupSections();
      String general = optionListExcludingGroups(Arguments.general(commandSpec()));
      return (own.isEmpty() && !groups.isEmpty() ? "" : "%nOptions:%n".formatted())
          + (own.isEmpty() ? "" : optionListExcludingGroups(own))
          + groups
          + (groups.isEmpty() ? "" : "%nGeneral:%n".formatted())
          + general;
    }
  }

  /** Prints one line for each option and parameter. */
  private static final class Brief extends Ordered {
    Brief(CommandSpec command, ColorScheme colours) {
      super(command, colours);
    }

    @Override
    public IOptionRenderer createDefaultOptionRenderer() {
      IOptionRenderer all = super.createDefaultOptionRenderer();
      return (option, label, colours) -> firstRow(all.render(option, label, colours));
    }

    @Override
    public IParameterRenderer createDefaultParameterRenderer() {
      IParameterRenderer all = super.createDefaultParameterRenderer();
      return (parameter, label, colours) -> firstRow(all.render(parameter, label, colours));
    }

    private static Text[][] firstRow(Text[][] rows) {
      return new Text[][] {rows[0]};
    }
  }
}
