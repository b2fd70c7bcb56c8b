package io.moshimlx.event;

/**
 * The first event: what runs.
 *
 * @param schema version of the events' format, {@link #SCHEMA}
 * @param model the model as named by the user
 * @param quant {@code q4}, {@code q6} or {@code q8}, or else {@code bf16}, {@code float16} or
 *     {@code float32}
 * @param voice the voice chosen, or null
 * @param seed seed of the samplers
 * @param inputDevice the microphone as the system calls it; null for a recording
 * @param outputDevice the loudspeaker, likewise
 * @param echoCancellation whether what is played is taken out of what is heard; null for a
 *     recording
 * @param echoCancellationReason why, for people; null for a recording
 * @param sampleRate samples a second
 * @param frameSamples samples a frame
 */
public record SessionEvent(
    int schema,
    String model,
    String quant,
    String voice,
    long seed,
    String inputDevice,
    String outputDevice,
    Boolean echoCancellation,
    String echoCancellationReason,
    int sampleRate,
    int frameSamples)
    implements Event {
  public static final int SCHEMA = 1;

  /** What runs with a recording. */
  public SessionEvent(
      String model, String quant, String voice, long seed, int sampleRate, int frameSamples) {
    this(SCHEMA, model, quant, voice, seed, null, null, null, null, sampleRate, frameSamples);
  }

  /** The same through devices. */
  public SessionEvent live(
      String input, String output, boolean cancelsEcho, String cancellationReason) {
    return new SessionEvent(
        schema,
        model,
        quant,
        voice,
        seed,
        input,
        output,
        cancelsEcho,
        cancellationReason,
        sampleRate,
        frameSamples);
  }

  @Override
  public String type() {
    return "session";
  }
}
