package io.moshimlx.dialogue;

import io.moshimlx.mimi.MimiEncoder;
import io.moshimlx.model.LmGenerator;
import io.moshimlx.text.StreamingDecoder;
import io.moshimlx.voice.StoredVoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * Tells a model its voice and its role, before it listens: the voice, half a second of silence, the
 * role, and silence again.
 *
 * <p>All of it goes through the streams of a conversation. Moshi's voice is the one told, then
 * silent; the text is padding but for the role, a token a frame; and in the place of the user there
 * is a tone of 440 Hz. As every token is given, nothing is sampled, and Helium reads many steps at
 * once.
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

  private final MimiEncoder encoder;
  private final Consumer<int[][]> read;
  private final Consumer<float[][]> replay;
  private final TokenStreams streams;
  private final Optional<StoredVoice> stored;
  private final List<Supplier<Told>> steps = new ArrayList<>();

  /** What is given at a step: a text token and a frame of Moshi's voice. */
  @SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
  private record Told(int text, int[] voice) {}

  /**
   * A phase of one session, before its first frame.
   *
   * @param encoder encodes a recorded voice, and then begins a new stream
   * @param read as {@link LmGenerator#read}
   * @param replay as {@link LmGenerator#replay}
   * @param voice to be told, if any
   * @param role its tokens
   */
  PromptPhase(
      MimiEncoder encoder,
      Consumer<int[][]> read,
      Consumer<float[][]> replay,
      TokenStreams streams,
      Optional<VoicePrompt> voice,
      List<Integer> role) {
    this.encoder = encoder;
    this.read = read;
    this.replay = replay;
    this.streams = streams;
    stored =
        voice
            .filter(VoicePrompt.Stored.class::isInstance)
            .map(v -> ((VoicePrompt.Stored) v).voice());
    if (voice.orElse(null) instanceof VoicePrompt.Recorded recorded) {
      recorded
          .frames()
          .forEach(frame -> steps.add(() -> new Told(StreamingDecoder.PAD, encoder.encode(frame))));
    }
    addSilence();
    role.forEach(token -> steps.add(() -> new Told(token, SILENCE)));
    addSilence();
  }

  private void addSilence() {
    for (int i = 0; i < SILENT_FRAMES; i++) {
      steps.add(() -> new Told(StreamingDecoder.PAD, SILENCE));
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
   * @param percent told how far it is, from time to time
   * @param stopped asked now and then
   * @return whether it came to its end; false if it was stopped
   */
  boolean run(IntConsumer percent, BooleanSupplier stopped) {
    int before = before();
    int length = length();
    int done = 0;
    while (done < length) {
      if (stopped.getAsBoolean()) {
        return false;
      }
      percent.accept(100 * done / length);
      done += done < before ? replay(done, before) : tell(done - before);
    }
    encoder.reset();
    return true;
  }

  /** Has Helium read a block of a stored voice again. */
  private int replay(int from, int all) {
    StoredVoice voice = stored.orElseThrow();
    int to = Math.min(all, from + BLOCK);
    replay.accept(voice.embeddings(from, to));
    if (to == all) {
      streams.told(voice);
    }
    return to - from;
  }

  private int tell(int from) {
    int to = Math.min(steps.size(), from + BLOCK);
    List<int[]> inputs = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Told told = steps.get(i).get();
      // The published code has its initial tokens in place of the very first frame, also where it
      // makes the voices that are stored; so the model knows it.
      if (i > 0 || stored.isPresent()) {
        inputs.add(streams.told(told.text(), told.voice(), TONE));
      }
    }
    read.accept(inputs.toArray(int[][]::new));
    return to - from;
  }
}
