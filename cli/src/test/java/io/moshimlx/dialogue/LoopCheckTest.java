package io.moshimlx.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LoopCheckTest {
  private static final int PAD = 3;
  private static final int SECOND_FRAMES = 12;

  /** The frame at which a loop is noticed, or -1. */
  private static int noticed(List<Integer> tokens) {
    LoopCheck check = new LoopCheck();
    for (int frame = 0; frame < tokens.size(); frame++) {
      if (check.repeats(tokens.get(frame))) {
        return frame;
      }
    }
    return -1;
  }

  /** A text of so many words, spoken with some silence between them, then a pause. */
  private static List<Integer> sentence(long seed, int words, int pauseFrames) {
    Random random = new Random(seed);
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      tokens.add(10 + random.nextInt(500));
      tokens.addAll(Collections.nCopies(random.nextInt(4), PAD));
    }
    tokens.addAll(Collections.nCopies(pauseFrames, PAD));
    return tokens;
  }

  private static List<Integer> times(int count, List<Integer> tokens) {
    return Collections.nCopies(count, tokens).stream().flatMap(List::stream).toList();
  }

  @Test
  void aSentenceAgainAndAgainIsALoop() {
    for (int words : new int[] {1, 2, 9, 25, 60}) {
      List<Integer> sentence = sentence(words, words, SECOND_FRAMES);
      int frame = noticed(times(200, sentence));
      assertTrue(frame >= 3 * sentence.size() - sentence.size(), words + ": " + frame);
      assertTrue(
          frame <= Math.max(3 * sentence.size(), 130 + sentence.size()), words + ": " + frame);
    }
  }

  @Test
  void itMayComeAfterMuchThatIsNone() {
    List<Integer> tokens = new ArrayList<>(sentence(1, 3000, 0));
    int before = tokens.size();
    tokens.addAll(times(20, sentence(2, 12, 5)));
    assertTrue(noticed(tokens) > before, "only what repeats itself");
  }

  @Test
  void talkIsNoLoop() {
    assertEquals(-1, noticed(sentence(3, 20_000, 0)));
  }

  @Test
  void whatIsSaidAgainAfterAPauseIsNone() {
    List<Integer> prompt = sentence(4, 8, 3 * SECOND_FRAMES);
    assertEquals(-1, noticed(times(50, prompt)));
  }

  @Test
  void aFewWordsTwiceOrForASecondAreNone() {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      tokens.addAll(times(2, sentence(i, 20, 4)));
      tokens.addAll(times(12, List.of(42)));
    }
    assertEquals(-1, noticed(tokens));
  }
}
