package io.moshimlx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
        """,
        Cli.run("devices").succeeded().out());
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
              "default": true
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
