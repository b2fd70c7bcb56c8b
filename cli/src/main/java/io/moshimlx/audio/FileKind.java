package io.moshimlx.audio;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.moshimlx.StandIn;
import io.moshimlx.recording.AudioFileException;
import io.moshimlx.recording.NoSoundException;
import java.util.List;

/** What a file is whose sound is not understood, or that has none, by how it begins. */
final class FileKind {
  /** So many bytes show what a file is. */
  static final int BYTES = StandIn.BYTES;

  /**
   * A kind.
   *
   * @param at where {@code magic} stands
   * @param hasSound whether another program can take sound out of it
   */
  private record Kind(int at, String magic, String name, boolean hasSound) {
    boolean matches(String start) {
      return start.startsWith(magic, at);
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind(8, "AVI ", "an AVI video", true),
          new Kind(8, "RMID", "a MIDI file, which has notes and no sound", false),
          new Kind(8, "WEBP", "a picture (WebP)", false),
          new Kind(0, "MThd", "a MIDI file, which has notes and no sound", false),
          new Kind(0, "#!AMR", "an AMR recording", true),
          new Kind(0, "#!SILK", "a SILK recording", true),
          new Kind(0, ".snd", "an AU recording", true),
          new Kind(0, ".RMF", "a RealMedia file", true),
          new Kind(0, "0&\u00b2u\u008ef\u00cf\u0011", "a Windows Media file", true),
          new Kind(0, "MAC ", "a Monkey's Audio recording", true),
          new Kind(0, "wvpk", "a WavPack recording", true),
          new Kind(0, "MP+", "a Musepack recording", true),
          new Kind(0, "MPCK", "a Musepack recording", true),
          new Kind(0, "TTA1", "a TTA recording", true),
          new Kind(0, "\u000bw", "a Dolby Digital recording", true),
          new Kind(0, "FLV", "a Flash video", true),
          new Kind(0, "\0\0\1\u00ba", "an MPEG video", true),
          new Kind(0, "%PDF", "a PDF document", false),
          new Kind(0, "PK\3\4", "a ZIP archive", false),
          new Kind(0, "\u001f\u008b", "a gzip archive", false),
          new Kind(0, "7z\u00bc\u00af", "a 7-Zip archive", false),
          new Kind(0, "Rar!", "a RAR archive", false),
          new Kind(0, "\u0089PNG", "a picture (PNG)", false),
          new Kind(0, "\u00ff\u00d8\u00ff", "a picture (JPEG)", false),
          new Kind(0, "GIF8", "a picture (GIF)", false),
          new Kind(0, "\u007fELF", "a program", false),
          new Kind(4, "ftypheic", "a picture (HEIC)", false));

  private FileKind() {}

  /**
   * Refuses a file that is known to be none of those that are understood.
   *
   * @param start its first {@link #BYTES}, or all if it is shorter
   */
  static void check(byte[] start) {
    if (start.length == 0) {
      throw new NoSoundException("is empty");
    }
    String text = new String(start, ISO_8859_1);
    for (Kind kind : KINDS) {
      if (kind.matches(text)) {
        String is = "is " + kind.name();
        throw kind.hasSound() ? new AudioFileException(is) : new NoSoundException(is);
      }
    }
    StandIn.of(start)
        .ifPresent(standIn -> {
          throw new NoSoundException("is " + standIn.what());
        });
  }
}
