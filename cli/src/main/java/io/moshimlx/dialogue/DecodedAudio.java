package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Recorder;
import io.moshimlx.mimi.Mimi;
import java.util.Optional;

/** Moshi's voice as sound, and a recording of both sides where one is wanted. */
final class DecodedAudio implements VoiceOutput {
  private static final float[] SILENCE = new float[AudioSource.FRAME_SAMPLES];

  private final AudioSink sink;
  private final Optional<Recorder> recorder;
  private final Mimi codec;
  private final float[] frame = new float[AudioSource.FRAME_SAMPLES];

  DecodedAudio(AudioSink sink, Optional<Recorder> recorder, Mimi codec) {
    this.sink = sink;
    this.recorder = recorder;
    this.codec = codec;
  }

  @Override
  public double write(UserFrame user, Optional<int[]> codes) {
    long start = System.nanoTime();
    codes.ifPresent(c -> codec.decode(c, frame));
    double decodeMs = Timing.millisSince(start);
    float[] voice = codes.isPresent() ? frame : SILENCE;
    sink.write(voice);
    recorder.ifPresent(r -> r.write(user.samples(), voice));
    return decodeMs;
  }
}
