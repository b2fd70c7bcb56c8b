package io.moshimlx;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.NATIVE;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which part may know which; see docs/architecture.md. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.moshimlx");

  private static void holds(ArchRule rule) {
    rule.check(CLASSES);
  }

  private static ArchRule onlyIn(String owner, String packages) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(owner)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(packages)
        .because("only " + owner + " knows " + packages);
  }

  @Test
  void allModulesAreLookedAt() {
    for (String part :
        List.of("mlx", "mlx.c", "mlx.nn", "mimi", "model", "command", "audio", "hub")) {
      assertTrue(
          CLASSES.stream().anyMatch(resideInAPackage("io.moshimlx." + part)),
          "no class in " + part);
    }
  }

  @Test
  void onlyOnePackageKnowsEachForeignThing() {
    holds(onlyIn("io.moshimlx.command..", "picocli.."));
    holds(onlyIn("io.moshimlx.mlx..", "java.lang.foreign.."));
    holds(onlyIn("io.moshimlx.audio..", "javax.sound.."));
    holds(onlyIn("io.moshimlx.text..", "com.google.protobuf.."));
    holds(onlyIn("io.moshimlx.terminal..", "org.jline.."));
    holds(onlyIn("io.moshimlx.model..", "org.apache.commons.."));
    holds(onlyIn("io.moshimlx.hub..", "java.net.http.."));
    holds(
        noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage("io.moshimlx.mimi..")
            .should()
            .haveModifier(NATIVE));
  }

  @Test
  void theGeneratedBindingsAreKnownToTheirFaceAlone() {
    holds(onlyIn("io.moshimlx.mlx..", "io.moshimlx.mlx.c.."));
  }

  @Test
  void theLibrariesKnowNothingOfTheApplicationNorOfEachOther() {
    for (String library : List.of("mlx", "mimi")) {
      String[] others =
          Stream.of(
                  "mlx",
                  "mimi",
                  "model",
                  "dialogue",
                  "audio",
                  "text",
                  "hub",
                  "event",
                  "terminal",
                  "doctor",
                  "command")
              .filter(other -> !other.equals(library))
              .map(other -> "io.moshimlx." + other + "..")
              .toArray(String[]::new);
      holds(
          noClasses()
              .that()
              .resideInAPackage("io.moshimlx." + library + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(others));
    }
  }

  @Test
  void packagesKnowOnlyThoseBelowThem() {
    holds(
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("command")
            .definedBy("io.moshimlx.command..")
            .layer("terminal")
            .definedBy("io.moshimlx.terminal..")
            .layer("doctor")
            .definedBy("io.moshimlx.doctor..")
            .layer("dialogue")
            .definedBy("io.moshimlx.dialogue..")
            .layer("model")
            .definedBy("io.moshimlx.model..")
            .layer("audio")
            .definedBy("io.moshimlx.audio..")
            .layer("text")
            .definedBy("io.moshimlx.text..")
            .layer("hub")
            .definedBy("io.moshimlx.hub..")
            .layer("event")
            .definedBy("io.moshimlx.event..")
            .layer("mlx")
            .definedBy("io.moshimlx.mlx..")
            .layer("mimi")
            .definedBy("io.moshimlx.mimi..")
            .whereLayer("command")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("terminal")
            .mayOnlyBeAccessedByLayers("command")
            .whereLayer("doctor")
            .mayOnlyBeAccessedByLayers("command")
            .whereLayer("dialogue")
            .mayOnlyBeAccessedByLayers("doctor", "command")
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers("dialogue", "doctor", "command")
            .whereLayer("hub")
            .mayOnlyBeAccessedByLayers("doctor", "command")
            .whereLayer("text")
            .mayOnlyBeAccessedByLayers("model", "dialogue", "command")
            .whereLayer("audio")
            .mayOnlyBeAccessedByLayers("dialogue", "doctor", "terminal", "command")
            .whereLayer("event")
            .mayOnlyBeAccessedByLayers("dialogue", "terminal", "command")
            .whereLayer("mlx")
            .mayOnlyBeAccessedByLayers("model", "dialogue", "doctor", "command")
            .whereLayer("mimi")
            .mayOnlyBeAccessedByLayers("audio", "dialogue", "doctor", "command"));
  }
}
