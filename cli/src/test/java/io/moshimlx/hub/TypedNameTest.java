package io.moshimlx.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.UserException;
import io.moshimlx.Variables;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypedNameTest {
  private static final Variables VARIABLES =
      new Variables(
          Map.of("HF_ENDPOINT", "https://hub.invalid:8/models-of-ours/", "HOME", "/home/u"));

  private static String plain(String typed) {
    return TypedName.plain(typed, VARIABLES);
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/org/name, org/name",
    "HTTPS://HuggingFace.co/org/name/, org/name",
    "http://www.huggingface.co/org/name?not-for-all=1#files, org/name",
    "https://huggingface.co/models/org/name, org/name",
    "https://huggingface.co/org/name.git, org/name",
    "https://me:secret@huggingface.co/org/name, org/name",
    "git@hf.co:org/name, org/name",
    "hf.co/org/name, org/name",
    "huggingface.co/org/name/tree/main, org/name",
    "https://hf-mirror.com/org/name, org/name",
    "https://hub.invalid:8/models-of-ours/org/name/tree/v1, org/name@v1",
    "https://huggingface.co/org/name/tree/v1.0, org/name@v1.0",
    "https://huggingface.co/org/name/tree/v1/sub/folder, org/name@v1",
    "https://huggingface.co/org/name/blob/main/model.q4.safetensors, org/name",
    "https://huggingface.co/org/name/resolve/v1/a.bin?download=true, org/name@v1",
    "https://huggingface.co/org/name/tree/feature%2Fa+b, org/name@feature/a+b",
    "https://huggingface.co/org/name/tree/refs%2Fpr%2F1, org/name@refs/pr/1",
    "https://huggingface.co/org/name/tree/refs/pr/1/sub, org/name@refs/pr/1",
    "https://huggingface.co/org/name/commit/0123456, org/name@0123456",
    "https://huggingface.co/org/name/discussions/3, org/name",
    "hf://org/name, org/name",
    "hf://models/org/name@v1, org/name@v1",
    "hf://org/name@v1/model.safetensors, org/name@v1",
    "org/name/, org/name",
    "org/name//, org/name",
    "' org/name ', org/name",
    "org/name@feature/x, org/name@feature/x",
    "org/name@main, org/name@main",
    "moshiko-q4/, moshiko-q4",
    "moshiko-q4, moshiko-q4",
    "~/models/x, /home/u/models/x",
    "a/b/c/, a/b/c/",
    "/a/b, /a/b",
    "./a, ./a",
    "../org/name/, ../org/name/",
  })
  void whatIsPastedIsTheNameThatItStandsFor(String typed, String expected) {
    assertEquals(expected, plain(typed));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.invalid/org/name",
        "https://huggingface.co/datasets/org/name",
        "https://huggingface.co/spaces/org/name",
        "https://huggingface.co/org",
        "https://huggingface.co",
        "hf://datasets/org/name",
        "hf://org/name@../../etc",
        "hf://",
        "s3://org/name"
      })
  void whatIsNoAddressOfAModelIsRefused(String typed) {
    String message = assertThrows(UserException.class, () -> plain(typed)).getMessage();
    assertEquals(
        typed
            + " is no address of a model; give one such as https://hub.invalid:8/models-of-ours/org/name, or org/name alone",
        message);
  }

  @Test
  void aPasswordInAnAddressIsNotShown() {
    String message =
        assertThrows(UserException.class, () -> plain("https://me:secret@example.invalid/org/name"))
            .getMessage();
    assertFalse(message.contains("secret"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "a/../b", "a//b", "/a", "a/", ".a", "-a", "a b", "a\nb", "a@b"})
  void whatIsNoRevisionIsNone(String name) {
    assertFalse(Revision.isName(name));
    assertTrue(Revision.parse("org/name@" + name).isEmpty());
  }
}
