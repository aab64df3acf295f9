package dev.saccade.runtime.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, in one line and in a user's words. */
final class UsageProblem {

  private UsageProblem() {}

  static String of(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    if (e instanceof MissingParameterException missing) {
      return missing(missing);
    }
    return SaccadeCli.oneLine(e.getMessage());
  }

  private static String unmatched(UnmatchedArgumentException e) {
    String given = e.getUnmatched().get(0);
    List<String> similar = e.getSuggestions();
    String hint = similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?";
    CommandLine command = e.getCommandLine();
    if (e.isUnknownOption()) {
      return "there is no option %s%s".formatted(given, hint);
    }
    return command.getSubcommands().isEmpty()
        ? "\"%s\" is one argument too many".formatted(given)
        : "there is no command \"%s\"; there are: %s"
            .formatted(given, String.join(", ", command.getSubcommands().keySet()));
  }

  private static String missing(MissingParameterException e) {
    List<String> names =
        e.getMissing().stream().filter(ArgSpec::isPositional).map(ArgSpec::paramLabel).toList();
    return names.isEmpty()
        ? SaccadeCli.oneLine(e.getMessage())
        : "%s is missing".formatted(String.join(" and ", names));
  }
}
