package io.moshimlx.command;

import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import io.moshimlx.Variables;
import io.moshimlx.audio.AudioDevice;
import io.moshimlx.audio.AudioDevices;
import io.moshimlx.audio.AudioNotices;
import io.moshimlx.audio.AudioSink;
import io.moshimlx.audio.AudioSource;
import io.moshimlx.audio.Channel;
import io.moshimlx.audio.EchoChoice;
import io.moshimlx.audio.EchoPath;
import io.moshimlx.audio.Microphone;
import io.moshimlx.audio.Recorder;
import io.moshimlx.audio.RecordingSource;
import io.moshimlx.audio.SilenceAround;
import io.moshimlx.audio.Speaker;
import io.moshimlx.audio.SystemDefaults;
import io.moshimlx.audio.WavSink;
import io.moshimlx.checkpoint.ModelFiles;
import io.moshimlx.checkpoint.Sampling;
import io.moshimlx.dialogue.Dialogue;
import io.moshimlx.dialogue.Prompt;
import io.moshimlx.dialogue.Warnings;
import io.moshimlx.doctor.MemoryCheck;
import io.moshimlx.engine.LoadedModel;
import io.moshimlx.engine.ModelPool;
import io.moshimlx.event.EndReason;
import io.moshimlx.event.EventSink;
import io.moshimlx.event.EventWriter;
import io.moshimlx.event.SessionEvent;
import io.moshimlx.store.ModelPlan;
import io.moshimlx.store.ModelRequest;
import io.moshimlx.store.ModelStore;
import io.moshimlx.store.Voice;
import io.moshimlx.terminal.LiveKeys;
import io.moshimlx.terminal.SessionView;
import io.moshimlx.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code moshi-mlx run}: a conversation with Moshi, live or with a recording. */
@Command(
    name = "run",
    description = {
      "Moshi listens and speaks at the same time: through microphone and loudspeaker until Ctrl-C, "
          + "or, with --input, to a recording. The text of what it says (the inner monologue) is "
          + "printed on stdout as it is spoken."
    },
    header = "Talk with Moshi, or let it answer a recording.",
    customSynopsis = {
      "moshi-mlx run --model MODEL [--record WAV] [OPTIONS]",
      "moshi-mlx run --model MODEL --input FILE [--output WAV] [OPTIONS]",
      "moshi-mlx run --voice VOICE [OPTIONS]",
      "moshi-mlx run --quant " + ModelOptions.QUANT + " [OPTIONS]"
    },
    footer = {
      "  moshi-mlx run --quant q4",
      "  moshi-mlx run --voice moshika --record talk.wav",
      "  moshi-mlx run --model demo --input hello.wav --output reply.wav",
      "  moshi-mlx run --model ~/moshiko --input hello.wav --output reply.wav --tail 5",
      "  moshi-mlx run --model demo --input hello.wav --temp 0 --events -"
    })
final class RunCommand implements Callable<Integer> {
  /** Stdin or stdout in place of a file. */
  private static final String STANDARD = "-";

  private static final double MAX_SILENCE_SECONDS = 3600;

  @ParentCommand private MoshiMlx parent;
  @Spec private CommandSpec spec;

  /** The model that is asked for. */
  private ModelRequest request;

  @ArgGroup(validate = false, heading = "%nModel:%n", order = 1)
  private final ModelOptions model = new ModelOptions();

  @ArgGroup(validate = false, heading = "%nDevice:%n", order = 2)
  private final DeviceOption device = new DeviceOption();

  @ArgGroup(validate = false, heading = "%nDownloads:%n", order = 3)
  private final FetchOptions fetching = new FetchOptions();

  @ArgGroup(validate = false, heading = "%nInput and output:%n", order = 4)
  private final Streams streams = new Streams();

  @ArgGroup(validate = false, heading = "%nMicrophone and loudspeaker:%n", order = 5)
  private final LiveOptions live = new LiveOptions();

  @ArgGroup(validate = false, heading = "%nVoice and role:%n", order = 6)
  private final PersonaOptions persona = new PersonaOptions();

  @ArgGroup(validate = false, heading = "%nSampling:%n", order = 7)
  private final SamplingOptions sampling = new SamplingOptions();

  /** The input, the output and the events. */
  private static final class Streams {
    @Option(
        names = "--input",
        paramLabel = "FILE|-",
        description = {
          "Answer a recording.",
          "The recording takes the place of the microphone: WAV, AIFF, CAF, FLAC, MP3, M4A (AAC, "
              + "ALAC), Ogg or WebM (Vorbis, Opus), of any sample rate and number of channels. "
              + "'-' reads stdin; what is not WAV is kept in a temporary file, up to 1 GiB."
        })
    private Path input;

    @Option(
        names = "--channel",
        paramLabel = "left|right|N|mix",
        converter = ChannelConverter.class,
        description = {
          "Channel of the input to hear.",
          "Numbers start at 1. The default, mix, is the mean of all channels."
        })
    private Channel channel = Channel.MIX;

    @Option(
        names = "--output",
        paramLabel = "WAV|-",
        description = {
          "Write Moshi's voice to a WAV file.",
          "24 kHz, mono, 16 bits, aligned with the input and the silence of --lead and --tail; "
              + "silent while the model's delays fill. '-' writes to stdout, instead of the text. "
              + "Without this option only the text is printed."
        })
    private Path output;

    @Option(
        names = "--lead",
        paramLabel = "SECONDS",
        description = {
          "Add silence before the input.",
          "It keeps a greeting from talking over the input, and is part of the output (default: 0)."
        })
    private double lead;

    @Option(
        names = "--tail",
        paramLabel = "SECONDS",
        description = {
          "Add silence after the input.",
          "It gives the answer time to end (default: 0)."
        })
    private double tail;

    @Option(
        names = "--events",
        paramLabel = "FILE|-",
        description = {
          "Write events as JSON lines.",
          "One JSON object a line for each frame and warning; docs/events.md describes them. '-' "
              + "writes to stdout, instead of the text."
        })
    private String events;

    /** The recording, with the chosen channel and the silence around it. */
    AudioSource source(AudioNotices notices) {
      RecordingSource source =
          isStandard(input)
              ? RecordingSource.ofStdin(System.in, channel, notices)
              : RecordingSource.open(input, channel, notices);
      return new SilenceAround(source, frames(lead), frames(tail));
    }

    private static long frames(double seconds) {
      return Math.round(Math.ceil(seconds * AudioSource.SAMPLE_RATE / AudioSource.FRAME_SAMPLES));
    }

    AudioSink sink(Terminal terminal) {
      if (output == null) {
        return AudioSink.NONE;
      }
      return isStandard(output) ? WavSink.toStdout(terminal.out()) : WavSink.create(output);
    }
  }

  private static final class ChannelConverter implements ITypeConverter<Channel> {
    @Override
    public Channel convert(String value) {
      return switch (value) {
        case "mix" -> Channel.MIX;
        case "left" -> Channel.LEFT;
        case "right" -> Channel.RIGHT;
        case String number when number.matches("[1-9][0-9]{0,3}") ->
            new Channel(Integer.parseInt(number));
        default ->
            throw new TypeConversionException(
                "'%s' is none of left, right, mix and the numbers from 1 on".formatted(value));
      };
    }
  }

  @Override
  public Integer call() {
    request = model.request(new Variables(parent.environment()), spec);
    checkUsage();
    device.choose();
    ModelPreparation preparation =
        new ModelPreparation(parent.terminal(), new ModelStore(parent.environment()));
    // Before interrupts are watched, so that Ctrl-C ends the process at a question.
    ModelPlan plan = preparation.agreed(request, fetching);
    try (Interrupts interrupts = Interrupts.watch()) {
      if (!preparation.carryOut(plan, interrupts::raised)) {
        return ExitStatus.INTERRUPTED;
      }
      ModelFiles files = plan.files();
      MemoryCheck.warning(name(), files, model.dtype())
          .ifPresent(warning -> parent.terminal().err().println("moshi-mlx: " + warning));
      EndReason reason =
          streams.input == null ? talk(files, interrupts) : answer(files, interrupts);
      // The end by a key is no interruption.
      return reason == EndReason.INTERRUPTED && interrupts.raised()
          ? ExitStatus.INTERRUPTED
          : ExitStatus.DONE;
    }
  }

  /** Holds a conversation through the devices. */
  private EndReason talk(ModelFiles files, Interrupts interrupts) {
    AudioDevice input = AudioDevices.input(live.inputDevice(), parent.environment());
    AudioDevice output = AudioDevices.output(live.outputDevice(), parent.environment());
    // The system is asked while the model is loaded.
    CompletableFuture<SystemDefaults> defaults = SystemDefaults.asking(parent.environment());
    Warnings warnings = new Warnings();
    try (EchoPath echo = new EchoPath();
        Recorder recorder = live.recording() == null ? null : Recorder.create(live.recording());
        Microphone microphone = Microphone.open(input, echo, warnings);
        Speaker speaker = Speaker.open(output, echo, warnings);
        LiveKeys keys = LiveKeys.open(parent.terminal(), microphone);
        SessionView view = SessionView.live(parent.terminal(), showsText(), microphone, keys)) {
      AudioSource source = live.limited(microphone);
      return converse(
          () -> {
            SystemDefaults known = defaults.join();
            EchoChoice choice = live.echo(output, known);
            echo.enable(choice.on());
            return start(files)
                .live(known.nameOf(input), known.nameOf(output), choice.on(), choice.why());
          },
          files,
          source,
          speaker,
          Optional.ofNullable(recorder),
          warnings,
          view,
          () -> interrupts.raised() || keys.quit());
    }
  }

  /** Answers a recording, and writes the answer to a file if that is asked for. */
  private EndReason answer(ModelFiles files, Interrupts interrupts) {
    Warnings warnings = new Warnings();
    try (AudioSource source = streams.source(warnings)) {
      AudioSink sink = streams.sink(parent.terminal());
      try (SessionView view =
          SessionView.ofRecording(parent.terminal(), showsText(), source.totalFrames())) {
        EndReason reason =
            converse(
                () -> start(files),
                files,
                source,
                sink,
                Optional.empty(),
                warnings,
                view,
                interrupts::raised);
        if (reason != EndReason.INTERRUPTED) {
          sink.close();
        }
        return reason;
      } finally {
        sink.discard();
      }
    }
  }

  /**
   * Loads the model and runs the session.
   *
   * @param start makes the first event, once the model is loaded
   */
  private EndReason converse(
      Supplier<SessionEvent> start,
      ModelFiles files,
      AudioSource source,
      AudioSink sink,
      Optional<Recorder> recorder,
      Warnings warnings,
      SessionView view,
      BooleanSupplier stopped) {
    Optional<Prompt> prompt = persona.prompt(files, request.voice(), new Given(spec), warnings);
    PersonaOptions.voiceless(files, request.voice()).ifPresent(warnings::voiceless);
    List<EventSink> sinks = new ArrayList<>();
    try (EventWriter writer = writer(parent.terminal())) {
      if (writer != null) {
        sinks.add(writer);
      }
      sinks.add(view);
      view.preparing("loading " + name());
      Sampling.Defaults usual = files.sampling();
      Dialogue.Options options =
          new Dialogue.Options(
              sampling.audio(usual.audio()),
              sampling.text(usual.text()),
              sampling.bias(),
              sampling.cfgCoef(usual.cfgCoef()),
              sampling.seed());
      Dialogue.check(files, options);
      try (ModelPool pool = ModelPool.unlimited();
          LoadedModel loaded = pool.open(files, model.dtype())) {
        Dialogue.warmUp(loaded, options);
        try (Dialogue dialogue = Dialogue.open(loaded, options)) {
          prompt.ifPresent(p -> prompt(dialogue, p, view.prompting(stopped)));
          return dialogue.run(
              start.get(),
              dialogue.hearing(source),
              dialogue.speaking(sink, recorder),
              warnings,
              EventSink.all(sinks),
              stopped);
        }
      }
    }
  }

  private static void prompt(Dialogue dialogue, Prompt prompt, Progress progress) {
    try {
      dialogue.prompt(prompt, progress);
    } catch (CancelledException e) {
      // Who stops it there, stops the session before its first frame.
    }
  }

  private String name() {
    return request.name().orElseThrow();
  }

  private SessionEvent start(ModelFiles files) {
    return new SessionEvent(
        name(),
        files.storedAs(),
        request.voice().map(Voice::name).orElse(null),
        sampling.seed(),
        AudioSource.SAMPLE_RATE,
        AudioSource.FRAME_SAMPLES);
  }

  private EventWriter writer(Terminal terminal) {
    if (streams.events == null) {
      return null;
    }
    return streams.events.equals(STANDARD)
        ? EventWriter.to(terminal.out(), "stdout")
        : EventWriter.create(Path.of(streams.events));
  }

  /** Whether the text goes to stdout, which carries one thing only. */
  private boolean showsText() {
    return !STANDARD.equals(streams.events) && !isStdout(streams.output);
  }

  private void checkUsage() {
    Given given = new Given(spec);
    List<String> faults = new ArrayList<>();
    if (request.name().isEmpty()) {
      faults.add(
          "--model or --voice is missing; see 'moshi-mlx models' and 'moshi-mlx voices', or use "
              + "--model demo");
    }
    if (streams.input == null && given.typed("--output")) {
      faults.add("--output goes with --input; a live conversation is recorded with --record");
    }
    if (streams.input == null && given.typed("--tail") && streams.tail > 0) {
      faults.add("--tail goes with --input");
    }
    if (streams.input == null && given.typed("--lead") && streams.lead > 0) {
      faults.add("--lead goes with --input");
    }
    if (streams.input == null && given.typed("--channel")) {
      faults.add("--channel goes with --input");
    }
    if (isStandard(streams.input) && parent.terminal().keyboard().isPresent()) {
      faults.add("--input - reads stdin, which is the keyboard; pipe a recording into it");
    }
    if (isStandard(live.recording())) {
      faults.add("--record needs a file, because its header is rewritten during the conversation");
    }
    faults.addAll(live.faults(streams.input == null, given));
    checkSilence(faults, "--lead", streams.lead);
    checkSilence(faults, "--tail", streams.tail);
    sampling.prefer(given);
    faults.addAll(persona.faults());
    faults.addAll(sampling.faults(given));
    Path eventFile =
        streams.events == null || streams.events.equals(STANDARD) ? null : Path.of(streams.events);
    if (same(streams.input, streams.output)) {
      faults.add("--input and --output are the same file");
    }
    if (same(streams.input, eventFile)) {
      faults.add("--input and --events are the same file");
    }
    if (same(live.recording(), eventFile)) {
      faults.add("--record and --events are the same file");
    }
    if (same(streams.output, eventFile)
        || (isStdout(streams.output) && STANDARD.equals(streams.events))) {
      faults.add("--output and --events go to the same place");
    }
    if (!faults.isEmpty()) {
      throw new ParameterException(spec.commandLine(), faults.getFirst());
    }
  }

  private static void checkSilence(List<String> faults, String option, double seconds) {
    if (!(seconds >= 0 && seconds <= MAX_SILENCE_SECONDS)) {
      faults.add("%s must be from 0 to %.0f seconds".formatted(option, MAX_SILENCE_SECONDS));
    }
  }

  private static boolean isStandard(Path path) {
    return path != null && path.toString().equals(STANDARD);
  }

  private static boolean isStdout(Path path) {
    return path != null
        && List.of(STANDARD, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
            .contains(path.toString());
  }

  private static boolean same(Path one, Path other) {
    if (one == null || other == null || isStandard(one) || isStandard(other) || isDevice(one)) {
      return false;
    }
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      // One of them does not exist yet.
      return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }
  }

  private static boolean isDevice(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path);
  }
}
