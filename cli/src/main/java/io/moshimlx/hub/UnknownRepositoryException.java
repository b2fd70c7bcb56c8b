package io.moshimlx.hub;

import io.moshimlx.UserException;

/** The hub has no repository of that name, or does not show it. */
public final class UnknownRepositoryException extends UserException {
  UnknownRepositoryException(String what) {
    super(what, "check the name");
  }
}
