package io.moshimlx.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.moshimlx.CancelledException;
import io.moshimlx.ProcessLock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against a hub that does what real ones do, good and bad. */
class HubTest {
  static final Revision REPO = Revision.main(new RepoId("org", "name"));
  private static final String FILE = "model.q4.safetensors";
  private static final int BLOCK = 1 << 16;
  static final Patience PATIENCE =
      new Patience(
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofMillis(1),
          Duration.ofSeconds(2),
          4);

  @TempDir Path folder;
  private FakeHub server;
  private Map<String, String> environment;
  private byte[] content;
  private String sha;

  @BeforeEach
  void start() throws IOException {
    server = FakeHub.start();
    environment = server.environment(folder);
    content = new byte[1_000_000];
    new Random(1).nextBytes(content);
    sha = server.putLarge(REPO.toString(), FILE, content);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Hub hub() {
    return hub(PATIENCE);
  }

  private Hub hub(Patience patience) {
    return new Hub(HubSettings.of(environment), patience);
  }

  private static Path fetch(Hub hub, String file, Progress monitor) {
    RemoteFile remote = hub.look(REPO, file, monitor).orElseThrow();
    hub.fetch(REPO, List.of(remote), monitor);
    return hub.folder(REPO).orElseThrow().resolve(file);
  }

  private Path fetch() {
    return fetch(hub(), FILE, Progress.NONE);
  }

  private void fetched(Path file) throws IOException {
    assertArrayEquals(content, Files.readAllBytes(file));
    assertFalse(Files.exists(partial()), "nothing half-written is left");
  }

  private Path repository() {
    return folder.resolve("hub/models--org--name");
  }

  private Path partial() {
    return repository().resolve("blobs/" + sha + ".moshi-mlx.partial");
  }

  private void refused(String... parts) {
    refused(hub(), parts);
  }

  private static void refused(Hub hub, String... parts) {
    String message =
        assertThrows(UserException.class, () -> fetch(hub, FILE, Progress.NONE)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
    }
  }

  /** Stops when a condition holds for the bytes that are here; remembers what it is told. */
  private static final class Monitor implements Progress {
    private final LongPredicate stop;
    private final List<String> notes = new ArrayList<>();
    private volatile long done;

    Monitor(LongPredicate stop) {
      this.stop = stop;
    }

    @Override
    public void at(String file, long bytes, long total) {
      assertTrue(bytes > done && (bytes <= total || total < 0));
      done = bytes;
    }

    @Override
    public void note(String what) {
      notes.add(what);
    }

    @Override
    public boolean cancelled() {
      return stop.test(done);
    }
  }

  @Test
  void theLayoutIsThatOfTheSharedCache() throws IOException {
    String small = server.putSmall(REPO.toString(), "voices/a.txt", new byte[] {1, 2});
    String commit = server.commit(REPO.toString());
    Hub hub = hub();
    List<RemoteFile> files =
        List.of(
            hub.look(REPO, FILE, Progress.NONE).orElseThrow(),
            hub.look(REPO, "voices/a.txt", Progress.NONE).orElseThrow());
    hub.fetch(REPO, files, Progress.NONE);

    assertEquals(commit, Files.readString(repository().resolve("refs/main")));
    Path snapshot = repository().resolve("snapshots").resolve(commit);
    assertEquals(snapshot, hub.folder(REPO).orElseThrow());
    assertEquals(Path.of("../../blobs", sha), Files.readSymbolicLink(snapshot.resolve(FILE)));
    assertEquals(
        Path.of("../../../blobs", small), Files.readSymbolicLink(snapshot.resolve("voices/a.txt")));
    assertArrayEquals(content, Files.readAllBytes(repository().resolve("blobs").resolve(sha)));
    fetched(snapshot.resolve(FILE));
  }

  @Test
  void whatIsHereIsNotFetchedAgain() throws IOException {
    fetch();
    fetched(fetch());
    assertEquals(1, server.transfers().size());
    assertEquals(0, hub().bytesMissing(List.of(look())));
  }

  private RemoteFile look() {
    return hub().look(REPO, FILE, Progress.NONE).orElseThrow();
  }

  @Test
  void theContentOfAnOlderRevisionServesTheNewOne() throws IOException {
    fetch();
    server.putSmall(REPO.toString(), "README.md", new byte[1]);
    fetched(fetch());
    assertEquals(1, server.transfers().size());
    assertEquals(
        server.commit(REPO.toString()), Files.readString(repository().resolve("refs/main")));
  }

  @Test
  void theTokenIsForTheHubAlone() throws IOException {
    environment.put("HF_TOKEN", "secret");
    server.putSmall(REPO.toString(), "config.json", new byte[2]);
    fetch(hub(), "config.json", Progress.NONE);
    fetch();
    assertTrue(server.requests().stream().anyMatch(r -> r.path().startsWith("/small/")));
    for (FakeHub.Request request : server.requests()) {
      if (request.toContentHost()) {
        assertNull(request.token(), request.toString());
      } else {
        assertEquals("Bearer secret", request.token(), request.toString());
      }
    }
    assertFalse(server.transfers().isEmpty());
  }

  @Test
  void aTokenThatCannotBeSentIsNotShown() throws IOException {
    Files.writeString(folder.resolve("token"), "secret\nlines");
    String message = assertThrows(UserException.class, this::fetch).getMessage();
    assertTrue(message.contains(folder.resolve("token").toString()), message);
    assertFalse(message.contains("secret"), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void aConnectionThatIsCutGoesOnWhereItWas(int seed) throws IOException {
    Random random = new Random(seed);
    List<Long> cuts = new ArrayList<>();
    server.cut(length -> {
      // The last cut comes soon enough, for at least this much comes each time.
      long bytes = 100_000L + random.nextInt(200_000);
      cuts.add(bytes);
      return bytes;
    });
    fetched(fetch());
    long reached = 0;
    for (int i = 0; i < server.transfers().size(); i++) {
      long from = server.transfers().get(i).from();
      assertTrue(from <= reached && from >= reached - 2L * BLOCK, from + " after " + reached);
      reached = from + cuts.get(i);
    }
    assertTrue(server.transfers().size() >= 4);
  }

  @Test
  void aHubThatIsCutOffAtOnceIsGivenUpAndWhatIsHereIsKept() throws IOException {
    server.cut(length -> length == content.length ? 300_000 : 0);
    refused(FILE, "broke off at", "is kept", "run the same command again");
    long here = Files.size(partial());
    assertTrue(here > 0 && here <= 300_000, here + " bytes");
    server.cut(length -> length);
    int before = server.transfers().size();
    fetched(fetch());
    assertEquals(here, server.transfers().get(before).from());
  }

  @Test
  void aHostThatIgnoresTheRangeIsStartedOver() throws IOException {
    server.ignoreRange();
    server.cut(length -> server.transfers().size() == 1 ? 400_000 : length);
    fetched(fetch());
    assertEquals(2, server.transfers().size());
  }

  @Test
  void aTrickleArrives() throws IOException {
    content = new byte[350];
    sha = server.putLarge(REPO.toString(), FILE, content);
    server.trickle();
    fetched(fetch());
  }

  @Test
  void aConnectionThatBringsNothingIsReplaced() throws IOException {
    server.holdAfter(500_000);
    Monitor monitor =
        new Monitor(done -> {
          if (heldAgain()) {
            server.release();
          }
          return false;
        });
    Patience hasty =
        new Patience(
            PATIENCE.answer(),
            Duration.ofMillis(300),
            PATIENCE.backOff(),
            PATIENCE.longestWait(),
            4);
    fetched(fetch(hub(hasty), FILE, monitor));
    assertTrue(monitor.notes.getFirst().contains("nothing came for"), monitor.notes.toString());
  }

  /** Whether a transfer has begun where the server holds. */
  private boolean heldAgain() {
    return server.transfers().stream().anyMatch(transfer -> transfer.from() == 500_000);
  }

  @Test
  void aUserMayStopIt() throws IOException {
    server.holdAfter(500_000);
    Monitor monitor = new Monitor(done -> done == 500_000);
    assertThrows(CancelledException.class, () -> fetch(hub(), FILE, monitor));
    assertEquals(500_000, Files.size(partial()));
    server.release();
    assertEquals(500_000, hub().bytesMissing(List.of(look())));
    fetched(fetch());
    assertEquals(500_000, server.transfers().getLast().from());
  }

  @Test
  void whatIsDamagedIsSetAside() throws IOException {
    server.spoil(true);
    Path corrupt = repository().resolve("blobs/" + sha + ".moshi-mlx.corrupt");
    refused(FILE, "came damaged", sha, corrupt.toString(), "run the same command again");
    assertEquals(content.length, Files.size(corrupt));
    assertFalse(Files.exists(repository().resolve("blobs").resolve(sha)));
    assertFalse(hub().has(REPO, FILE));
    server.spoil(false);
    fetched(fetch());
  }

  @Test
  void whatAFormerRunLeftIsCheckedToo() throws IOException {
    Files.createDirectories(partial().getParent());
    byte[] wrong = new byte[300_000];
    Files.write(partial(), wrong);
    refused("came damaged");
    assertEquals(300_000, server.transfers().getFirst().from());
    Files.write(partial(), content);
    int before = server.transfers().size();
    fetched(fetch());
    assertEquals(before, server.transfers().size(), "all of it was here");
    Files.delete(repository().resolve("blobs").resolve(sha));
    Files.write(partial(), new byte[content.length + 1]);
    fetched(fetch());
  }

  @Test
  void gatedRepositoriesSayWhatToDo() {
    server.gate(REPO.toString(), "right");
    String page = server.endpoint() + "/org/name";
    refused(
        "org/name is gated",
        "accept its conditions at " + page + ",",
        server.endpoint() + "/settings/tokens",
        "HF_TOKEN",
        folder.resolve("token").toString());
    environment.put("HF_TOKEN", "wrong");
    refused(
        "is gated; accept its conditions at "
            + page
            + " with the account of the token of HF_TOKEN");
    environment.put("HF_TOKEN", "right");
    assertTrue(Files.exists(fetch()));
  }

  private void refusedWith(String message, String... expected) {
    server.refuse(false, 403, 1, "X-Error-Code", "GatedRepo", "X-Error-Message", message);
    refused(expected);
  }

  /** The words are the hub's. */
  @Test
  void whatATokenLacksIsToldApart() {
    environment.put("HF_TOKEN", "right");
    String page = server.endpoint() + "/org/name";
    refusedWith(
        "Access to model org/name is restricted. Please enable access to public gated repositories "
            + "in your fine-grained token settings to view this repository.",
        "the token of HF_TOKEN lacks the right to open org/name; give it 'Read access to contents of "
            + "all public gated repos you can access' at "
            + server.endpoint()
            + "/settings/tokens");
    refusedWith(
        "Access to model org/name is restricted and you are not in the authorized list. Visit "
            + page
            + " to ask for access.",
        "org/name is gated; accept its conditions at " + page + " with the account of the token");
    refusedWith(
        "Your request to access model org/name is awaiting a review from the repo authors.",
        "your request for org/name waits for its authors; see " + page);
    refusedWith(
        "Your request to access model org/name has been rejected by the repo's authors.",
        "the authors of org/name have rejected your request; see " + page);
    refusedWith("Access to this resource is disabled.", "the hub has disabled org/name");
  }

  @ParameterizedTest
  @CsvSource({
    "X-Other, x",
    "X-Error-Message, Invalid credentials in Authorization header",
    "X-Error-Code, RepoNotFound"
  })
  void aTokenThatIsNotValidDoesNotKeepFromWhatIsOpen(String header, String value)
      throws IOException {
    environment.put("HF_TOKEN", "expired");
    server.refuseTokens(header, value);
    Monitor monitor = new Monitor(_ -> false);
    fetched(fetch(hub(), FILE, monitor));
    assertEquals(
        List.of(
            "the token of HF_TOKEN is not valid, or no longer; going on without it (make a new one at "
                + server.endpoint()
                + "/settings/tokens, or remove it)"),
        monitor.notes);
    assertEquals(1, server.requests().stream().filter(r -> r.token() != null).count());
  }

  @Test
  void aTokenThatIsNotValidIsNamedWhereItIsNeeded() throws IOException {
    server.refuseTokens("X-Error-Code", "RepoNotFound", "X-Error-Message", "Invalid credentials");
    server.gate(REPO.toString(), "right");
    Files.writeString(folder.resolve("token"), "expired");
    String tokens = server.endpoint() + "/settings/tokens";
    refused(
        "the token of %s is not valid, or no longer, and org/name does not open without one; make a new one at %s"
            .formatted(folder.resolve("token"), tokens));
    Revision unknown = Revision.main(new RepoId("org", "other"));
    String message =
        assertThrows(UserException.class, () -> hub().look(unknown, FILE, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("is not valid, or no longer"), message);
    assertTrue(message.contains("there is no repository org/other"), message);
    assertFalse(message.contains("expired"), message);
  }

  @Test
  void aHubMaySendToAnotherWhichDoesNotGetTheToken() throws IOException {
    environment.put("HF_TOKEN", "secret");
    server.putSmall(REPO.toString(), "config.json", new byte[2]);
    try (FakeHub mirror = FakeHub.start()) {
      mirror.moveTo(server.endpoint());
      environment.put("HF_ENDPOINT", mirror.endpoint());
      fetched(fetch());
      fetch(hub(), "config.json", Progress.NONE);
      assertTrue(hub().look(REPO, "none", Progress.NONE).isEmpty());
      assertTrue(server.requests().stream().allMatch(request -> request.token() == null));
      assertTrue(mirror.requests().stream().allMatch(r -> "Bearer secret".equals(r.token())));

      server.gate(REPO.toString(), "secret");
      refused(
          "org/name is gated, and %s sends to %s, which is not given your token; set HF_ENDPOINT"
              .formatted(mirror.endpoint(), server.endpoint()));
    }
  }

  @Test
  void whereAHubSendsToIsNamed() throws IOException {
    String hub = server.endpoint();
    int closed = closedPort();
    server.moveTo("http://127.0.0.1:" + closed);
    refused(
        "127.0.0.1:%s (where %s sends to) cannot be reached: no connection".formatted(closed, hub));
    try (FakeHub page = FakeHub.start()) {
      server.moveTo(page.endpoint());
      for (int status : new int[] {200, 403, 404}) {
        page.refuse(false, status, 1);
        refused(
            "%s/org/name/resolve/main/%s sends to %s/org/name"
                .formatted(hub, FILE, page.endpoint()),
            "which does not answer as a hub does (status " + status + "); check HF_ENDPOINT");
      }
    }
  }

  @Test
  void sizesThatTheHubHidesAreNoneThatAreHere() throws IOException {
    server.hideSizes();
    assertTrue(hub().missesUnknown(List.of(look())));
    fetched(fetch());
    assertFalse(hub().missesUnknown(List.of(look())));
  }

  @Test
  void aRevisionIsABranchATagOrACommit() throws IOException {
    String tagged = server.commit(REPO.toString());
    server.tag(REPO.toString(), "v1");
    server.tag(REPO.toString(), "feature/a+b");
    byte[] old = content;
    content = new byte[] {1, 2, 3};
    server.putLarge(REPO.toString(), FILE, content);
    for (String name : List.of("v1", "feature/a+b", tagged)) {
      Revision revision = new Revision(REPO.repository(), name);
      Hub hub = hub();
      hub.fetch(
          revision, List.of(hub.look(revision, FILE, Progress.NONE).orElseThrow()), Progress.NONE);
      assertTrue(hub().has(revision, FILE));
      assertArrayEquals(old, Files.readAllBytes(hub.folder(revision).orElseThrow().resolve(FILE)));
    }
    assertFalse(hub().has(REPO, FILE));
    assertEquals(tagged, Files.readString(repository().resolve("refs/feature/a+b")));
    assertFalse(Files.exists(repository().resolve("refs").resolve(tagged)));
    assertArrayEquals(content, Files.readAllBytes(fetch()));

    String newest = server.commit(REPO.toString());
    assertEquals(
        List.of(tagged, newest).stream().sorted().toList(),
        hub().remove(new Revision(REPO.repository(), "v1")));
    assertEquals(List.of(newest), hub().remove(new Revision(REPO.repository(), tagged)));
    assertFalse(Files.exists(repository().resolve("refs/feature/a+b")));
    assertEquals(List.of(), hub().remove(REPO));

    Revision wrong = new Revision(REPO.repository(), "v9");
    String message =
        assertThrows(UserException.class, () -> hub().look(wrong, FILE, Progress.NONE))
            .getMessage();
    assertEquals(
        "org/name has no revision 'v9'; %s/org/name/tree/main shows its branches and tags"
            .formatted(server.endpoint()),
        message);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void aRefusalWithoutAReasonIsTakenForAGate(int status) {
    server.refuse(false, status, 1);
    refused("org/name is gated", "HF_TOKEN");
  }

  @Test
  void anUnknownRepositoryIsNamed() {
    Hub hub = hub();
    Revision wrong = Revision.main(new RepoId("kyutai", "moshiko-mlx-q5"));
    for (String token : new String[] {"", "any"}) {
      environment.put("HF_TOKEN", token);
      String message =
          assertThrows(UserException.class, () -> hub.look(wrong, FILE, Progress.NONE))
              .getMessage();
      assertTrue(message.contains("there is no repository kyutai/moshiko-mlx-q5"), message);
    }
  }

  @Test
  void aFileThatTheRepositoryLacksIsNoError() {
    assertTrue(hub().look(REPO, "config.json", Progress.NONE).isEmpty());
    server.refuse(false, 404, 1);
    assertTrue(hub().look(REPO, FILE, Progress.NONE).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"false, 429", "false, 500", "false, 503", "true, 429", "true, 502", "true, 503"})
  void whoHasTooMuchToDoIsAskedAgain(boolean contentHost, int status) throws IOException {
    server.refuse(contentHost, status, 3);
    fetched(fetch());
    server.refuse(contentHost, status, 4);
    Files.delete(repository().resolve("blobs").resolve(sha));
    refused("status " + status, "try again later");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theWaitIsAsLongAsTheHostSays(boolean contentHost) throws IOException {
    server.refuse(contentHost, 429, 1, "Retry-After", "1");
    Monitor monitor = new Monitor(_ -> false);
    fetched(fetch(hub(), FILE, monitor));
    assertTrue(
        monitor.notes.getFirst().endsWith("answers 429, next attempt in 1 s"),
        monitor.notes.toString());
    Files.delete(repository().resolve("blobs").resolve(sha));
    server.refuse(contentHost, 503, 1, "Retry-After", "3600");
    refused("is out of order (status 503); try again in 3600 s");
    server.refuse(contentHost, 503, 1, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT");
    fetched(fetch());
  }

  @Test
  void aContentHostThatRefusesIsNamed() {
    server.refuse(true, 403, 1);
    refused("where the hub keeps " + FILE + " of org/name, answers 403");
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void withoutANetworkTheHubIsNamed() throws IOException {
    int port = closedPort();
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + port);
    refused("127.0.0.1:%d cannot be reached: no connection".formatted(port), "--offline");
  }

  @Test
  void whatIsNoHubIsNamed() {
    server.refuse(false, 200, 1);
    refused("does not answer as a hub does", "HF_ENDPOINT");
    server.refuse(false, 302, 20, "Location", "/org/name/again");
    refused("redirects without end");
    environment.put("HF_ENDPOINT", "huggingface.co");
    refused("HF_ENDPOINT is 'huggingface.co', which is not the address of a hub");
  }

  @Test
  void whatTheDiskHasNoRoomForIsNotStarted() {
    server.claim(1_000_000_000_000_000L, null, null);
    refused("org/name needs 1000.0 TB more", "free", "HF_HUB_CACHE");
    assertTrue(server.transfers().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../../evil", "..", "a/../../b", "/etc/passwd", "a//b", "a\\b", "", "./a"})
  void namesThatLeadElsewhereAreRefused(String name) {
    Hub hub = hub();
    assertThrows(UserException.class, () -> hub.look(REPO, name, Progress.NONE));
    assertTrue(server.requests().isEmpty());
    server.claim(-1, name.isEmpty() ? "." : name, null);
    assertThrows(UserException.class, () -> hub.look(REPO, FILE, Progress.NONE));
    server.claim(-1, null, name.isEmpty() ? "." : name);
    assertThrows(UserException.class, () -> hub.look(REPO, FILE, Progress.NONE));
    assertFalse(Files.exists(folder.resolve("hub")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/..", "../a", "a/b/c", "a", "/a/b", "a/b--c", "a/.b", "a b/c", "~/b"})
  void whatIsNoRepositoryIsNone(String text) {
    assertTrue(RepoId.parse(text).isEmpty());
  }

  @Test
  void linksThatLeaveTheCacheAreRefused() throws IOException {
    Path outside = Files.write(folder.resolve("outside"), content);
    Path file = fetch();
    Files.delete(file);
    Files.createSymbolicLink(file, outside);
    String message = assertThrows(UserException.class, () -> hub().has(REPO, FILE)).getMessage();
    assertTrue(message.contains(file + " leads out of the cache, to " + outside), message);

    Path blob = repository().resolve("blobs").resolve(sha);
    Files.delete(blob);
    Files.createSymbolicLink(blob, outside);
    refused(blob + " leads out of the cache");

    Files.delete(blob);
    Files.createSymbolicLink(partial(), Files.createFile(folder.resolve("target")));
    refused(partial().toString());
    assertEquals(0, Files.size(folder.resolve("target")));
  }

  /** As after a move to another disk. */
  private Path moved() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere")).resolve("of-my-own");
    Files.move(repository(), elsewhere);
    return Files.createSymbolicLink(repository(), elsewhere);
  }

  @Test
  void aRepositoryThatTheUserHasMovedIsUsed() throws IOException {
    fetch();
    Path link = moved();
    assertTrue(hub().hasAny(REPO.repository()) && hub().has(REPO, FILE));
    fetched(fetch());
    assertEquals(1, server.transfers().size());
    server.putSmall(REPO.toString(), "config.json", new byte[2]);
    fetch(hub(), "config.json", Progress.NONE);
    assertTrue(hub().has(REPO, "config.json"));

    Path outside = Files.write(folder.resolve("elsewhere/outside"), content);
    Path file = hub().folder(REPO).orElseThrow().resolve("config.json");
    Files.delete(file);
    Files.createSymbolicLink(file, outside);
    String message =
        assertThrows(UserException.class, () -> hub().has(REPO, "config.json")).getMessage();
    assertTrue(message.contains(file + " leads out of the cache, to " + outside), message);

    Files.createFile(link.resolve("notes-of-the-user"));
    hub().remove(REPO);
    hub().remove(REPO);
    assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    try (Stream<Path> left = Files.walk(folder.resolve("elsewhere"))) {
      assertEquals(
          Set.of("elsewhere", "outside", "of-my-own", "notes-of-the-user"),
          left.map(path -> path.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void aRepositoryOnADiskThatIsGoneIsNamed() throws IOException {
    fetch();
    Path elsewhere = Files.readSymbolicLink(moved());
    Files.move(elsewhere, folder.resolve("unplugged"));
    assertFalse(hub().has(REPO, FILE));
    refused(
        repository() + " is a link to " + elsewhere + ", which is not there; connect that disk");
  }

  @Test
  @EnabledIfSystemProperty(
      named = "user.name",
      matches = "root",
      disabledReason = "only root can give a link to somebody else")
  void aLinkOfSomebodyElseIsRefused() throws IOException {
    fetch();
    Path link = moved();
    UserPrincipal nobody =
        link.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    Files.getFileAttributeView(link, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setOwner(nobody);
    refused("leads out of the cache");
  }

  @Test
  void withoutLinksTheFileItselfIsInItsRevision() throws IOException {
    environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
    Path file = fetch();
    assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
    fetched(file);
    assertFalse(Files.exists(repository().resolve("blobs").resolve(sha)));
    fetched(fetch());
    assertEquals(1, server.transfers().size());
    assertEquals(0, hub().bytesMissing(List.of(look())));
    hub().remove(REPO);
    assertFalse(Files.exists(repository()));
  }

  @Test
  void whatOtherRevisionsLinkToIsCopied() throws IOException {
    Path old = fetch();
    server.putSmall(REPO.toString(), "README.md", new byte[1]);
    environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
    Path file = fetch();
    assertFalse(Files.isSymbolicLink(file));
    fetched(file);
    fetched(old);
    assertEquals(1, server.transfers().size());
  }

  @Test
  void removingTakesAllThatNoOtherRevisionNeeds() throws IOException {
    String old = server.putSmall(REPO.toString(), "config.json", new byte[] {1});
    String oldCommit = server.commit(REPO.toString());
    fetch(hub(), "config.json", Progress.NONE);
    fetch();
    String added = server.putSmall(REPO.toString(), "config.json", new byte[] {2});
    fetch(hub(), "config.json", Progress.NONE);
    assertEquals(List.of(oldCommit), hub().remove(REPO));
    assertTrue(Files.exists(repository().resolve("blobs").resolve(sha)));
    assertTrue(Files.exists(repository().resolve("blobs").resolve(old)));
    assertFalse(Files.exists(repository().resolve("blobs").resolve(added)));
    assertFalse(Files.exists(repository().resolve("refs/main")));
    assertEquals(List.of(), hub().remove(REPO));
    assertFalse(Files.exists(repository()));
    assertFalse(Files.exists(folder.resolve("hub/.locks/models--org--name")));
  }

  @Test
  void whatIsBeingFetchedIsNotRemoved() {
    RemoteFile file = look();
    HubCache cache = new HubCache(folder.resolve("hub"), true);
    cache.makeBlobs(REPO.repository());
    try (ProcessLock _ = cache.awaitLock(file, Progress.NONE)) {
      String message = assertThrows(UserException.class, () -> hub().remove(REPO)).getMessage();
      assertTrue(message.contains("is being downloaded by another process"), message);
    }
    hub().remove(REPO);
    assertFalse(hub().hasAny(REPO.repository()));
  }
}
