package dev.saccade.runtime.cli;

import dev.saccade.runtime.SaccadeException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code saccade} command.
 *
 * <p>Exit codes: 0 all went well; 1 what was asked for cannot be done, with one line that says why;
 * 2 the command line is wrong; 70 a bug.
 */
@Command(
    name = "saccade",
    description = {
      "Exchangeable attention mechanisms for transformers on the JVM.",
      "",
      "The main job: compare every installed mechanism on a real model and real text."
    },
    mixinStandardHelpOptions = true,
    versionProvider = SaccadeCli.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CompareCommand.class,
      BenchCommand.class,
      MechanismsCommand.class,
      PluginsCommand.class,
      GenerateCommand.class,
      EvalCommand.class,
      TokenizerCommand.class,
      TrainCommand.class,
      ExportCommand.class,
      DoctorCommand.class,
      GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all went well",
      "1:what was asked for cannot be done; one line says why",
      "2:the command line is wrong",
      "70:a bug in Saccade"
    })
public final class SaccadeCli implements Callable<Integer> {

  /** No line of help or of a table is longer. */
  static final int WIDTH = 100;

  static final int REFUSED = 1;
  static final int BUG = 70;

  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print stack traces of what goes wrong.")
  private boolean verbose;

  /** Returns the command line that a command belongs to. */
  static SaccadeCli of(CommandSpec command) {
    return (SaccadeCli) command.root().userObject();
  }

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, Streams.terminalCharset());
    PrintWriter err = new PrintWriter(System.err, true, Streams.terminalCharset());
    int code = run(out, err, args);
    out.flush();
    err.flush();
    // Threads of ND4J would keep the JVM alive for a while.
    System.exit(code);
  }

  /** Runs the command line with the given streams and returns the exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    return commandLine(out, err).execute(args);
  }

  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    SaccadeCli cli = new SaccadeCli();
    return new CommandLine(cli)
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(WIDTH)
        // The later one counts, so that an alias can hold options of its own.
        .setOverwrittenOptionsAllowed(true)
        .setColorScheme(CommandLine.Help.defaultColorScheme(Streams.colour() ? Ansi.ON : Ansi.OFF))
        .setParameterExceptionHandler(SaccadeCli::explainUsage)
        .setExecutionExceptionHandler((e, command, parsed) -> cli.explain(e, command));
  }

  /** Without a command there is nothing to do: shows what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return CommandLine.ExitCode.USAGE;
  }

  private static int explainUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String help = command.getCommandSpec().qualifiedName() + " --help";
    command.getErr().println("saccade: %s (see: %s)".formatted(UsageProblem.of(e), help));
    return CommandLine.ExitCode.USAGE;
  }

  private int explain(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    boolean users = e instanceof SaccadeException;
    if (users) {
      err.println("saccade: " + oneLine(e.getMessage()));
    } else {
      err.println("saccade: this is a bug: " + oneLine(e.toString()));
    }
    if (!users && !verbose) {
      err.println("saccade: please report it with what --verbose prints");
    }
    trace(e, err);
    return users ? REFUSED : BUG;
  }

  /** Prints where something was thrown, if the user asked for that. */
  void trace(Throwable thrown, PrintWriter err) {
    if (verbose) {
      thrown.printStackTrace(err);
    }
  }

  static String oneLine(@Nullable String message) {
    return Stream.of(String.valueOf(message).split("\\R"))
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining(" "));
  }

  /** Prints the version of the jar, of Java and of ND4J's natives' system. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = SaccadeCli.class.getPackage().getImplementationVersion();
      return new String[] {
        "saccade " + (version == null ? "development" : version),
        "Java %s, %s %s"
            .formatted(
                Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"))
      };
    }
  }
}
