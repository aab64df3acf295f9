package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The PTX that is committed: made of the sources as they are, and fit for every GPU. */
class PtxTest {

  private static final Path PTX = Path.of("src/main/resources/dev/saccade/plugins/sea/cuda");

  static Stream<Path> ptx() {
    return CpuCompiler.files(PTX, ".ptx").stream();
  }

  @ParameterizedTest
  @MethodSource("ptx")
  void is_made_of_the_sources_as_they_are(Path ptx) throws Exception {
    String name = ptx.getFileName().toString().split("\\.", 2)[0];
    List<Path> sources = new ArrayList<>(List.of(CpuCompiler.CUDA.resolve(name + ".cu")));
    sources.addAll(CpuCompiler.files(CpuCompiler.CUDA, ".cuh"));

    try (Stream<String> lines = Files.lines(ptx)) {
      assertThat(lines.findFirst())
          .as("run src/main/cuda/build-ptx.sh and commit what it makes")
          .hasValue("// source sha256 " + Sha256.of(sources));
    }
  }

  /** For every GPU, or for those with tensor cores alone. */
  @Test
  void is_there_for_every_source() {
    List<String> names = ptx().map(ptx -> ptx.getFileName().toString()).toList();

    assertThat(CpuCompiler.files(CpuCompiler.CUDA, ".cu"))
        .isNotEmpty()
        .allSatisfy(
            source -> {
              String name = source.getFileName().toString().replace(".cu", "");
              assertThat(names).containsAnyOf(name + ".compute_75.ptx", name + ".compute_80.ptx");
            });
  }

  @ParameterizedTest
  @MethodSource("ptx")
  void is_assembled_for_every_gpu_by_the_compiler_of_the_oldest_driver(Path ptx) throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "needs JCuda's PTX compiler, which is there for Linux on x86-64");
    JNvPTXCompiler.setExceptionsEnabled(false);
    int oldest = ptx.toString().contains("compute_80") ? 80 : 75;
    byte[] text = Files.readAllBytes(ptx);

    Map<Integer, String> wrong = new ConcurrentHashMap<>();
    IntStream.of(75, 80, 86, 89, 90)
        .filter(capability -> capability >= oldest)
        .parallel()
        .forEach(capability -> wrong.put(capability, assembled(text, capability)));
    assertThat(wrong)
        .isNotEmpty()
        .allSatisfy((capability, words) -> assertThat(words).as("sm_%d", capability).isEmpty());
  }

  /** Returns what is wrong. */
  private static String assembled(byte[] ptx, int capability) {
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, Arrays.copyOf(ptx, ptx.length + 1));
    try {
      String[] options = {"--gpu-name=sm_" + capability, "--opt-level=0"};
      int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      return result == nvPTXCompileResult.NVPTXCOMPILE_SUCCESS
          ? ""
          : nvPTXCompileResult.stringFor(result);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }
}
