package io.moshimlx.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what Python's SentencePiece says of the same model (scripts/goldens/tokenizer.py). */
class TokenizerTest {
  private static final Path RESOURCES = Path.of("src/test/resources/tokenizer");
  private static final Path MODEL = RESOURCES.resolve("tokenizer.model");

  @TempDir Path folder;
  private final Tokenizer tokenizer = Tokenizer.open(MODEL);
  private final StreamingDecoder decoder = tokenizer.decoder();

  private static JsonObject goldens() throws IOException {
    return JsonParser.parseString(Files.readString(RESOURCES.resolve("goldens.json")))
        .getAsJsonObject();
  }

  private static List<Integer> tokens(JsonArray array) {
    return array.asList().stream().map(JsonElement::getAsInt).toList();
  }

  private int token(String piece) {
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      if (tokenizer.piece(token).equals(piece)) {
        return token;
      }
    }
    throw new AssertionError("no piece " + piece);
  }

  private String push(String... pieces) {
    StringBuilder text = new StringBuilder();
    for (String piece : pieces) {
      text.append(decoder.push(token(piece)));
    }
    return text.toString();
  }

  @Test
  void everyPieceIsThatOfSentencePiece() throws IOException {
    JsonArray pieces = goldens().getAsJsonArray("pieces");
    assertEquals(pieces.size(), tokenizer.vocabularySize());
    for (int token = 0; token < pieces.size(); token++) {
      assertEquals(pieces.get(token).getAsString(), tokenizer.piece(token));
    }
  }

  @Test
  void textsAreDecodedAsSentencePieceDoes() throws IOException {
    for (JsonElement text : goldens().getAsJsonArray("texts")) {
      StringBuilder decoded = new StringBuilder();
      for (int token : tokens(text.getAsJsonObject().getAsJsonArray("tokens"))) {
        String part = decoder.push(token);
        assertTrue(part.indexOf('\uFFFD') < 0, part);
        decoded.append(part);
      }
      assertEquals("", decoder.flush());
      // SentencePiece drops the space that it puts before a text; in a stream it parts two words.
      assertEquals(" " + text.getAsJsonObject().get("decoded").getAsString(), decoded.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.model", "nfkc.model"})
  void textsAreCutAsSentencePieceDoes(String model) throws IOException {
    Tokenizer opened = Tokenizer.open(RESOURCES.resolve(model));
    JsonArray texts = goldens().getAsJsonObject("encoded").getAsJsonArray(model);
    assertTrue(texts.size() > 10);
    for (JsonElement text : texts) {
      String spoken = text.getAsJsonObject().get("text").getAsString();
      assertEquals(
          tokens(text.getAsJsonObject().getAsJsonArray("tokens")), opened.encode(spoken), spoken);
    }
  }

  @Test
  void controlPiecesPrintNothing() throws IOException {
    for (int token : tokens(goldens().getAsJsonObject("kinds").getAsJsonArray("CONTROL"))) {
      assertEquals("", decoder.push(token), tokenizer.piece(token));
    }
  }

  @Test
  void endOfPadAndPadPrintNothing() {
    assertEquals("", decoder.push(0));
    assertEquals("", decoder.push(3));
  }

  @Test
  void userDefinedPiecesPrintAsTheyAre() {
    assertEquals("<laugh>", push("<laugh>"));
  }

  @Test
  void bytesWaitForTheirCharacterAcrossPadding() {
    assertEquals("", push("<0xE2>"));
    assertEquals("", decoder.push(3));
    assertEquals("", push("<0x82>"));
    assertEquals("", decoder.push(0));
    assertEquals("€", push("<0xAC>"));
    assertEquals("a", push("a"));
  }

  @Test
  void bytesThatAreNoCharacterBecomeTheReplacementCharacter() {
    assertEquals("\uFFFD", push("<0x80>"));
    assertEquals("\uFFFDa", push("<0xF0>", "<0x9F>", "a"));
    assertEquals("\uFFFD", push("<0xC3>", "<0xE2>").substring(0, 1));
    assertEquals("€", push("<0x82>", "<0xAC>"));
  }

  @Test
  void theEndShowsWhatWasHeldBack() {
    assertEquals("", push("<0xF0>", "<0x9F>"));
    assertEquals("\uFFFD", decoder.flush());
    assertEquals("", decoder.flush());
    assertEquals("é", push("<0xC3>", "<0xA9>"));
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefused() {
    int size = tokenizer.vocabularySize();
    assertThrows(IndexOutOfBoundsException.class, () -> decoder.push(size));
    assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.piece(-1));
  }

  private static String refusal(Path path) {
    return assertThrows(UserException.class, () -> Tokenizer.open(path)).getMessage();
  }

  @Test
  void whatIsNoTokenizerIsRefused() throws IOException {
    Path none = folder.resolve("none.model");
    assertEquals(
        none + " cannot be read: there is no such file; download the model's tokenizer again",
        refusal(none));
    byte[] whole = Files.readAllBytes(MODEL);
    Path bad = folder.resolve("bad.model");
    String damaged = bad + " is not a SentencePiece model, or is damaged; download the model again";
    for (byte[] bytes :
        List.of(
            new byte[0],
            "{\"vocab\": []}".getBytes(UTF_8),
            Arrays.copyOf(whole, 1000),
            Arrays.copyOf(whole, whole.length - 1),
            Arrays.copyOf(whole, whole.length + 1),
            new byte[100])) {
      Files.write(bad, bytes);
      assertEquals(damaged, refusal(bad));
    }
  }

  @Test
  void aDamagedFileNeverDoesMoreThanBeRefused() throws IOException {
    byte[] whole = Files.readAllBytes(MODEL);
    Random random = new Random(1);
    Path path = folder.resolve("damaged.model");
    for (int trial = 0; trial < 500; trial++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(path, damaged);
      try {
        Tokenizer opened = Tokenizer.open(path);
        StreamingDecoder stream = opened.decoder();
        for (int token = 0; token < opened.vocabularySize(); token++) {
          stream.push(token);
        }
        opened.encode("<system> how are you today? <laugh> 日本語 <system>");
      } catch (UserException e) {
        assertTrue(e.getMessage().startsWith(path.toString()), e.getMessage());
      }
    }
  }
}
