package io.moshimlx.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
  @Test
  void namesAndRepositoriesAreUnique() {
    List<KnownModel> all = Catalogue.all();
    assertEquals(all.size(), all.stream().map(KnownModel::name).distinct().count());
    assertEquals(all.size(), all.stream().map(KnownModel::repository).distinct().count());
  }

  @ParameterizedTest
  @CsvSource({
    "moshiko, kyutai/moshiko-mlx-q4",
    "moshika-bf16, kyutai/moshika-mlx-bf16",
    "hibiki-1b, kyutai/hibiki-1b-mlx-bf16",
    "personaplex, nvidia/personaplex-7b-v1",
    "moshika-rl, kyutai/moshika-rl-seamless",
    "personaplex-rl, kyutai/personaplex-rl-seamless",
  })
  void namesStandForRepositories(String name, String repository) {
    KnownModel model = Catalogue.find(name).orElseThrow();
    assertEquals(repository, model.repository().toString());
    assertEquals(model, Catalogue.of(model.repository()).orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({
    "mosiko-q4, moshiko-q4",
    "Moshika-Q8, moshika-q8",
    "kyutai/moshiko-mlx-q3, moshiko-q4",
    "hibiki, hibiki-1b-bf16",
  })
  void whatIsNearlyANameIsFound(String asked, String nearest) {
    assertEquals(nearest, Catalogue.nearest(asked).getFirst().name());
  }

  @Test
  void whatIsFarFromAllHasNoNeighbours() {
    assertTrue(Catalogue.nearest("gpt2").isEmpty());
    assertTrue(Catalogue.nearest("").isEmpty());
  }
}
