package io.moshimlx.dialogue;

import io.moshimlx.UserException;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.VoiceRecording;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.voice.StoredVoice;
import io.moshimlx.voice.StoredVoices;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The voice that a prompt gives to a model. */
public sealed interface VoicePrompt {

  /** A recording, 24 kHz mono, in frames. */
  record Recorded(List<float[]> frames) implements VoicePrompt {}

  /** A voice that the model's publisher stored. */
  record Stored(StoredVoice voice) implements VoicePrompt {}

  /**
   * Finds a voice.
   *
   * @param reference a recording, a stored voice's {@code .pt} file, or the name of one that the
   *     model comes with
   * @param notices receives what a recording lacks
   * @throws UserException if there is no such voice, or it cannot be used with this model
   */
  static VoicePrompt of(String reference, ModelFiles files, AudioNotices notices) {
    if (reference.toLowerCase(Locale.ROOT).endsWith(".pt")) {
      return new Stored(StoredVoice.read(Path.of(reference), files.config()));
    }
    if (reference.contains("/") || reference.contains(".")) {
      return new Recorded(
          VoiceRecording.read(
              Path.of(reference),
              files.config().transformer().context() - PromptPhase.LEAST_STEPS,
              notices));
    }
    StoredVoices voices = StoredVoices.of(files);
    if (voices.isEmpty()) {
      throw new UserException(
          "the model in %s comes without stored voices (voices.tgz), so there is no voice '%s'"
              .formatted(files.weights().toAbsolutePath().getParent(), reference),
          "download it again, or give a recording");
    }
    return new Stored(voices.voice(reference, files.config()));
  }
}
