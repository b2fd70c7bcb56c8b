package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.moshimlx.audio.SoundServer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "PulseAudio stands in for the devices on Linux only")
class DevicesTest {
  private SoundServer server;

  @BeforeEach
  void start() throws Exception {
    server = SoundServer.start();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  @Test
  void devicesAreListedForPeople() {
    assertEquals(
        """
        Inputs
          0  virtual [default]  (default)
        Outputs
          0  virtual [default]  (default)
        With the default output: echo cancellation on: the default loudspeaker's name is not known
        """,
        Cli.run("devices").succeeded().out());
  }

  @Test
  void whatTheDefaultStandsForIsNamed() {
    server.chooseLoudspeaker("AirPods Pro");
    assertEquals(
        """
        Outputs
          0  virtual [default]  (default: AirPods Pro)
        With the default output: echo cancellation off: 'AirPods Pro' is headphones
        """,
        Cli.run(server.environment(), "devices")
            .succeeded()
            .out()
            .replaceFirst("(?s).*(?=Outputs)", ""));
    JsonObject output =
        JsonParser.parseString(Cli.run(server.environment(), "devices", "--json").succeeded().out())
            .getAsJsonObject()
            .getAsJsonArray("outputs")
            .get(0)
            .getAsJsonObject();
    assertEquals("virtual [default]", output.get("name").getAsString());
    assertEquals("AirPods Pro", output.get("system_name").getAsString());
    assertEquals(false, output.get("echo_cancellation").getAsBoolean());
    assertEquals(
        "'AirPods Pro' is headphones", output.get("echo_cancellation_reason").getAsString());
  }

  @Test
  void devicesAreListedForScripts() {
    assertEquals(
        """
        {
          "inputs": [
            {
              "index": 0,
              "name": "virtual [default]",
              "default": true
            }
          ],
          "outputs": [
            {
              "index": 0,
              "name": "virtual [default]",
              "default": true,
              "echo_cancellation": true,
              "echo_cancellation_reason": "the default loudspeaker's name is not known"
            }
          ]
        }
        """,
        Cli.run("devices", "--json").succeeded().out());
  }

  @Test
  void aMachineWithoutDevicesHasNone() {
    server.kill();
    assertEquals("Inputs: none\nOutputs: none\n", Cli.run("devices").succeeded().out());
    assertEquals(
        "{\n  \"inputs\": [],\n  \"outputs\": []\n}\n",
        Cli.run("devices", "--json").succeeded().out());
  }

  @Test
  void aConversationWithoutDevicesNamesTheWayThroughFiles() {
    server.kill();
    Cli.run("run", "--model", Cli.DEMO)
        .failed(
            "this machine has no microphone that Java can see; connect one, or talk through files"
                + " with --input FILE");
  }
}
