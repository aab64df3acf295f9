package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.host.PluginDirectory;
import dev.saccade.runtime.host.PluginStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saccade plugins}. */
@Command(
    name = "plugins",
    description = "List, install and remove plugins.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PluginsCommand.ListPlugins.class,
      PluginsCommand.Install.class,
      PluginsCommand.Remove.class
    })
final class PluginsCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do with plugins: list, install or remove");
  }

  /** {@code saccade plugins list}. */
  @Command(
      name = "list",
      description = "List all plugins; exit with 1 and the reasons if one does not run.",
      mixinStandardHelpOptions = true)
  static final class ListPlugins implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @Mixin private PluginOptions plugins;

    @Override
    public Integer call() {
      try (Saccade saccade = plugins.open()) {
        List<PluginStatus> all = saccade.plugins().plugins();
        spec.commandLine().getOut().println(table(all));
        PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
        return all.stream().anyMatch(plugin -> plugin.state() == PluginStatus.State.FAILED)
            ? SaccadeCli.REFUSED
            : 0;
      }
    }

    private static String table(List<PluginStatus> all) {
      if (all.isEmpty()) {
        return "No plugin is installed.";
      }
      return AsciiTable.getTable(
              AsciiTable.NO_BORDERS,
              all,
              List.of(
                  column("file").maxWidth(42).with(PluginReport::file),
                  column("version").with(plugin -> orDash(plugin.version())),
                  column("state").with(plugin -> plugin.state().name().toLowerCase(Locale.ROOT)),
                  column("mechanisms")
                      .maxWidth(28)
                      .with(plugin -> String.join(", ", plugin.mechanisms()))))
          .lines()
          .map(String::stripTrailing)
          .collect(Collectors.joining(System.lineSeparator()));
    }

    private static Column column(String header) {
      return new Column()
          .header(header)
          .headerAlign(HorizontalAlign.LEFT)
          .dataAlign(HorizontalAlign.LEFT);
    }

    private static String orDash(@Nullable Object value) {
      return value == null ? "-" : value.toString();
    }
  }

  /** {@code saccade plugins install}. */
  @Command(
      name = "install",
      description = "Try a plugin and, if it runs, install it; replaces an older version.",
      mixinStandardHelpOptions = true)
  static final class Install implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @Mixin private PluginOptions plugins;

    @Parameters(paramLabel = "JAR", description = "An OSGi bundle with attention mechanisms.")
    private Path jar;

    @Override
    public Integer call() {
      Nd4jPlatform.start();
      PluginStatus installed = new PluginDirectory(plugins.installDirectory()).install(jar);
      spec.commandLine()
          .getOut()
          .printf(
              "Installed %s %s: %s%n",
              installed.symbolicName(),
              installed.version(),
              String.join(", ", installed.mechanisms()));
      return 0;
    }
  }

  /** {@code saccade plugins remove}. */
  @Command(name = "remove", description = "Remove a plugin.", mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @Mixin private PluginOptions plugins;

    @Parameters(paramLabel = "NAME", description = "The bundle's symbolic name, or its file name.")
    private String name;

    @Override
    public Integer call() {
      new PluginDirectory(plugins.installDirectory())
          .remove(name)
          .forEach(file -> spec.commandLine().getOut().println("Removed " + file));
      return 0;
    }
  }
}
