package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Every type that plugin authors meet says what it is. Javadoc's own check for missing comments
 * would ask for one on every accessor as well.
 */
class TypeDocumentationTest {

  @Test
  void every_type_that_is_not_private_says_what_it_is() throws IOException {
    Map<String, Boolean> documented = documentedTypes(Path.of("src/main/java"));

    assertThat(documented).containsKeys("AttentionMechanism", "KernelCall", "Redrawn", "Kind");
    assertThat(documented).doesNotContainValue(false);
  }

  private static Map<String, Boolean> documentedTypes(Path sources) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(sources)) {
      files = walk.filter(file -> file.toString().endsWith(".java")).toList();
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Map<String, Boolean> documented = new TreeMap<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      DocTrees comments = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new TreePathScanner<Void, Void>() {
          @Override
          public Void visitClass(ClassTree type, Void unused) {
            if (!type.getModifiers().getFlags().contains(Modifier.PRIVATE)) {
              boolean said = comments.getDocComment(getCurrentPath()) != null;
              documented.put(type.getSimpleName().toString(), said);
            }
            return super.visitClass(type, null);
          }
        }.scan(unit, null);
      }
    }
    return documented;
  }
}
