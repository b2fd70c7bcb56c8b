package io.moshimlx.event;

/**
 * The first event: what runs.
 *
 * @param schema version of the events' format, {@link #SCHEMA}
 * @param model the model as named by the user
 * @param quant {@code q4}, {@code q6}, {@code q8} or {@code bf16}
 * @param voice the voice chosen, or null
 * @param seed seed of the samplers
 * @param echoCancellation whether what is played is taken out of what is heard; null for a
 *     recording
 * @param sampleRate samples a second
 * @param frameSamples samples a frame
 */
public record SessionEvent(
    int schema,
    String model,
    String quant,
    String voice,
    long seed,
    Boolean echoCancellation,
    int sampleRate,
    int frameSamples)
    implements Event {
  public static final int SCHEMA = 1;

  @Override
  public String type() {
    return "session";
  }
}
