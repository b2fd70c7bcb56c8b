package io.moshimlx.text;

/** The text tokens that say nothing. They belong to the family of models, not to one tokenizer. */
public final class TextTokens {
  /** The token of a step at which nothing is said. */
  public static final int PAD = 3;

  /** The last of several such steps, before a word. */
  private static final int END_OF_PAD = 0;

  private TextTokens() {}

  /** Whether a token is that of padding. */
  public static boolean isPad(int token) {
    return token == PAD;
  }

  /** Whether a token only says that nothing is said. */
  public static boolean isSilent(int token) {
    return isPad(token) || token == END_OF_PAD;
  }
}
