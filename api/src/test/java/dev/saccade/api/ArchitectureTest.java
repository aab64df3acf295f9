package dev.saccade.api;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.saccade.api.kernel.AttentionKernel;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

@AnalyzeClasses(packages = "dev.saccade.api", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule only_samediff_types_of_nd4j_cross_the_api =
      classes()
          .that()
          .resideInAPackage("dev.saccade.api..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "dev.saccade.api..",
              "org.nd4j.autodiff.samediff",
              "org.jspecify..",
              "org.osgi..");

  @ArchTest
  static final ArchRule every_interface_says_who_implements_it =
      classes()
          .that()
          .areInterfaces()
          .and()
          .areTopLevelClasses()
          .and()
          .arePublic()
          // Sealed: nobody outside the API implements them.
          .and()
          .doNotBelongToAnyOf(ProbeValue.class, Support.class)
          .should()
          .beAnnotatedWith(ConsumerType.class)
          .orShould()
          .beAnnotatedWith(ProviderType.class);

  @ArchTest
  static void the_rules_saw_the_whole_api(JavaClasses classes) {
    assertThat(classes)
        .extracting(JavaClass::getPackageName)
        .contains(
            "dev.saccade.api",
            "dev.saccade.api.decode",
            "dev.saccade.api.distill",
            "dev.saccade.api.kernel",
            "dev.saccade.api.option");
    assertThat(classes.contain(AttentionMechanism.class)).isTrue();
    assertThat(classes.contain(AttentionKernel.class)).isTrue();
  }
}
