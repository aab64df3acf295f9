package dev.saccade.runtime.cli;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * One value of {@code --option}: what a user sets about one mechanism. Whether there is such an
 * option is for the mechanism to say.
 */
record MechanismOption(String mechanism, String name, String value) {

  /** How users write it. */
  static final String FORM = "MECHANISM.OPTION=VALUE";

  private static final Pattern WRITTEN = Pattern.compile("([^.=]+)\\.([^=]+)=(.*)", Pattern.DOTALL);

  /** Reads it from the command line. */
  static final class Reader implements ITypeConverter<MechanismOption> {
    @Override
    public MechanismOption convert(String text) {
      Matcher written = WRITTEN.matcher(text);
      if (!written.matches()) {
        throw new TypeConversionException("must be like sea.k=16, but is \"%s\"".formatted(text));
      }
      return new MechanismOption(written.group(1), written.group(2), written.group(3));
    }
  }

  /** Texts by option name, by mechanism name; of two values for one option the later counts. */
  static Map<String, Map<String, String>> byMechanism(List<MechanismOption> given) {
    Map<String, Map<String, String>> byMechanism = new LinkedHashMap<>();
    for (MechanismOption each : given) {
      byMechanism
          .computeIfAbsent(each.mechanism(), mechanism -> new LinkedHashMap<>())
          .put(each.name(), each.value());
    }
    return byMechanism;
  }

  /**
   * As {@link #byMechanism(List)}, for a command that uses some mechanisms only.
   *
   * @param used as the user named them
   * @throws SaccadeException if an option is of another
   */
  static Map<String, Map<String, String>> byMechanism(
      List<MechanismOption> given, List<String> used) {
    Map<String, Map<String, String>> byMechanism = byMechanism(given);
    for (String mechanism : byMechanism.keySet()) {
      if (!used.contains(mechanism)) {
        throw new SaccadeException(
            "there is an option for %s, but --attention is %s"
                .formatted(mechanism, String.join(",", used)));
      }
    }
    return byMechanism;
  }
}
