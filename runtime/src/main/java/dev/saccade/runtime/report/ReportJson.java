package dev.saccade.runtime.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;

/** The form in which a {@link Report} is kept as {@code report.json}. */
public final class ReportJson {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(
              new SimpleModule()
                  .addSerializer(Instant.class, ToStringSerializer.instance)
                  .addDeserializer(Instant.class, new InstantDeserializer()))
          // Records that merely have a method isSomething() must not grow a field of that name.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          // A newer Saccade may have written more than this one knows.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // What this one needs must be there, even if only as null.
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ReportJson() {}

  /** Writes a report, indented for people, in UTF-8; leaves {@code out} open. */
  public static void write(Report report, OutputStream out) throws IOException {
    // As bytes first, because Jackson closes what it writes to.
    out.write(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
    out.write('\n');
  }

  /** Returns a value of a report on one line. */
  static String compact(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the options of a mechanism are no plain values", e);
    }
  }

  /**
   * Reads a report back.
   *
   * @throws SaccadeException if the file cannot be read or is no report, with the line and column
   */
  public static Report read(Path file) {
    try {
      Report report = MAPPER.readValue(Files.readAllBytes(file), Report.class);
      if (report == null) {
        throw new SaccadeException("%s is no report of Saccade: it says null".formatted(file));
      }
      return report;
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " (line %d, column %d)"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw new SaccadeException(
          "%s is no report of Saccade%s: %s"
              .formatted(file, where, firstLine(e.getOriginalMessage())),
          e);
    } catch (IOException e) {
      throw new SaccadeException("cannot read the report %s: %s".formatted(file, e), e);
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse(message);
  }

  private static final class InstantDeserializer extends FromStringDeserializer<Instant> {

    @Serial private static final long serialVersionUID = 1L;

    InstantDeserializer() {
      super(Instant.class);
    }

    @Override
    protected Instant _deserialize(String value, DeserializationContext context)
        throws IOException {
      try {
        return Instant.parse(value);
      } catch (DateTimeException e) {
        return (Instant)
            context.handleWeirdStringValue(Instant.class, value, "not an ISO instant: %s", e);
      }
    }
  }
}
