package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportWriterTest {

  @TempDir Path directory;

  @Test
  void writes_both_files_into_a_directory_that_it_makes() {
    ReportWriter writer = new ReportWriter(directory.resolve("new/run"));

    writer.write(SampleReports.comparison());

    assertThat(writer.json()).isNotEmptyFile().hasFileName("report.json");
    assertThat(writer.html()).isNotEmptyFile().hasFileName("report.html");
    assertThat(ReportJson.read(writer.json())).isEqualTo(SampleReports.comparison());
  }

  @Test
  void leaves_an_older_report_and_no_scraps_when_not_even_the_page_fits() throws IOException {
    assertOlderReportSurvives(128 * 1024);
  }

  @Test
  void leaves_an_older_report_and_no_scraps_when_only_the_page_fits() throws IOException {
    long page = sizeOfPage();

    assertOlderReportSurvives(page + 16 * 1024);
  }

  @Test
  void writes_when_both_fit() throws IOException {
    try (FileSystem disk = diskOf(2 * sizeOfPage())) {
      ReportWriter writer = new ReportWriter(disk.getPath("/runs"));

      writer.write(SampleReports.comparison());

      assertThat(names(disk)).containsExactlyInAnyOrder("report.html", "report.json");
    }
  }

  @Test
  void makes_the_directory_when_it_checks() {
    Path run = directory.resolve("a/b");

    new ReportWriter(run).checkWritable();

    assertThat(run).isEmptyDirectory();
  }

  @Test
  void finds_early_that_the_directory_is_a_file() throws IOException {
    Path file = Files.writeString(directory.resolve("taken"), "here first");

    assertThatThrownBy(() -> new ReportWriter(file).checkWritable())
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("is a file, not a directory")
        .hasMessageContaining("choose another directory")
        .hasMessageNotContaining("\n");
    assertThat(file).hasContent("here first");
  }

  @Test
  void finds_early_that_a_parent_is_a_file() throws IOException {
    Path file = Files.writeString(directory.resolve("taken"), "here first");

    assertThatThrownBy(() -> new ReportWriter(file.resolve("run")).checkWritable())
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("cannot write a report to the directory " + file.resolve("run"));
  }

  @Test
  void finds_early_that_the_disk_is_full() throws IOException {
    try (FileSystem disk = diskOf(4096)) {
      Path hog = disk.getPath("/hog");
      Files.write(hog, new byte[4096]);

      assertThatThrownBy(() -> new ReportWriter(disk.getPath("/runs")).checkWritable())
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("/runs");
    }
  }

  @Test
  void finds_early_that_a_directory_is_where_the_page_should_be() throws IOException {
    Files.createDirectory(directory.resolve("report.html"));

    assertThatThrownBy(() -> new ReportWriter(directory).checkWritable())
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("report.html: there is a directory of that name");
  }

  private static void assertOlderReportSurvives(long diskSize) throws IOException {
    try (FileSystem disk = diskOf(diskSize)) {
      Path runs = Files.createDirectory(disk.getPath("/runs"));
      ReportWriter writer = new ReportWriter(runs);
      Files.writeString(writer.json(), "older data");
      Files.writeString(writer.html(), "older page");

      assertThatThrownBy(() -> writer.write(SampleReports.comparison()))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("/runs/report.json")
          .hasMessageContaining("out of disk space")
          .hasMessageContaining("the results are printed above")
          .hasMessageNotContaining("\n");

      assertThat(writer.json()).hasContent("older data");
      assertThat(writer.html()).hasContent("older page");
      assertThat(names(disk)).containsExactlyInAnyOrder("report.html", "report.json");
    }
  }

  private static FileSystem diskOf(long bytes) {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder().setBlockSize(1024).setMaxSize(bytes).build());
  }

  private static List<String> names(FileSystem disk) throws IOException {
    try (Stream<Path> files = Files.list(disk.getPath("/runs"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private long sizeOfPage() throws IOException {
    ReportWriter writer = new ReportWriter(directory);
    writer.write(SampleReports.comparison());
    return Files.size(writer.html());
  }
}
