package dev.saccade.runtime;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.host.PluginHost;
import org.osgi.framework.Version;

@AnalyzeClasses(
    packages = "dev.saccade.runtime",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule plugins_are_found_and_never_named =
      noClasses().should().dependOnClassesThat().resideInAPackage("dev.saccade.plugins..");

  @ArchTest
  static final ArchRule only_the_engine_knows_how_nd4j_runs_graphs =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.saccade.runtime.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.nd4j.autodiff.samediff.internal..",
              "org.nd4j.linalg.api.ops.executioner..",
              "org.nd4j.imports..");

  /** All but versions, which compare as OSGi compares them wherever a mechanism comes from. */
  @ArchTest
  static final ArchRule only_the_host_knows_osgi =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.saccade.runtime.host..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.osgi..", "org.apache.felix..")
                  .and(not(belongToAnyOf(Version.class))));

  /** Errors and the way in belong to no slice: they are for everybody, and of everything. */
  @ArchTest
  static final ArchRule packages_build_on_each_other_in_one_direction =
      slices().matching("dev.saccade.runtime.(*)..").should().beFreeOfCycles();

  @ArchTest
  static void the_rules_saw_the_whole_runtime(JavaClasses classes) {
    assertThat(classes)
        .extracting(JavaClass::getPackageName)
        .contains(
            "dev.saccade.runtime",
            "dev.saccade.runtime.attention",
            "dev.saccade.runtime.cli",
            "dev.saccade.runtime.compare",
            "dev.saccade.runtime.engine",
            "dev.saccade.runtime.engine.kernel",
            "dev.saccade.runtime.host",
            "dev.saccade.runtime.mechanism",
            "dev.saccade.runtime.model",
            "dev.saccade.runtime.report");
    assertThat(classes.contain(GraphRunner.class)).isTrue();
    assertThat(classes.contain(PluginHost.class)).isTrue();
  }
}
