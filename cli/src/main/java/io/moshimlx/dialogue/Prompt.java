package io.moshimlx.dialogue;

import io.moshimlx.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * The prompt of a model such as PersonaPlex, which it reads before it listens.
 *
 * @param voice to speak with; without one the model takes a voice of its own
 * @param role who it is and what it knows, in plain sentences
 */
public record Prompt(Optional<VoicePrompt> voice, String role) {
  /** It stands before and after a role; the model has learnt it so. */
  private static final String TAG = "<system>";

  /** The role as the model reads it, a token a step. Line breaks count as spaces. */
  List<Integer> roleTokens(Tokenizer tokenizer) {
    String text = role.strip().replaceAll("\\s*\\R\\s*", " ");
    boolean tagged = text.startsWith(TAG) && text.endsWith(TAG) && text.length() > TAG.length();
    return tokenizer.encode(tagged ? text : TAG + " " + text + " " + TAG);
  }
}
