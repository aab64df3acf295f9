package dev.saccade.it;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page in Markdown, of which the tests want what its readers would try: commands and programs.
 */
record Document(String text) {

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w*)[^\\n]*\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);

  private static final Pattern COMMAND = Pattern.compile("(?:\\$ )?(?:\\./)?saccade( .*)?");

  /** The arguments of every {@code saccade} command line, as a shell would be given them. */
  List<String> commands() {
    List<String> commands = new ArrayList<>();
    for (String language : List.of("", "sh", "shell", "bash", "console")) {
      for (String block : blocks(language)) {
        for (String line : block.replaceAll("\\\\\\n\\s*", "").lines().toList()) {
          Matcher command = COMMAND.matcher(line.replaceAll("\\s+#.*", "").strip());
          if (command.matches()) {
            commands.add(command.group(1) == null ? "" : command.group(1).strip());
          }
        }
      }
    }
    return commands;
  }

  /** The blocks of one language, in order. */
  List<String> blocks(String language) {
    List<String> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals(language)) {
        blocks.add(block.group(2));
      }
    }
    return blocks;
  }
}
