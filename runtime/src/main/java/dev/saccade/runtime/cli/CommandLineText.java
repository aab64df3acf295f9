package dev.saccade.runtime.cli;

import java.util.List;
import java.util.stream.Collectors;

/** Arguments as a person would type them, so that a report's command can be pasted. */
final class CommandLineText {

  private CommandLineText() {}

  static String of(List<String> arguments) {
    return arguments.stream().map(CommandLineText::quoted).collect(Collectors.joining(" "));
  }

  private static String quoted(String argument) {
    return argument.matches("[\\w@%+=:,./-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
