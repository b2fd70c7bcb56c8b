package io.moshimlx.event;

/**
 * Figures of a whole session.
 *
 * @param audioSeconds seconds of audio that went through
 * @param wallSeconds seconds from the first step to the last
 * @param realTimeFactor {@code wallSeconds / audioSeconds}: below 1 is faster than real time
 * @param msMedian median of a step's total milliseconds
 * @param msP95 95th percentile of a step's total milliseconds
 * @param sanitizedSamples input samples that were not finite and were taken as silence
 * @param peakMemoryBytes peak of MLX's memory
 * @param droppedFrames captured frames that were dropped because the session did not keep up
 * @param underruns how often playback ran dry
 * @param overrunFrames frames left out of playback because it lagged
 * @param outages how often a device went away
 */
public record SessionStats(
    double audioSeconds,
    double wallSeconds,
    double realTimeFactor,
    double msMedian,
    double msP95,
    long sanitizedSamples,
    long peakMemoryBytes,
    long droppedFrames,
    long underruns,
    long overrunFrames,
    long outages) {}
