package io.moshimlx.command;

import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import java.util.Iterator;
import java.util.stream.Stream;

/** What a shell offers where a model of the hub is named. */
class ModelNameCandidates implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Catalogue.all().stream().map(KnownModel::name).iterator();
  }

  /** Where it may be the built-in one too. */
  static final class OrDemo extends ModelNameCandidates {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(
              Stream.of(Catalogue.DEMO), Catalogue.all().stream().map(KnownModel::name))
          .iterator();
    }
  }
}
