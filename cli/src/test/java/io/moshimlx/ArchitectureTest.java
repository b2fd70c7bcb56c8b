package io.moshimlx;

import static com.tngtech.archunit.core.domain.JavaModifier.NATIVE;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.moshimlx.mlx.StepScopes;
import io.moshimlx.model.LmGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Which package may know which: the table of docs/architecture.md, which is the only one. A package
 * without a row, or one that knows more than its row says, fails here.
 */
final class ArchitectureTest {
  private static final String BASE = "io.moshimlx";

  /** The row of the base package itself. */
  private static final String ROOT = "(base)";

  /** Libraries that only the packages of their rows know, by what the table calls them. */
  private static final List<Library> LIBRARIES =
      List.of(
          new Library("picocli", "picocli.."),
          new Library("java.lang.foreign", "java.lang.foreign.."),
          new Library("javax.sound", "javax.sound.."),
          new Library("HdrHistogram", "org.HdrHistogram.."),
          new Library("java.net.http", "java.net.http.."));

  private static final String NATIVE_METHODS = "native methods";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(BASE);

  private static final List<Row> TABLE = table();

  private record Library(String name, String packages) {}

  /** A package, those it knows, and what no package without that entry knows. */
  private record Row(String name, Set<String> knows, Set<String> alone) {
    String packageName() {
      return name.equals(ROOT) ? BASE : BASE + "." + name;
    }
  }

  private static List<Row> table() {
    try {
      return Files.readString(Path.of("../docs/architecture.md"))
          .lines()
          .dropWhile(line -> !line.startsWith("| package |"))
          .skip(2)
          .takeWhile(line -> line.startsWith("|"))
          .map(line -> line.split("\\|", -1))
          .map(cells -> new Row(names(cells[1]).getFirst(), set(cells[3]), set(cells[4])))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> names(String cell) {
    return Arrays.stream(cell.replace("`", "").split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty() && !name.equals("–"))
        .toList();
  }

  private static Set<String> set(String cell) {
    return new TreeSet<>(names(cell));
  }

  private static String row(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(BASE) ? ROOT : name.substring(BASE.length() + 1);
  }

  @Test
  void everyClassStandsInARowAndEveryRowHasClasses() {
    Set<String> rows = TABLE.stream().map(Row::name).collect(toSet());
    assertEquals(rows, CLASSES.stream().map(ArchitectureTest::row).collect(toSet()));
  }

  private static Collector<String, ?, Set<String>> toSet() {
    return Collectors.toCollection(TreeSet::new);
  }

  @Test
  void aPackageKnowsOnlyRowsAboveItsOwn() {
    Set<String> above = new TreeSet<>();
    for (Row row : TABLE) {
      Set<String> unknown = new TreeSet<>(row.knows());
      unknown.removeAll(above);
      assertEquals(Set.of(), unknown, row.name() + " knows what is not above it in the table");
      above.add(row.name());
    }
  }

  @Test
  void aPackageKnowsExactlyThoseThatItsRowNames() {
    for (Row row : TABLE) {
      Set<String> known =
          CLASSES.stream()
              .filter(type -> row(type).equals(row.name()))
              .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
              .map(Dependency::getTargetClass)
              .map(JavaClass::getBaseComponentType)
              .filter(type -> (type.getPackageName() + ".").startsWith(BASE + "."))
              .map(ArchitectureTest::row)
              .filter(name -> !name.equals(row.name()))
              .collect(toSet());
      assertEquals(row.knows(), known, "what " + row.name() + " knows");
    }
  }

  @Test
  void aLibraryIsKnownWhereTheTableSays() {
    for (Library library : LIBRARIES) {
      noClasses()
          .that()
          .resideOutsideOfPackages(owners(library.name()))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(library.packages())
          .check(CLASSES);
    }
  }

  @Test
  void nativeMethodsAreWhereTheTableSays() {
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackages(owners(NATIVE_METHODS))
        .should()
        .haveModifier(NATIVE)
        .check(CLASSES);
  }

  /** Elsewhere the use of an array after its scope was closed is always detected. */
  @Test
  void onlyTheOwnerOfAModelsStepsReusesArrays() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.moshimlx.mlx")
        .and()
        .doNotHaveFullyQualifiedName(LmGenerator.class.getName())
        .should()
        .dependOnClassesThat()
        .areAssignableTo(StepScopes.class)
        .check(CLASSES);
  }

  private static String[] owners(String thing) {
    String[] owners =
        TABLE.stream()
            .filter(row -> row.alone().contains(thing))
            .map(Row::packageName)
            .toArray(String[]::new);
    assertNotEquals(0, owners.length, "rows that know " + thing);
    return owners;
  }
}
