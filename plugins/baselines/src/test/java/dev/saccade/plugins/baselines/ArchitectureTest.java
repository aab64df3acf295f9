package dev.saccade.plugins.baselines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.saccade.plugins.baselines",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule a_plugin_sees_the_api_and_samediff =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "dev.saccade.api..",
              "dev.saccade.plugins.baselines..",
              "org.nd4j.autodiff.samediff",
              "org.nd4j.autodiff.samediff.ops",
              "org.nd4j.enums",
              "org.nd4j.linalg..",
              "org.jspecify..",
              "org.osgi.service.component.annotations");

  @ArchTest
  static void the_rule_saw_the_plugin(JavaClasses classes) {
    assertThat(classes.contain(SoftmaxAttention.class)).isTrue();
  }
}
