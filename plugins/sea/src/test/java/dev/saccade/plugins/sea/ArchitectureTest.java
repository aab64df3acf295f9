package dev.saccade.plugins.sea;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.saccade.plugins.sea",
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
              "dev.saccade.plugins.sea..",
              "org.nd4j.autodiff.samediff",
              "org.nd4j.autodiff.samediff.ops",
              "org.nd4j.enums",
              "org.nd4j.linalg..",
              "org.jspecify..",
              "jcuda..",
              "org.osgi.service.component.annotations");

  @ArchTest
  static final ArchRule only_the_cuda_package_sees_jcuda =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.saccade.plugins.sea.cuda")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  @ArchTest
  static void the_rule_saw_the_plugin(JavaClasses classes) {
    assertThat(classes.contain(SeaAttention.class)).isTrue();
  }
}
