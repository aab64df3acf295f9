package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.it.Cli.Result;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.generate.GeneratedText;
import dev.saccade.runtime.generate.GenerationListener;
import dev.saccade.runtime.generate.GenerationSettings;
import dev.saccade.runtime.generate.Generator;
import dev.saccade.runtime.generate.Sampling;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code saccade generate} and {@code saccade eval} on a model that has learned nothing. */
class LanguageModelIT {

  private static final String TEXT = "The state of the union is strong, and the union is one. ";
  private static final int POSITIONS = 61;

  @TempDir static Path directory;

  @BeforeAll
  static void save_a_model() throws Exception {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(277), Progress.NONE);
    trainer.add(TEXT);
    Path model = Files.createDirectory(directory.resolve("tiny"));
    OptConfig config = OptConfig.of(277, 24, 2, 3, 40, POSITIONS);
    Nd4jPlatform.start();
    try (PretrainedDecoder decoder = PretrainedDecoder.untrained("tiny", model, config, 5)) {
      // Attention of small weights would be flat.
      decoder.weights().names().stream()
          .filter(name -> name.endsWith(".kernel") || name.startsWith("embed"))
          .forEach(name -> decoder.weights().get(name).muli(20));
      decoder.save(model, TensorType.F32);
      decoder.save(directory.resolve("mute"), TensorType.F32);
    }
    trainer.train().write(model.resolve("tokenizer.json"));
    Files.writeString(directory.resolve("text.txt"), TEXT.repeat(9));
    Files.writeString(
        directory.resolve("texts.jsonl"), "{\"text\": \"%s\"}%n".formatted(TEXT).repeat(8));
    Files.writeString(directory.resolve("prompts.txt"), "The state\n\nThe union\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"softmax", "sea", "linear", "sinkhorn"})
  void greedy_is_the_likeliest_token_of_the_whole_text(String mechanism) {
    try (Saccade saccade = Distribution.open()) {
      CausalModel model =
          saccade.causalModel(directory.resolve("tiny").toString(), mechanism, Map.of());
      Tokenizer tokenizer = TokenizerFile.read(directory.resolve("tiny/tokenizer.json"));
      int[] prompt = model.tokens("The state", tokenizer);

      GeneratedText found =
          new Generator(model, tokenizer)
              .generate(
                  "The state",
                  GenerationSettings.of(Sampling.GREEDY, POSITIONS - prompt.length),
                  GenerationListener.NONE);

      int[] written = found.tokens().stream().mapToInt(Integer::intValue).toArray();
      int[] text = IntStream.concat(IntStream.of(prompt), IntStream.of(written)).toArray();
      assertThat(written.length).isGreaterThan(3);
      for (int at = prompt.length; at < text.length; at++) {
        float[] logits = model.logits(TokenBatch.ofIds(List.of(text), 1)).at(0, at - 1);
        float greatest =
            (float) IntStream.range(0, 277).mapToDouble(i -> logits[i]).max().orElse(0);
        assertThat(logits[text[at]]).as("token %d", at).isEqualTo(greatest, within(1e-3f));
      }
      assertThat(model.decodes()).isEqualTo(!mechanism.equals("sinkhorn"));
    }
  }

  @Test
  void writes_the_text_on_standard_output_and_how_fast_on_standard_error() throws Exception {
    Cli cli = Cli.in(directory);
    String[] command = {
      "generate", "--model=tiny", "--attention=sea", "--option=sea.k=8", "--temperature=1.2",
      "--top-k=50", "--top-p=0.95", "--repetition-penalty=1.1", "--seed=7", "--max-tokens=12",
      "--prompts=prompts.txt", "--echo", "The eye"
    };

    Result once = cli.run(command).succeeds();
    Result again = cli.run(command).succeeds();

    assertThat(once.out()).startsWith("The eye").contains("\nThe state", "\nThe union");
    assertThat(again.out()).isEqualTo(once.out());
    assertThat(once.err())
        .matches(
            "(computed by .*\n)*sea, decoding: \\d+ tokens read, \\d+ a second; \\d+ written,"
                + " [\\d.]+ a second\n");
  }

  @Test
  void says_when_every_token_computes_the_whole_text_again() throws Exception {
    Result result =
        Cli.in(directory)
            .run("generate", "--model=tiny", "--attention=sinkhorn", "--max-tokens=3")
            .succeeds();

    assertThat(result.err())
        .contains("sinkhorn cannot continue a text token by token", "sinkhorn, computing anew");
  }

  @Test
  void a_text_that_is_interrupted_ends_in_good_order() throws Exception {
    Result result =
        Cli.in(directory)
            .shell(
                "\"$SACCADE\" generate --model=tiny --temperature=1 --beyond=slide"
                    + " --max-tokens=100000000 >written 2>said & "
                    + "while [ ! -s written ] && kill -0 $!; do sleep 0.1; done; "
                    + "kill -TERM $!; wait $!; echo $?");

    assertThat(result.out()).isEqualTo("143\n");
    assertThat(directory.resolve("written")).isNotEmptyFile();
    assertThat(Files.readString(directory.resolve("said")))
        .contains("interrupted at text 1 of 1", "flash, decoding: ");
  }

  @Test
  void is_exported_in_half_the_size_with_its_attention() throws Exception {
    Cli cli = Cli.in(directory);

    cli.run("export", "--model=tiny", "--attention=sea", "--option=sea.k=8", "--out=half")
        .succeeds();

    Path half = directory.resolve("half");
    assertThat(half.resolve("tokenizer.json")).exists();
    assertThat(Files.size(half.resolve("model.safetensors")))
        .isLessThan(Files.size(directory.resolve("tiny/model.safetensors")) * 6 / 10);
    assertThat(cli.run("generate", "--model=half", "--max-tokens=2", "The").succeeds().err())
        .contains("sea, decoding");
    cli.run("export", "--model=tiny", "--out=half").isRefused(1, "half is there already");
  }

  @Test
  void measures_perplexity_and_writes_all_that_is_needed_to_do_it_again() throws Exception {
    Cli cli = Cli.in(directory);
    String[] command = {
      "eval",
      "--task=perplexity",
      "--model=tiny",
      "--attention=linear",
      "--text=texts.jsonl",
      "--context=32",
      "--stride=16",
      "--out=found/perplexity.json"
    };

    Result once = cli.run(command).succeeds();
    JsonNode report = read("found/perplexity.json");
    cli.run(command).succeeds();

    assertThat(once.out())
        .contains("document", "total", "95 %", "bits per byte", "windows of 32 tokens every 16")
        .contains("computed by ", "Report: found/perplexity.json");
    assertThat(report.at("/result/total/perplexity").asDouble()).isGreaterThan(50);
    assertThat(report.at("/result/documents")).hasSize(8);
    assertThat(report.at("/result/total/scored")).isEqualTo(report.at("/result/total/tokens"));
    assertThat(report.at("/attention/mechanism").asText()).isEqualTo("linear");
    assertThat(report.at("/command").asText()).startsWith("saccade eval --task=perplexity");
    assertThat(report.at("/environment/java").asText()).isNotEmpty();
    assertThat(report.at("/model/parameters").asLong()).isPositive();
    assertThat(read("found/perplexity.json").at("/result/total"))
        .isEqualTo(report.at("/result/total"));
  }

  @Test
  void asks_for_pass_keys_and_writes_what_was_found() throws Exception {
    Path roomy = Files.createDirectory(directory.resolve("roomy"));
    try (PretrainedDecoder decoder =
        PretrainedDecoder.untrained(
            "roomy", directory.resolve("tiny"), OptConfig.of(277, 24, 1, 3, 40, 499), 5)) {
      decoder.save(roomy, TensorType.F32);
    }

    Result result =
        Cli.in(directory)
            .run(
                "eval",
                "--task=passkey",
                "--model=roomy",
                "--filler=0,100",
                "--prompts=2",
                "--out=found/passkey.json")
            .succeeds();

    assertThat(result.out()).contains("filler", "said", "chosen", "by chance 10.0 %", "Landmark");
    JsonNode report = read("found/passkey.json");
    assertThat(report.at("/scores")).hasSize(2);
    assertThat(report.at("/scores/1/filler").asInt()).isEqualTo(100);
    assertThat(report.at("/scores/1/tokens").asDouble())
        .isGreaterThan(report.at("/scores/0/tokens").asDouble());
  }

  @Test
  void measures_all_documents_as_one_text_if_told_to() throws Exception {
    Result result =
        Cli.in(directory)
            .run(
                "eval",
                "--task=perplexity",
                "--model=tiny",
                "--text=texts.jsonl",
                "--documents=joined",
                "--out=joined.json")
            .succeeds();

    JsonNode report = read("joined.json");
    assertThat(result.out())
        .contains("8 documents joined", "over stretches as long as a window", "61 tokens apart");
    assertThat(report.at("/settings/documents").asText()).isEqualTo("JOINED");
    assertThat(report.at("/result/documents")).hasSize(1);
    assertThat(report.at("/result/interval/low").asDouble()).isPositive();
  }

  private static JsonNode read(String file) throws Exception {
    return new ObjectMapper().readTree(directory.resolve(file).toFile());
  }

  static Stream<Arguments> what_cannot_be() {
    return Stream.of(
        arguments("generate --model nowhere hi", "no language model is named nowhere"),
        arguments("generate --model mute hi", "tokenizer.json"),
        arguments("generate --model tiny --attention nope hi", "no mechanism is named \"nope\""),
        arguments(
            "generate --model tiny --option sea.k=4 hi",
            "there is an option for sea, but the attention is flash"),
        arguments("generate --model tiny --temperature -1 hi", "the temperature must be 0"),
        arguments("generate --model tiny --top-p 2 hi", "top-p must be above 0 and at most 1"),
        arguments("generate --model tiny --max-tokens 0 hi", "at least 1 token to write"),
        arguments("generate --model tiny --prompts nowhere hi", "nowhere does not exist"),
        arguments(
            "generate --model tiny --max-tokens 99 hi", "do not fit the model's 61 positions"),
        arguments(
            "eval --task perplexity --model tiny --text text.txt --context 62",
            "the context must be at most the model's 61 positions, but is 62"),
        arguments(
            "eval --task perplexity --model tiny --text text.txt --stride 61",
            "the stride must be from 1 to 60"),
        arguments(
            "eval --task perplexity --model tiny --text text.txt --split test",
            "has only 1 documents, too few for a test part"),
        arguments("eval --task perplexity --model tiny --text nowhere", "nowhere does not exist"),
        arguments("eval --task perplexity --model tiny --out .", ". is a directory; name a file"),
        arguments(
            "eval --task perplexity --model tiny --pairs 4",
            "--pairs is for --task mqar, but the task is perplexity"),
        arguments(
            "eval --task perplexity --model tiny --attention softmax,linear",
            "a model has one mechanism at a time, but --attention names 2"),
        arguments("eval --task passkey --model tiny", "but the model has 61 positions; give less"),
        arguments("eval --task mqar --length 31", "the length must be even"));
  }

  @ParameterizedTest
  @MethodSource("what_cannot_be")
  void what_cannot_be_is_told_in_one_line(String command, String words) throws Exception {
    Result result = Cli.in(directory).run(command.split(" ", -1));

    result.isRefused(1, words);
  }

  @Test
  void a_task_that_is_not_known_gets_those_that_are() throws Exception {
    Cli cli = Cli.in(directory);

    cli.run("eval", "--task", "chess", "--model", "tiny").isRefused(2, "PERPLEXITY", "'chess'");
    cli.run("eval", "--model", "tiny").isRefused(2, "--task=NAME");
    cli.run("eval", "--task=perplexity", "--model=tiny", "--documents=both")
        .isRefused(2, "SEPARATE", "JOINED", "'both'");
  }
}
