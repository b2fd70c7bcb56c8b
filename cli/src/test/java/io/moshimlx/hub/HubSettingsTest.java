package io.moshimlx.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubSettingsTest {
  @TempDir Path home;

  private HubSettings settings(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("HOME", home.toString());
    return HubSettings.of(all);
  }

  private Path cache(Map<String, String> environment) {
    return settings(environment).cache();
  }

  @Test
  void theCacheIsWherePythonsLibraryHasIt() {
    assertEquals(home.resolve(".cache/huggingface/hub"), cache(Map.of()));
    assertEquals(home.resolve(".cache/huggingface/hub"), cache(Map.of("HF_HOME", " ")));
    assertEquals(Path.of("/x/huggingface/hub"), cache(Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(Path.of("/h/hub"), cache(Map.of("XDG_CACHE_HOME", "/x", "HF_HOME", "/h")));
    assertEquals(Path.of("/c"), cache(Map.of("HF_HOME", "/h", "HF_HUB_CACHE", "/c")));
    assertEquals(home.resolve("hf/hub"), cache(Map.of("HF_HOME", "~/hf")));
    assertEquals(Path.of("/big/u/hub"), cache(Map.of("HF_HOME", "$A/${B}", "A", "/big", "B", "u")));
    assertEquals(Path.of("/a/$NONE/hub"), cache(Map.of("HF_HOME", "/a/$NONE")));
  }

  @Test
  void withoutAHomeItIsThatOfTheUser() {
    assertEquals(
        Path.of(System.getProperty("user.home"), ".cache/huggingface/hub"),
        HubSettings.of(Map.of()).cache());
  }

  @Test
  void theEndpointLosesItsSlash() {
    assertEquals("https://huggingface.co", settings(Map.of()).endpoint().toString());
    assertEquals(
        "https://a.example/hub",
        settings(Map.of("HF_ENDPOINT", "https://a.example/hub/")).endpoint().toString());
  }

  @Test
  void offlineIsSaidInFourWays() {
    for (String yes : new String[] {"1", "true", "YES", "On"}) {
      assertTrue(settings(Map.of("HF_HUB_OFFLINE", yes)).offline().isPresent(), yes);
    }
    for (String no : new String[] {"0", "", "false"}) {
      assertFalse(settings(Map.of("HF_HUB_OFFLINE", no)).offline().isPresent(), no);
    }
  }

  @Test
  void theNewNameOfAVariableWinsOverTheOldOne() {
    assertEquals(Path.of("/old"), cache(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old")));
    assertEquals(
        Path.of("/new"), cache(Map.of("HF_HUB_CACHE", "/new", "HUGGINGFACE_HUB_CACHE", "/old")));
    assertEquals(
        Optional.of("TRANSFORMERS_OFFLINE"),
        settings(Map.of("TRANSFORMERS_OFFLINE", "1")).offline());
    assertEquals(
        Optional.empty(),
        settings(Map.of("HF_HUB_OFFLINE", "0", "TRANSFORMERS_OFFLINE", "1")).offline());
    assertEquals(Optional.of("old"), token(Map.of("HUGGING_FACE_HUB_TOKEN", "old")));
    assertEquals(
        Optional.of("new"), token(Map.of("HF_TOKEN", "new", "HUGGING_FACE_HUB_TOKEN", "old")));
    assertEquals(
        Optional.empty(), token(Map.of("HF_TOKEN", "new", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")));
  }

  private Optional<String> token(Map<String, String> environment) {
    return settings(environment).token().map(HubToken::value);
  }

  @Test
  void theTokenComesFromTheVariableThenFromTheFile() throws IOException {
    Map<String, String> file = Map.of("HF_HOME", home.toString());
    assertEquals(Optional.empty(), token(file));
    Files.writeString(home.resolve("token"), "of-the-file\n");
    assertEquals(Optional.of("of-the-file"), token(file));
    assertEquals(
        Optional.of("given"), token(Map.of("HF_HOME", home.toString(), "HF_TOKEN", "given\n")));
    Path other = Files.writeString(home.resolve("other"), "of-another");
    assertEquals(
        Optional.of("of-another"),
        token(Map.of("HF_HOME", home.toString(), "HF_TOKEN_PATH", other.toString())));
  }

  @Test
  void aTokenIsNeverPrinted() {
    assertEquals("the token of HF_TOKEN", new HubToken("secret", "HF_TOKEN").toString());
  }
}
