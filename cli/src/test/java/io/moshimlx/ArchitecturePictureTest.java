package io.moshimlx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The pictures in docs/architecture.md are those of the code: which package knows which, and the
 * longest way that a frame takes. scripts/draw-architecture draws them again.
 */
final class ArchitecturePictureTest {
  private static final String BASE = "io.moshimlx";
  private static final Path DOCUMENT = Path.of("../docs/architecture.md");
  private static final String BEGIN = "<!-- drawn by scripts/draw-architecture -->\n";
  private static final String END = "<!-- end of the drawing -->\n";

  /** Classes where a way ends: behind them are MLX and the native helpers. */
  private static final Set<String> LIBRARIES = Set.of("mlx", "mlx.nn", "mlx.c", "mimi");

  private static final Map<String, String> STAGES =
      new TreeMap<>(
          Map.of(
              "1. hearing", "dialogue.EncodedAudio.next",
              "2. answering", "dialogue.Dialogue.answer",
              "3. speaking", "dialogue.DecodedAudio.write"));

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(BASE);

  private final Map<JavaCodeUnit, List<String>> longest = new HashMap<>();

  @Test
  void thePicturesAreThoseOfTheCode() throws IOException {
    String text = Files.readString(DOCUMENT);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    int to = text.indexOf(END);
    String drawn = packages() + "\n" + ways();
    if (Boolean.getBoolean("moshimlx.draw")) {
      Files.writeString(DOCUMENT, text.substring(0, from) + drawn + text.substring(to));
      return;
    }
    assertEquals(drawn, text.substring(from, to), "draw it again with scripts/draw-architecture");
  }

  private static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(BASE) ? "(base)" : name.substring(BASE.length() + 1);
  }

  private static boolean isOurs(JavaClass type) {
    return (type.getPackageName() + ".").startsWith(BASE + ".");
  }

  /** Arrows from a package to those it knows, but for those that follow from other arrows. */
  private String packages() {
    Map<String, Set<String>> known = new TreeMap<>();
    for (JavaClass type : classes) {
      type.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(ArchitecturePictureTest::isOurs)
          .map(ArchitecturePictureTest::packageOf)
          .filter(name -> !name.equals(packageOf(type)))
          .forEach(name -> known.computeIfAbsent(packageOf(type), _ -> new TreeSet<>()).add(name));
    }
    String arrows =
        known.entrySet().stream()
            .flatMap(entry ->
                entry.getValue().stream()
                    .filter(name ->
                        entry.getValue().stream()
                            .noneMatch(other -> !other.equals(name) && reaches(known, other, name)))
                    .map(name -> "  %s --> %s\n".formatted(node(entry.getKey()), node(name))))
            .collect(Collectors.joining());
    return "```mermaid\nflowchart TD\n" + arrows + "```\n";
  }

  private static String node(String name) {
    return name.equals("(base)") ? "base" : name;
  }

  private static boolean reaches(Map<String, Set<String>> known, String from, String to) {
    Set<String> next = known.getOrDefault(from, Set.of());
    return next.contains(to) || next.stream().anyMatch(name -> reaches(known, name, to));
  }

  /** For each stage the longest chain of classes that call one another. */
  private String ways() {
    StringBuilder text = new StringBuilder();
    STAGES.forEach((stage, entry) -> {
      int dot = entry.lastIndexOf('.');
      JavaClass type = classes.get(BASE + "." + entry.substring(0, dot));
      List<String> way =
          type.getMethods().stream()
              .filter(method -> method.getName().equals(entry.substring(dot + 1)))
              .map(method -> longest(method, new HashSet<>()))
              .max(Comparator.comparingInt(List::size))
              .orElseThrow();
      text.append(stage).append(": ");
      text.append(way.stream().map(name -> "`" + name + "`").collect(Collectors.joining(" → ")));
      text.append('\n');
    });
    return text.toString();
  }

  /** The classes of the longest chain of calls from a method on, each named once. */
  private List<String> longest(JavaCodeUnit method, Set<JavaCodeUnit> callers) {
    List<String> known = longest.get(method);
    if (known != null) {
      return known;
    }
    String own = packageOf(method.getOwner()) + "." + outermost(method.getOwner());
    List<String> best = List.of();
    if (!LIBRARIES.contains(packageOf(method.getOwner())) && callers.add(method)) {
      best =
          called(method)
              .map(next -> longest(next, callers))
              .max(
                  Comparator.<List<String>>comparingInt(List::size)
                      .thenComparing(way -> String.join(" ", way), Comparator.reverseOrder()))
              .orElse(List.of());
      callers.remove(method);
    }
    List<String> way = new ArrayList<>(best);
    if (way.isEmpty() || !way.contains(own)) {
      way.addFirst(own);
    }
    longest.put(method, way);
    return way;
  }

  private static String outermost(JavaClass type) {
    return type.getEnclosingClass()
        .map(ArchitecturePictureTest::outermost)
        .orElse(type.getSimpleName());
  }

  /** Methods that a method calls, with the implementations of those that are abstract. */
  private static Stream<JavaMethod> called(JavaCodeUnit method) {
    return method.getMethodCallsFromSelf().stream()
        .map(call -> call.getTarget().resolveMember().orElse(null))
        .filter(Objects::nonNull)
        .filter(target -> isOurs(target.getOwner()))
        .filter(target -> !target.getOwner().isAssignableTo(Throwable.class))
        .flatMap(ArchitecturePictureTest::implementations)
        .distinct()
        .sorted(Comparator.comparing(JavaMethod::getFullName));
  }

  /** Those of other packages are not followed: they call back up. */
  private static Stream<JavaMethod> implementations(JavaMethod method) {
    Class<?>[] parameters =
        method.getRawParameterTypes().stream().map(JavaClass::reflect).toArray(Class<?>[]::new);
    return Stream.concat(
        Stream.of(method),
        method.getOwner().getAllSubclasses().stream()
            .filter(type -> packageOf(type).equals(packageOf(method.getOwner())))
            .flatMap(type -> type.tryGetMethod(method.getName(), parameters).stream()));
  }
}
