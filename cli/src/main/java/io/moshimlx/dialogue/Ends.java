package io.moshimlx.dialogue;

import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Recorder;
import java.util.Optional;

/**
 * The ends of a dialogue, files or devices.
 *
 * @param source the user's voice
 * @param sink Moshi's voice
 * @param recorder of both sides, frame by frame
 * @param warnings what the devices complain of; told between frames
 */
public record Ends(
    AudioSource source, AudioSink sink, Optional<Recorder> recorder, Warnings warnings) {}
