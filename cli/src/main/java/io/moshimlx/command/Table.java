package io.moshimlx.command;

import java.util.List;
import java.util.Set;

/** Rows of cells, for people. */
final class Table {
  private Table() {}

  /**
   * Columns two spaces apart.
   *
   * @param rows the headings first; as many cells in each
   * @param numbers the columns that are flush right
   */
  static String of(List<List<String>> rows, Integer... numbers) {
    Set<Integer> right = Set.of(numbers);
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(r -> r.get(column).length()).max().orElseThrow();
        line.append(("%" + (right.contains(i) ? "" : "-") + width + "s  ").formatted(row.get(i)));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
