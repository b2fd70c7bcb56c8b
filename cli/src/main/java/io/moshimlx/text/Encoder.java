package io.moshimlx.text;

import io.moshimlx.text.Tokenizer.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts a text into the most probable pieces, as SentencePiece's unigram model does: the sum of
 * their scores is the largest possible.
 */
final class Encoder {
  /** An unknown character scores so much below the least probable piece. */
  private static final float UNKNOWN_PENALTY = 10;

  private final TextNormalizer normalizer;
  private final Map<String, Integer> tokens = new HashMap<>();
  private final float[] scores;
  private final boolean[] chosenByUser;

  /** User-defined pieces, the longest first. */
  private final List<String> userDefined;

  /** The tokens of the byte pieces; empty if the vocabulary has none. */
  private final int[] byteTokens = new int[256];

  private final boolean byteFallback;
  private final int unknown;
  private final int longest;
  private final float leastScore;
  private final float greatestScore;

  /** The best path to a position: its last token, and where that starts. */
  private record Arrival(float score, int token, int start) {}

  Encoder(List<Piece> pieces, TextNormalizer normalizer, boolean byteFallback) {
    this.normalizer = normalizer;
    this.byteFallback = byteFallback;
    scores = new float[pieces.size()];
    chosenByUser = new boolean[pieces.size()];
    float least = Float.MAX_VALUE;
    float greatest = -Float.MAX_VALUE;
    int length = 1;
    int unknownToken = 0;
    List<String> whole = new ArrayList<>();
    for (int token = 0; token < scores.length; token++) {
      Piece piece = pieces.get(token);
      scores[token] = piece.score();
      switch (piece.kind()) {
        case NORMAL -> {
          tokens.put(piece.text(), token);
          least = Math.min(least, piece.score());
          greatest = Math.max(greatest, piece.score());
          length = Math.max(length, piece.text().length());
        }
        case USER_DEFINED -> {
          tokens.put(piece.text(), token);
          chosenByUser[token] = true;
          whole.add(piece.text());
          length = Math.max(length, piece.text().length());
        }
        case UNKNOWN -> unknownToken = token;
        case BYTE -> byteTokens[Integer.parseInt(piece.text(), 3, 5, 16)] = token;
        case CONTROL, UNUSED -> {}
      }
    }
    whole.sort(Comparator.comparingInt(String::length).reversed());
    userDefined = List.copyOf(whole);
    unknown = unknownToken;
    longest = length;
    leastScore = least;
    greatestScore = greatest;
  }

  /** The tokens of a text. */
  List<Integer> encode(String text) {
    String normalized = normalizer.normalize(text, userDefined);
    Arrival[] arrivals = arrivals(normalized);
    List<Integer> result = new ArrayList<>();
    boolean afterUnknown = false;
    for (int end : ends(arrivals, normalized.length())) {
      Arrival arrival = arrivals[end];
      boolean isUnknown = arrival.token() == unknown;
      if (isUnknown && byteFallback) {
        byte[] bytes = normalized.substring(arrival.start(), end).getBytes(StandardCharsets.UTF_8);
        for (byte b : bytes) {
          result.add(byteTokens[b & 0xFF]);
        }
      } else if (!isUnknown || !afterUnknown) {
        // Several unknown characters in a row are one token.
        result.add(arrival.token());
      }
      afterUnknown = isUnknown;
    }
    return result;
  }

  /** The best path to each position, by Viterbi's algorithm. */
  private Arrival[] arrivals(String text) {
    Arrival[] arrivals = new Arrival[text.length() + 1];
    for (int start = 0; start < text.length(); ) {
      float soFar = start == 0 ? 0 : arrivals[start].score();
      int character = start + Character.charCount(text.codePointAt(start));
      boolean hasCharacter = false;
      for (int end = character; end <= Math.min(text.length(), start + longest); end++) {
        Integer token = tokens.get(text.substring(start, end));
        if (token != null) {
          int bytes = text.substring(start, end).getBytes(StandardCharsets.UTF_8).length;
          float score = chosenByUser[token] ? bytes * greatestScore - 0.1f : scores[token];
          arrive(arrivals, end, new Arrival(soFar + score, token, start));
          hasCharacter |= end == character;
        }
      }
      if (!hasCharacter) {
        float score = soFar + leastScore - UNKNOWN_PENALTY;
        arrive(arrivals, character, new Arrival(score, unknown, start));
      }
      start = character;
    }
    return arrivals;
  }

  private static void arrive(Arrival[] arrivals, int end, Arrival arrival) {
    if (arrivals[end] == null || arrival.score() > arrivals[end].score()) {
      arrivals[end] = arrival;
    }
  }

  /** The ends of the pieces on the best path, in order. */
  private static List<Integer> ends(Arrival[] arrivals, int length) {
    List<Integer> ends = new ArrayList<>();
    for (int end = length; end > 0; end = arrivals[end].start()) {
      ends.add(end);
    }
    Collections.reverse(ends);
    return ends;
  }
}
