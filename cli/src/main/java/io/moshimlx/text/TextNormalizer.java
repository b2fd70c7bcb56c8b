package io.moshimlx.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Rewrites a text before it is cut into pieces, as SentencePiece does ({@code NormalizerSpec}):
 * characters by the rules of the model, spaces into U+2581.
 */
final class TextNormalizer {
  private static final char SPACE = '\u2581';

  // Fields of the message NormalizerSpec, as (number << 3 | wire type).
  private static final int CHARACTER_MAP = 2 << 3 | 2;
  private static final int DUMMY_PREFIX = 3 << 3;
  private static final int REMOVE_EXTRA_SPACES = 4 << 3;
  private static final int ESCAPE_SPACES = 5 << 3;

  private boolean dummyPrefix = true;
  private boolean removeExtraSpaces = true;
  private boolean escapeSpaces = true;

  /**
   * A double array in the format of darts-clone, whose values are offsets into the replacements.
   */
  private int[] trie = {};

  private byte[] replacements = {};

  /** A piece of a text, and its replacement. */
  private record Step(int length, String result) {}

  /** The default rules, without any for characters. */
  TextNormalizer() {}

  /**
   * Reads a {@code NormalizerSpec}.
   *
   * @throws ProtoReader.DamagedException if it is damaged
   */
  static TextNormalizer read(ProtoReader in) throws ProtoReader.DamagedException {
    TextNormalizer normalizer = new TextNormalizer();
    for (int tag = in.next(); tag != 0; tag = in.next()) {
      switch (tag) {
        case CHARACTER_MAP -> normalizer.setCharacterMap(in.bytes());
        case DUMMY_PREFIX -> normalizer.dummyPrefix = in.bool();
        case REMOVE_EXTRA_SPACES -> normalizer.removeExtraSpaces = in.bool();
        case ESCAPE_SPACES -> normalizer.escapeSpaces = in.bool();
        default -> in.skip(tag);
      }
    }
    return normalizer;
  }

  /** The length of the trie in bytes, the trie, and the replacements, each ended by a zero. */
  private void setCharacterMap(byte[] map) throws ProtoReader.DamagedException {
    if (map.length == 0) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
    int size = map.length < Integer.BYTES ? -1 : in.getInt();
    if (size < Integer.BYTES || size % Integer.BYTES != 0 || size > in.remaining()) {
      throw new ProtoReader.DamagedException("character map of " + map.length + " bytes");
    }
    trie = new int[size / Integer.BYTES];
    in.asIntBuffer().get(trie);
    replacements = Arrays.copyOfRange(map, Integer.BYTES + size, map.length);
  }

  /**
   * Normalises a text.
   *
   * @param whole pieces that stay as they are at any position
   */
  String normalize(String text, List<String> whole) {
    StringBuilder result = new StringBuilder();
    String space = escapeSpaces ? String.valueOf(SPACE) : " ";
    int at = 0;
    if (removeExtraSpaces) {
      Step step = step(text, at, whole);
      while (step.length() > 0 && step.result().equals(" ")) {
        at += step.length();
        step = step(text, at, whole);
      }
    }
    if (at == text.length()) {
      return "";
    }
    if (dummyPrefix) {
      result.append(space);
    }
    boolean afterSpace = removeExtraSpaces;
    while (at < text.length()) {
      Step step = step(text, at, whole);
      String piece = afterSpace ? step.result().replaceFirst("^ +", "") : step.result();
      if (!piece.isEmpty()) {
        result.append(piece.replace(" ", space));
        afterSpace = piece.endsWith(" ");
      }
      afterSpace = afterSpace && removeExtraSpaces;
      at += step.length();
    }
    while (removeExtraSpaces && result.toString().endsWith(space)) {
      result.setLength(result.length() - space.length());
    }
    return result.toString();
  }

  private Step step(String text, int at, List<String> whole) {
    if (at == text.length()) {
      return new Step(0, "");
    }
    for (String piece : whole) {
      if (text.startsWith(piece, at)) {
        return new Step(piece.length(), piece);
      }
    }
    Step mapped = mapped(text, at);
    int codePoint = text.codePointAt(at);
    return mapped == null
        ? new Step(Character.charCount(codePoint), Character.toString(codePoint))
        : mapped;
  }

  /** The longest beginning of the text that the character map replaces, or null. */
  private Step mapped(String text, int from) {
    if (trie.length == 0) {
      return null;
    }
    Step longest = null;
    int node = offset(trie[0]);
    int at = from;
    while (at < text.length()) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
        node ^= b & 0xFF;
        if (node < 0 || node >= trie.length || label(trie[node]) != (b & 0xFF)) {
          return longest;
        }
        int unit = trie[node];
        node ^= offset(unit);
        if (hasLeaf(unit) && node >= 0 && node < trie.length) {
          longest = new Step(at - from, replacement(trie[node] & Integer.MAX_VALUE));
        }
      }
    }
    return longest;
  }

  private String replacement(int start) {
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return start >= end ? "" : new String(replacements, start, end - start, StandardCharsets.UTF_8);
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  private static int label(int unit) {
    return unit & (1 << 31 | 0xFF);
  }

  private static boolean hasLeaf(int unit) {
    return (unit >>> 8 & 1) == 1;
  }
}
