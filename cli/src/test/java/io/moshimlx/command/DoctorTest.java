package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.Signals;
import io.moshimlx.audio.SoundServer;
import io.moshimlx.mlx.Mlx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
class DoctorTest {
  private static final String DEVICE = "'virtual [default]' (1 of 1) opens in 24 kHz, ";
  private static final String MICROPHONE = DEVICE + "1 channel, 16 bits";
  private static final String LOUDSPEAKER = DEVICE + "2 channels, 16 bits";

  @TempDir Path folder;
  private SoundServer server;

  @BeforeEach
  void start() throws Exception {
    server = SoundServer.start();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  /** What was found, by check; the exit status must be that of the problems. */
  private static Map<String, JsonObject> findings(Cli.Result result) {
    assertEquals("", result.err());
    JsonObject all = JsonParser.parseString(result.out()).getAsJsonObject();
    Map<String, JsonObject> findings = new LinkedHashMap<>();
    for (JsonElement element : all.getAsJsonArray("checks")) {
      JsonObject check = element.getAsJsonObject();
      assertEquals(!status(check).equals("ok"), check.has("remedy"), check.toString());
      findings.put(check.get("check").getAsString(), check);
    }
    boolean ok = findings.values().stream().noneMatch(check -> status(check).equals("problem"));
    assertEquals(ok, all.get("ok").getAsBoolean());
    assertEquals(ok ? ExitStatus.DONE : ExitStatus.FAILED, result.status());
    return findings;
  }

  private static String status(JsonObject check) {
    return check.get("status").getAsString();
  }

  private static void assertFound(String status, String text, JsonObject check) {
    assertEquals(status, status(check), check.toString());
    assertTrue(check.get("text").getAsString().contains(text), check.toString());
  }

  private static Map<String, JsonObject> examine(Object... options) {
    Object[] arguments = new Object[options.length + 2];
    arguments[0] = "doctor";
    arguments[1] = "--json";
    System.arraycopy(options, 0, arguments, 2, options.length);
    return findings(Cli.run(arguments));
  }

  @Test
  void aWorkingMachineIsFoundToWork() throws Exception {
    Process speech = server.speak(Signals.tone(60, 440));
    awaitSound();
    Map<String, JsonObject> found = examine("--model", Cli.DEMO, "--quant", "q8");
    speech.destroy();
    assertEquals(
        List.of(
            "java",
            "mlx",
            "codec",
            "device",
            "kernels",
            "memory",
            "cache",
            "disk",
            "token",
            "microphone",
            "loudspeaker",
            "model",
            "real time"),
        List.copyOf(found.keySet()));
    assertFound("ok", "25", found.get("java"));
    assertFound("ok", "MLX 0.32.", found.get("mlx"));
    assertFound("ok", "crate moshi", found.get("codec"));
    assertFound("ok", "compiled with g++", found.get("kernels"));
    assertFound("ok", LOUDSPEAKER, found.get("loudspeaker"));
    assertFound("ok", MICROPHONE + "; a second at -", found.get("microphone"));
    assertFound(
        "ok", Cli.DEMO.resolve("model.q8.safetensors") + ", q8, takes 1", found.get("model"));
    String pace = found.get("real time").get("text").getAsString();
    assertTrue(
        pace.matches("(yes|borderline|no), \\d+ ms of 80, 95 % of frames within \\d+"), pace);
  }

  private static void awaitSound() {
    float[] frame = new float[AudioSource.FRAME_SAMPLES];
    try (Microphone microphone =
        Microphone.open(AudioDevices.input(null, Map.of()), _ -> {}, AudioNotices.NONE)) {
      do {
        assertTrue(microphone.read(frame));
      } while (microphone.levelDb() < -60);
    }
  }

  @Test
  void aCacheAndTokenThatCannotBeUsedAreWarnings() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Map<String, String> environment =
        Map.of("HF_HUB_CACHE", file.toString(), "HF_TOKEN_PATH", folder.toString());
    Map<String, JsonObject> found = findings(Cli.run(environment, "doctor", "--json"));
    assertFound("warning", file + " is not a folder", found.get("cache"));
    assertFound("warning", folder + " cannot be read: it is a folder", found.get("token"));
  }

  @Test
  void aMicrophoneOfZerosIsAWarning() {
    JsonObject microphone = examine().get("microphone");
    assertFound("warning", MICROPHONE + ", but gives nothing but zeros", microphone);
    assertTrue(microphone.get("remedy").getAsString().contains("unmute"));
  }

  @Test
  void withoutDevicesThereIsNoConversation() {
    server.kill();
    Cli.Result result = Cli.run("doctor", "--model", Cli.DEMO);
    assertEquals("", result.err());
    assertEquals(ExitStatus.FAILED, result.status());
    for (String device : List.of("microphone", "loudspeaker")) {
      String line =
          "problem  %-12s this machine has no %s that Java can see; connect one, or talk through files with --input FILE"
              .formatted(device, device);
      assertTrue(result.out().lines().anyMatch(line::equals), result.out());
    }
    assertTrue(result.out().lines().anyMatch(l -> l.matches("\\w+ +real time +.* ms of 80.*")));
  }

  @Test
  void aDeviceOfAnotherNameIsNotFound() {
    JsonObject microphone = examine("--input-device", "none").get("microphone");
    assertFound("problem", "--input-device 'none' is not connected", microphone);
  }

  @Test
  void aModelThatIsDamagedTakesNoSteps() throws IOException {
    assertFound("problem", "/none is not a folder", examine("--model", "/none").get("model"));
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "mimi.json", "mimi.safetensors", "tokenizer.model")) {
      Files.copy(Cli.DEMO.resolve(file), model.resolve(file));
    }
    Path weights = model.resolve("model.q4.safetensors");
    Files.copy(Cli.DEMO.resolve("model.q8.safetensors"), weights);
    Map<String, JsonObject> found = examine("--model", model);
    assertEquals("ok", status(found.get("model")));
    assertFound("problem", weights + " does not fit its configuration", found.get("real time"));
  }

  @Test
  void aDeviceThatDoesNotComputeIsFound() throws Exception {
    // All of the real library but one function.
    Path libraries = Mlx.libraryPath().getParent();
    Path source = Files.writeString(folder.resolve("stub.c"), "int mlx_eval(void) { return 1; }");
    Process cc =
        new ProcessBuilder(
                "cc",
                "-shared",
                "-fPIC",
                "-o",
                folder.resolve("libmlxc.so").toString(),
                source.toString(),
                "-Wl,--no-as-needed",
                Mlx.libraryPath().toString(),
                "-Wl,-rpath," + libraries)
            .inheritIO()
            .start();
    assertEquals(0, cc.waitFor());
    String path = "-Djava.library.path=" + folder + ":" + libraries;
    Cli.Result result = Cli.await(folder, Cli.process(List.of(path), "doctor", "--json"));
    Map<String, JsonObject> found = findings(result);
    assertFound("problem", "eval: ", found.get("device"));
    assertTrue(found.get("device").get("remedy").getAsString().contains("--device cpu"));
    assertFalse(found.containsKey("model"), "it would fail in the same way");
  }

  @Test
  void aGpuThatIsNotThereIsAProblem() {
    Map<String, JsonObject> found = examine("--device", "gpu");
    assertFound("problem", "MLX finds no GPU on this machine", found.get("device"));
    assertFalse(found.containsKey("real time"));
    assertFound("warning", "CPU (", examine("--device", "cpu").get("device"));
  }

  @Test
  void withoutTheLibrariesTheRestIsStillLookedAt() throws Exception {
    List<String> command = new ArrayList<>(List.of("env", "HF_HUB_OFFLINE=1"));
    command.addAll(Cli.process(List.of("-Djava.library.path=" + folder), "doctor", "--json"));
    Cli.Result result = Cli.await(folder, command);
    Map<String, JsonObject> found = findings(result);
    assertEquals(
        List.of("java", "mlx", "codec", "cache", "disk", "token", "microphone", "loudspeaker"),
        List.copyOf(found.keySet()));
    assertFound("problem", "no libmlxc.so (MLX for C) in " + folder, found.get("mlx"));
    assertFound("problem", "libmoshimlx_mimi.so is in none of these", found.get("codec"));
    assertFound("ok", LOUDSPEAKER, found.get("loudspeaker"));
    assertFalse(found.get("mlx").get("remedy").getAsString().isEmpty());
  }
}
