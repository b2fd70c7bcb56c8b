package io.moshimlx.dialogue;

import io.moshimlx.Progress;
import io.moshimlx.mimi.Mimi;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.text.TextTokens;
import io.moshimlx.voice.StoredVoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Prompts a model with its voice and its role before it listens: the voice, half a second of
 * silence, the role, and silence again.
 *
 * <p>All of it goes through the streams of a conversation. Moshi's voice is the one of the prompt,
 * then silence; the text is padding except for the role, one token a frame; and in the place of the
 * user there is a tone of 440 Hz. As every token is given, nothing is sampled, and Helium reads
 * many steps at once.
 */
final class PromptPhase {
  /** Frames of silence after the voice, and after the role: half a second. */
  private static final int SILENT_FRAMES = 6;

  /** Steps that it takes with neither voice nor role. */
  static final int LEAST_STEPS = 2 * SILENT_FRAMES;

  /** Steps that Helium reads at once; Ctrl-C is heeded between two blocks. */
  private static final int BLOCK = 32;

  // What Mimi makes of silence and of the tone, as the model has been trained with.
  private static final int[] SILENCE = {948, 243, 1178, 546, 1736, 1030, 1978, 2008};
  private static final int[] TONE = {430, 1268, 381, 1611, 1095, 1495, 56, 472};

  private final Mimi codec;
  private final Consumer<int[][]> read;
  private final Consumer<float[][]> replay;
  private final TokenStreams streams;
  private final Optional<StoredVoice> stored;
  private final List<Step> steps = new ArrayList<>();

  /** A step of the prompt: its text token, and the sound of Moshi's voice if that is recorded. */
  private record Step(int text, Optional<float[]> recording) {}

  /**
   * A phase of one session, before its first frame.
   *
   * @param codec encodes a recorded voice, and then begins new streams
   * @param read as {@link LmGenerator#read}
   * @param replay as {@link LmGenerator#replay}
   * @param voice to speak with, if one is given
   * @param role its tokens
   */
  PromptPhase(
      Mimi codec,
      Consumer<int[][]> read,
      Consumer<float[][]> replay,
      TokenStreams streams,
      Optional<VoicePrompt> voice,
      List<Integer> role) {
    this.codec = codec;
    this.read = read;
    this.replay = replay;
    this.streams = streams;
    stored =
        voice
            .filter(VoicePrompt.Stored.class::isInstance)
            .map(v -> ((VoicePrompt.Stored) v).voice());
    if (voice.orElse(null) instanceof VoicePrompt.Recorded recorded) {
      recorded.frames().forEach(frame -> steps.add(new Step(TextTokens.PAD, Optional.of(frame))));
    }
    addSilence();
    role.forEach(token -> steps.add(new Step(token, Optional.empty())));
    addSilence();
  }

  private void addSilence() {
    for (int i = 0; i < SILENT_FRAMES; i++) {
      steps.add(new Step(TextTokens.PAD, Optional.empty()));
    }
  }

  /** Steps that it takes. */
  int length() {
    return before() + steps.size();
  }

  /** Steps of a stored voice, which come first. */
  private int before() {
    return stored.map(StoredVoice::steps).orElse(0);
  }

  /**
   * Runs it.
   *
   * @param progress receives the steps that are done, and may cancel the rest
   * @throws io.moshimlx.CancelledException if it was cancelled
   */
  void run(Progress progress) {
    int before = before();
    int length = length();
    int done = 0;
    while (done < length) {
      progress.checkCancelled();
      progress.at("voice and persona", done, length);
      done += done < before ? replay(done, before) : read(done - before);
    }
    codec.reset();
  }

  /** Has Helium read a block of a stored voice again. */
  private int replay(int from, int all) {
    StoredVoice voice = stored.orElseThrow();
    int to = Math.min(all, from + BLOCK);
    replay.accept(voice.embeddings(from, to));
    if (to == all) {
      streams.force(voice);
    }
    return to - from;
  }

  /** Has Helium read a block of the prompt. */
  private int read(int from) {
    int to = Math.min(steps.size(), from + BLOCK);
    List<int[]> inputs = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Step step = steps.get(i);
      int[] voice = step.recording().map(codec::encode).orElse(SILENCE);
      // The published code has its initial tokens in place of the very first frame, also where it
      // makes the voices that are stored; so the model knows it.
      if (i > 0 || stored.isPresent()) {
        inputs.add(streams.force(step.text(), voice, TONE));
      }
    }
    read.accept(inputs.toArray(int[][]::new));
    return to - from;
  }
}
