package io.moshimlx;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** What somebody may have meant who misspelt a name. */
public final class Nearest {
  private static final int AT_MOST = 3;

  private Nearest() {}

  /**
   * Up to three things of which a name is nearly the one given, the nearest first.
   *
   * @param names the names that a thing goes by, at least one
   */
  public static <T> List<T> to(
      String given, Collection<T> things, Function<? super T, List<String>> names) {
    return things.stream()
        .filter(thing -> distance(names.apply(thing), given) <= Math.max(2, given.length() / 3))
        .sorted(Comparator.comparingInt(thing -> distance(names.apply(thing), given)))
        .limit(AT_MOST)
        .toList();
  }

  private static int distance(List<String> names, String given) {
    String asked = given.toLowerCase(Locale.ROOT);
    return names.stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        // The beginning of a name is as near as one wrong letter.
        .mapToInt(known -> {
          boolean begins = asked.length() > 2 && known.startsWith(asked);
          return Math.min(distance(known, asked), begins ? 1 : Integer.MAX_VALUE);
        })
        .min()
        .orElseThrow();
  }

  /** Characters to insert, delete or replace. */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
