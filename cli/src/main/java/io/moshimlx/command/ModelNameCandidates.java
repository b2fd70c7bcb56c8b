package io.moshimlx.command;

import io.moshimlx.store.Catalogue;
import io.moshimlx.store.KnownModel;
import java.util.Iterator;
import java.util.stream.Stream;

/** The completions for a model of the hub. */
class ModelNameCandidates implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Catalogue.all().stream().map(KnownModel::name).iterator();
  }

  /** The same, with the built-in model. */
  static final class OrDemo extends ModelNameCandidates {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(
              Stream.of(Catalogue.DEMO), Catalogue.all().stream().map(KnownModel::name))
          .iterator();
    }
  }
}
