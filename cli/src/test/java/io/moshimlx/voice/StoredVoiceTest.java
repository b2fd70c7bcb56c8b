package io.moshimlx.voice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.checkpoint.LmConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stored voices, in files of their own and in the archive of a model. */
final class StoredVoiceTest {
  private static final Path PERSONAPLEX = Path.of("src/test/resources/goldens/personaplex");
  private static final Path VOICE = PERSONAPLEX.resolve("voice.pt");

  @TempDir private Path folder;
  private final LmConfig config = LmConfig.read(PERSONAPLEX.resolve("config.json"));

  private Path archive(String... names) throws IOException {
    return Tars.tgz(folder.resolve("voices.tgz"), Files.readAllBytes(VOICE), names);
  }

  private static String refusal(Runnable call) {
    return assertThrows(UserException.class, call::run).getMessage();
  }

  private static StoredVoices voices(Path archive) {
    return new StoredVoices(Optional.of(archive), Optional.empty());
  }

  @Test
  void aVoiceOfTheArchiveIsThatOfItsFile() throws IOException {
    StoredVoices archive = voices(archive("voices/NATF0.txt", "voices/NATF2.pt"));
    StoredVoice expected = StoredVoice.read(VOICE, config);
    for (String name : new String[] {"NATF2", "natf2"}) {
      StoredVoice voice = archive.voice(name, config);
      assertEquals(expected.steps(), voice.steps());
      assertArrayEquals(
          expected.embeddings(0, expected.steps()), voice.embeddings(0, voice.steps()));
    }
  }

  /** Nothing is unpacked, so such an entry is a voice like any other. */
  @Test
  void anEntryThatWouldLeadElsewhereIsNotWritten() throws IOException {
    Path outside = folder.resolve("EVIL.pt");
    Path inside = Files.createDirectory(folder.resolve("model"));
    Path file = inside.resolve("voices.tgz");
    Files.move(archive("../EVIL.pt", outside.toString()), file);
    voices(file).voice("EVIL", config);
    assertEquals(false, Files.exists(outside));
  }

  @Test
  void anUnknownVoiceIsToldThoseThereAre() throws IOException {
    StoredVoices archive = voices(archive("voices/VARM1.pt", "voices/NATF2.pt"));
    assertEquals(
        "there is no voice 'NATF'; the model has NATF2, VARM1, and any recording can be one",
        refusal(() -> archive.voice("NATF", config)));
  }

  @Test
  void aDamagedArchiveIsNamed() throws IOException {
    Path file = archive("voices/NATF2.pt");
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 5, 20, whole.length / 2}) {
      Files.write(file, Arrays.copyOf(whole, length));
      String message = refusal(() -> voices(file).voice("NATF2", config));
      assertEquals(
          file + " cannot be read, or is damaged: its end is missing; download the model again",
          message);
    }
    byte[] broken = whole.clone();
    Arrays.fill(broken, whole.length / 2, whole.length / 2 + 8, (byte) 0);
    Files.write(file, broken);
    // It may be the voice in it that shows the damage.
    assertTrue(refusal(() -> voices(file).voice("NATF2", config)).startsWith(file.toString()));
  }

  @Test
  void anEntryThatIsNoVoiceIsNamedWithItsArchive() throws IOException {
    Path file = Tars.tgz(folder.resolve("voices.tgz"), new byte[100], "voices/NATF2.pt");
    assertEquals(
        file
            + ": voices/NATF2.pt is not a file of tensors as torch.save writes it, or is damaged;"
            + " download it again",
        refusal(() -> voices(file).voice("NATF2", config)));
  }

  @Test
  void aVoiceOfAnotherModelIsRefused() {
    assertEquals(
        VOICE
            + " is a voice of a model 16 wide, but this one is 4096 wide; use a voice of this model",
        refusal(() -> StoredVoice.read(VOICE, LmConfig.personaplex7b())));
  }

  @Test
  void whatIsNotThereOrNoVoiceIsRefused() {
    Path none = folder.resolve("none.pt");
    assertEquals(
        none
            + " cannot be read: there is no such file; give the name or the .pt file of a stored voice",
        refusal(() -> StoredVoice.read(none, config)));
    Path tensors = PERSONAPLEX.resolve("tensors.pt");
    assertEquals(
        tensors
            + " holds no 'embeddings', so it is no stored voice; use a voice from its publisher",
        refusal(() -> StoredVoice.read(tensors, config)));
  }
}
