package io.moshimlx.hub;

import io.moshimlx.ByteCount;
import io.moshimlx.ProcessLock;
import io.moshimlx.Progress;
import io.moshimlx.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Fetches the content of one file: what is here already stays, the rest is appended, the whole is
 * checked and only then gets its name.
 */
final class Download {
  private static final int BLOCK = 1 << 16;

  private final HubClient client;
  private final HubCache cache;
  private final Patience patience;
  private final RemoteFile file;
  private final Progress monitor;
  private final MessageDigest digest = sha256();
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK);
  private FileChannel channel;

  /** Bytes that are here and in the digest. */
  private long done;

  private boolean complete;

  /** A transfer that did not come to its end; another attempt may. */
  private static final class BrokenTransfer extends Exception {
    private final transient Answer<InputStream> busy;

    BrokenTransfer(String why, Answer<InputStream> busy) {
      super(why);
      this.busy = busy;
    }
  }

  Download(HubClient client, HubCache cache, Patience patience, RemoteFile file, Progress monitor) {
    this.client = client;
    this.cache = cache;
    this.patience = patience;
    this.file = file;
    this.monitor = monitor;
  }

  /** Makes the file be in its revision; does nothing where it is. */
  void run() {
    if (cache.isPlaced(file)) {
      return;
    }
    cache.makeBlobs(file.repo());
    try (ProcessLock _ = cache.awaitLock(file, monitor)) {
      // Whoever had the lock before may have downloaded it.
      if (!cache.isHere(file)) {
        fetch();
      }
      cache.place(file);
    }
  }

  private void fetch() {
    Path partial = cache.partial(file);
    try {
      try (FileChannel opened =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS)) {
        channel = opened;
        takeUp();
        transfer();
        channel.force(true);
      }
      checkContent();
      Files.move(partial, cache.blob(file), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw UserException.cannotWrite(
          partial,
          e,
          "what is here is kept; make room or move the cache with HF_HUB_CACHE, then try again");
    }
  }

  /** Goes through what a former run has left. */
  private void takeUp() throws IOException {
    if (file.size() >= 0 && channel.size() > file.size()) {
      channel.truncate(0);
    }
    if (channel.size() > 0) {
      monitor.note("checking what is here of " + file.name());
    }
    while (channel.read(block.clear()) > 0) {
      monitor.checkCancelled();
      done += block.position();
      digest.update(block.flip());
    }
    complete = done == file.size();
  }

  private void startOver() throws IOException {
    channel.truncate(0);
    digest.reset();
    done = 0;
  }

  /** Attempt after attempt, each from where the last one ended. */
  private void transfer() throws IOException {
    int failures = 0;
    while (!complete) {
      long before = done;
      try (InputStream body = open()) {
        read(body);
      } catch (BrokenTransfer e) {
        failures = done > before ? 1 : failures + 1;
        goOnAfter(e, failures);
      }
    }
  }

  private void goOnAfter(BrokenTransfer e, int failures) {
    if (e.busy != null) {
      client.waitWhileBusy(e.busy, failures, monitor);
    } else if (failures >= patience.attempts()) {
      throw new UserException(
          "%s of %s broke off at %s: %s"
              .formatted(file.name(), file.repo(), ByteCount.of(done), e.getMessage()),
          "what is here is kept, run the same command again to go on",
          e);
    } else {
      HubClient.pause(patience.backOff(failures), e.getMessage(), monitor);
    }
  }

  /** Asks for what is missing. */
  private InputStream open() throws IOException, BrokenTransfer {
    Answer<InputStream> response;
    try {
      response = client.get(file, done, monitor);
    } catch (NoAnswer e) {
      if (e.certificate().isPresent()) {
        throw client.refusals().unreachable(e);
      }
      throw new BrokenTransfer(e.why(), null);
    }
    boolean usable = false;
    try {
      check(response);
      usable = true;
      return response.body();
    } finally {
      if (!usable) {
        response.body().close();
      }
    }
  }

  private void check(Answer<InputStream> response) throws IOException, BrokenTransfer {
    if (HubClient.isBusy(response)) {
      throw new BrokenTransfer("busy", response);
    }
    switch (response.statusCode()) {
      case 200 -> startOver();
      case 206 -> {
        String range = response.header("Content-Range").orElse("");
        if (!range.startsWith("bytes " + done + "-")) {
          startOver();
          throw new BrokenTransfer("another part came than the one asked for", null);
        }
      }
      case 416 -> {
        startOver();
        throw new BrokenTransfer("the part asked for is not there", null);
      }
      default -> throw client.refusal(response, file.repo(), file.name());
    }
  }

  private void read(InputStream body) throws IOException, BrokenTransfer {
    try (Watchdog watchdog = Watchdog.watch(body, patience.stall(), monitor)) {
      while (!complete) {
        int count = readBlock(body, watchdog);
        watchdog.feed();
        if (count < 0) {
          if (done < file.size()) {
            throw new BrokenTransfer("the connection broke", null);
          }
          complete = true;
        } else {
          keep(count);
          complete = file.size() >= 0 && done >= file.size();
        }
      }
    }
  }

  /** Bytes read into the block, or −1 at the end. */
  private int readBlock(InputStream body, Watchdog watchdog) throws BrokenTransfer {
    try {
      int count = body.read(block.array());
      monitor.checkCancelled();
      return count;
    } catch (IOException e) {
      monitor.checkCancelled();
      throw new BrokenTransfer(
          watchdog.stalled()
              ? "nothing came for %s s".formatted(patience.stall().toSeconds())
              : Refusals.why(e),
          null);
    }
  }

  private void keep(int count) throws IOException {
    block.clear().limit(count);
    while (block.hasRemaining()) {
      channel.write(block, done + block.position());
    }
    digest.update(block.flip());
    done += count;
    monitor.at(file.name(), done, file.size());
  }

  private void checkContent() throws IOException {
    String found = HexFormat.of().formatHex(digest.digest());
    boolean wrongSize = file.size() >= 0 && done != file.size();
    if (wrongSize || (file.hasSha256() && !found.equals(file.etag()))) {
      Path corrupt = cache.corrupt(file);
      Files.move(cache.partial(file), corrupt, StandardCopyOption.REPLACE_EXISTING);
      throw new UserException(
          "%s of %s came damaged (%s)"
              .formatted(
                  file.name(),
                  file.repo(),
                  wrongSize
                      ? "%s bytes instead of %s".formatted(done, file.size())
                      : "SHA-256 %s instead of %s".formatted(found, file.etag())),
          "it was set aside as %s, run the same command again to download it anew"
              .formatted(corrupt));
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
