package io.moshimlx.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.moshimlx.CancelledException;
import io.moshimlx.Progress;
import java.time.Duration;
import java.util.Optional;

/**
 * What the hub thinks of the user's token.
 *
 * @param reason why that is not known, where it is not
 */
public record TokenCheck(Standing standing, Optional<String> reason) {
  /** The box to tick for a fine-grained token, in the hub's words. */
  public static final String RIGHT_TO_GATED =
      "Read access to contents of all public gated repos you can access";

  /** Who asks wants to go on soon. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final Patience HASTY = new Patience(LIMIT, LIMIT, Duration.ZERO, LIMIT, 1);

  /** What a token is good for. */
  public enum Standing {
    VALID,
    /** Valid, but not for gated repositories. */
    NOT_FOR_GATED,
    INVALID,
    UNKNOWN
  }

  /** Asks the hub, unless the network is not to be touched; never takes long. */
  static TokenCheck of(HubSettings settings, HubToken token) {
    return settings
        .offline()
        .map(variable -> unknown(variable + " forbids network access"))
        .orElseGet(() -> ask(settings, token));
  }

  private static TokenCheck ask(HubSettings settings, HubToken token) {
    String host = settings.endpoint().getAuthority();
    try {
      return of(host, new HubClient(settings, HASTY).whoAmI(token, new Deadline(LIMIT)));
    } catch (NoAnswer e) {
      return unknown(
          "%s cannot be reached: %s"
              .formatted(
                  host, e.certificate().map(c -> c.what() + "; " + c.remedy()).orElseGet(e::why)));
    } catch (CancelledException e) {
      return unknown(host + " cannot be reached: no answer");
    }
  }

  private static TokenCheck of(String host, Answer<String> response) {
    if (Refusals.badToken(response)) {
      return new TokenCheck(Standing.INVALID, Optional.empty());
    }
    if (response.statusCode() != 200) {
      return unknown("%s answers %s".formatted(host, response.statusCode()));
    }
    try {
      JsonObject answer = JsonParser.parseString(response.body()).getAsJsonObject();
      if (answer.has("name")) {
        return new TokenCheck(
            opensGated(answer) ? Standing.VALID : Standing.NOT_FOR_GATED, Optional.empty());
      }
    } catch (JsonParseException | IllegalStateException e) {
      // A page that stands in for the hub.
    }
    return unknown(host + " does not answer as a hub does");
  }

  /** Only a fine-grained token has to be allowed that. */
  private static boolean opensGated(JsonObject answer) {
    JsonElement rights = answer;
    for (String key : new String[] {"auth", "accessToken", "fineGrained", "canReadGatedRepos"}) {
      if (!rights.isJsonObject() || !rights.getAsJsonObject().has(key)) {
        return true;
      }
      rights = rights.getAsJsonObject().get(key);
    }
    return !rights.isJsonPrimitive() || rights.getAsBoolean();
  }

  private static TokenCheck unknown(String reason) {
    return new TokenCheck(Standing.UNKNOWN, Optional.of(reason));
  }

  /** Stops what takes too long, be it the search for a host's address. */
  private static final class Deadline implements Progress {
    private final long end;

    Deadline(Duration limit) {
      end = System.nanoTime() + limit.toNanos();
    }

    @Override
    public void at(String file, long done, long total) {}

    @Override
    public void note(String what) {}

    @Override
    public boolean cancelled() {
      return System.nanoTime() > end;
    }
  }
}
