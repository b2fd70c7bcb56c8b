package io.moshimlx.audio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.moshimlx.OnMac;
import io.moshimlx.audio.AudioDevice.Direction;
import io.moshimlx.audio.SystemDevice.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What "default" stands for, as the tools of the system print it. */
class SystemDefaultsTest {
  private static final long PATIENCE_MILLIS = 20_000;

  private static final AudioDevice MAC_OUTPUT =
      new AudioDevice(Direction.OUTPUT, 0, "Default Audio Device", true);

  /** The report of a MacBook with a screen, whose default output has been exchanged. */
  private static final String AUDIO =
      """
      {
        "SPAudioDataType" : [
          {
            "_items" : [
              {
                "_name" : "LG HDR WQHD",
                "_properties" : "coreaudio_default_audio_system_device",
                "coreaudio_default_audio_system_device" : "spaudio_yes",
                "coreaudio_device_manufacturer" : "GSM",
                "coreaudio_device_output" : 2,
                "coreaudio_device_srate" : 48000,
                "coreaudio_device_transport" : "coreaudio_device_type_displayport",
                "coreaudio_output_source" : "spaudio_default"
              },
              {
                "_name" : "MacBook Pro Microphone",
                "coreaudio_default_audio_input_device" : "spaudio_yes",
                "coreaudio_device_input" : 1,
                "coreaudio_device_manufacturer" : "Apple Inc.",
                "coreaudio_device_srate" : 48000,
                "coreaudio_device_transport" : "coreaudio_device_type_builtin",
                "coreaudio_input_source" : "MacBook Pro Microphone"
              },
              {
                "_name" : "%s",
                "coreaudio_default_audio_output_device" : "spaudio_yes",
                "coreaudio_device_manufacturer" : "Apple Inc.",
                "coreaudio_device_output" : 2,
                "coreaudio_device_srate" : 48000,
                "coreaudio_device_transport" : "coreaudio_device_type_%s",
                "coreaudio_output_source" : "%s"
              }
            ],
            "_name" : "coreaudio_device"
          }
        ]
      }
      """;

  private static final String BLUETOOTH =
      """
      {
        "SPBluetoothDataType" : [
          {
            "controller_properties" : {
              "controller_state" : "attrib_on",
              "controller_transport" : "PCIe"
            },
            "device_connected" : [
              { "Magic Keyboard" : { "device_minorType" : "Keyboard" } },
              { "Zoë’s ♥" : { "device_batteryLevelLeft" : "85%", "device_minorType" : "Headphones" } },
              { "AirPods of the kitchen" : { "device_minorType" : "Speaker" } },
              { "Plain" : { "device_vendorID" : "0x004C" } }
            ],
            "device_not_connected" : [
              { "Old" : { "device_minorType" : "Headphones" } }
            ]
          }
        ]
      }
      """;

  private static final String SINKS =
      """
      Sink #0
      	State: SUSPENDED
      	Name: alsa_output.hdmi
      	Description: HDMI / DisplayPort
      	Properties:
      		device.description = "HDMI / DisplayPort"
      	Ports:
      		hdmi-output-0: HDMI / DisplayPort (type: HDMI, priority: 5900, not available)
      	Active Port: hdmi-output-0

      Sink #7
      	State: RUNNING
      	Name: %s
      	Description: Eingebautes Gerät
      	Driver: module-alsa-card.c
      	Properties:
      		device.description = "Eingebautes Gerät"
      		device.form_factor = "%s"
      	Ports:
      		analog-output-speaker: Speakers (type: Speaker, priority: 10000)
      		analog-output-headphones: Headphones (type: Headphones, priority: 9900)
      	Active Port: %s
      	Formats:
      		pcm
      """;

  private static final String SOURCES =
      """
      Source #1
      	Name: usb.mono
      	Description: Blue Yeti
      """;

  @TempDir private Path folder;
  private FakeTools tools;

  @BeforeEach
  void noTools() {
    tools = new FakeTools(folder);
  }

  private SystemDefaults ask() {
    return SystemDefaults.ask(tools.environment(), PATIENCE_MILLIS);
  }

  private SystemDefaults mac(String audio, String bluetooth) throws IOException {
    tools.printing(
        "system_profiler",
        Map.of("-json SPAudioDataType", audio, "-json SPBluetoothDataType", bluetooth));
    try (OnMac _ = new OnMac()) {
      return ask();
    }
  }

  private void assertMacOutput(Kind kind, String name, String transport, String source)
      throws IOException {
    assertEquals(
        Optional.of(new SystemDevice(name, kind)),
        mac(AUDIO.formatted(name, transport, source), BLUETOOTH).output());
  }

  @Test
  void aMacNamesItsDefaultDevices() throws Exception {
    SystemDefaults found =
        mac(AUDIO.formatted("MacBook Pro Speakers", "builtin", "MacBook Pro Speakers"), BLUETOOTH);
    assertEquals(
        Optional.of(new SystemDevice("MacBook Pro Microphone", Kind.UNKNOWN)), found.input());
    assertEquals(
        Optional.of(new SystemDevice("MacBook Pro Speakers", Kind.LOUDSPEAKER)), found.output());
    assertEquals("MacBook Pro Speakers", found.nameOf(MAC_OUTPUT));
    assertEquals(
        "LG HDR WQHD",
        found.nameOf(new AudioDevice(Direction.OUTPUT, 2, "LG HDR WQHD", false)),
        "a device that stands for itself");
  }

  @Test
  void aMacSaysWhatKindOfOutputItIs() throws Exception {
    assertMacOutput(Kind.HEADPHONES, "External Headphones", "builtin", "External Headphones");
    assertMacOutput(Kind.HEADPHONES, "Built-in Output", "builtin", "Headphones");
    assertMacOutput(Kind.LOUDSPEAKER, "LG", "displayport", "spaudio_default");
    assertMacOutput(Kind.HEADPHONES, "Anna’s AirPods Pro", "bluetooth", "spaudio_default");
    assertMacOutput(Kind.UNKNOWN, "INZONE H3", "usb", "spaudio_default");
  }

  @Test
  void headphonesThatWereRenamedAreKnownByTheBluetoothReport() throws Exception {
    assertMacOutput(Kind.HEADPHONES, "Zoë’s ♥", "bluetooth", "spaudio_default");
    assertMacOutput(Kind.UNKNOWN, "Plain", "bluetooth", "spaudio_default");
    assertMacOutput(Kind.UNKNOWN, "Old", "bluetooth", "spaudio_default");
    assertMacOutput(Kind.UNKNOWN, "Magic Keyboard", "bluetooth", "spaudio_default");
  }

  @Test
  void whatAMacDoesNotSayIsNotKnown() throws Exception {
    for (String report :
        new String[] {
          "",
          "no JSON",
          "[]",
          "{}",
          "{\"SPAudioDataType\" : 3}",
          "{\"SPAudioDataType\" : [null, {\"_items\" : [null, {}]}]}"
        }) {
      assertEquals(SystemDefaults.UNKNOWN, mac(report, ""), report);
    }
    assertEquals(
        Optional.of(new SystemDevice("X", Kind.UNKNOWN)),
        mac(AUDIO.formatted("X", "bluetooth", "spaudio_default"), "{\"SPBluetoothDataType\":[{}]}")
            .output());
    tools.tool("system_profiler", "exit 1");
    try (OnMac _ = new OnMac()) {
      assertEquals(SystemDefaults.UNKNOWN, ask());
    }
  }

  @Test
  void aToolThatIsNotThereOrHangsLeavesTheNameUnknown() throws Exception {
    tools.socket("pulse/native");
    assertEquals(SystemDefaults.UNKNOWN, ask());
    tools.tool("pactl", "PATH=/usr/bin:/bin\nsleep 600");
    assertEquals(SystemDefaults.UNKNOWN, SystemDefaults.ask(tools.environment(), 200));
  }

  private SystemDefaults pulse(String sinks) throws IOException {
    String info =
        """
        Server Name: PulseAudio (on PipeWire 1.0.5)
        Default Sink: speaker
        Default Source: usb.mono
        Cookie: d55b:9d93
        """;
    tools.printing("pactl", Map.of("info", info, "list sinks", sinks, "list sources", SOURCES));
    return ask();
  }

  private void assertPulseOutput(Kind kind, String formFactor, String port) throws IOException {
    assertEquals(
        Optional.of(new SystemDevice("Eingebautes Gerät", kind)),
        pulse(SINKS.formatted("speaker", formFactor, port)).output());
  }

  @Test
  void pulseAudioNamesItsDefaultsAndThePortInUse() throws Exception {
    tools.socket("pulse/native");
    assertPulseOutput(Kind.LOUDSPEAKER, "internal", "analog-output-speaker");
    assertPulseOutput(Kind.HEADPHONES, "internal", "analog-output-headphones");
    assertPulseOutput(Kind.HEADPHONES, "headset", "analog-output");
    assertPulseOutput(Kind.UNKNOWN, "internal", "analog-output");
    assertEquals(Optional.of(new SystemDevice("Blue Yeti", Kind.UNKNOWN)), ask().input());
    assertEquals(Optional.empty(), pulse(SINKS.formatted("other", "x", "y")).output());
  }

  @Test
  void pulseAudioIsNotStartedToBeAsked() throws Exception {
    Path asked = folder.resolve("asked");
    tools.tool("pactl", "echo >'" + asked + "'");
    assertEquals(SystemDefaults.UNKNOWN, ask());
    assertEquals(false, asked.toFile().exists());
  }

  @Test
  void pipeWireIsAskedWhereThereIsNoPactl() throws Exception {
    String node =
        """
        id 58, type PipeWire:Interface:Node
            device.api = "bluez5"
            device.form-factor = "headset"
          * media.class = "Audio/Sink"
          * node.description = "Zoë's ♥"
          * node.name = "bluez_output.00_11_22_33_44_55.1"
        """;
    tools
        .socket("pipewire-0")
        .printing(
            "wpctl",
            Map.of(
                "inspect @DEFAULT_AUDIO_SINK@",
                node,
                "inspect @DEFAULT_AUDIO_SOURCE@",
                "  * node.description = \"Blue Yeti\"\n"));
    SystemDefaults found = ask();
    assertEquals(Optional.of(new SystemDevice("Zoë's ♥", Kind.HEADPHONES)), found.output());
    assertEquals(Optional.of(new SystemDevice("Blue Yeti", Kind.UNKNOWN)), found.input());
  }
}
