package io.moshimlx.model;

import static io.moshimlx.mlx.Elementwise.add;
import static io.moshimlx.mlx.Reductions.sum;

import io.moshimlx.checkpoint.LmConfig;
import io.moshimlx.checkpoint.Weights;
import io.moshimlx.mlx.MlxArray;
import io.moshimlx.mlx.nn.UnaryLayer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The embeddings of all token streams that Helium reads ({@code text_emb}, {@code audio_embs}). */
final class Embeddings {
  /** Of text that carries a second stream; else its table is one of {@code tables}. */
  private final Optional<UnaryLayer> demuxedText;

  /** One table for all other streams, so that a step is one gathered read. */
  private final UnaryLayer tables;

  /** The first row of each stream in {@code tables}. */
  private final int[] starts;

  Embeddings(LmConfig config, Layers layers) {
    int dim = config.transformer().dim();
    int textRows = config.textCard() + 1;
    int audioRows = config.card() + 1;
    demuxedText =
        config.demuxSecondStream()
            ? Optional.of(of("text_emb", textRows, dim, OptionalInt.empty(), true, layers))
            : Optional.empty();
    int first = demuxedText.isPresent() ? 1 : 0;
    Weights.Rows[] rows =
        IntStream.rangeClosed(first, config.codebooks())
            .mapToObj(i ->
                i == 0
                    ? new Weights.Rows("text_emb", textRows)
                    : new Weights.Rows("audio_embs." + (i - 1), audioRows))
            .toArray(Weights.Rows[]::new);
    tables = layers.embedding(dim, rows);
    starts = new int[rows.length];
    for (int i = 1; i < rows.length; i++) {
      starts[i] = starts[i - 1] + rows[i - 1].count();
    }
  }

  /**
   * The embedding of one stream of the depformer or of Helium.
   *
   * @param lowRank width of the table, where a projection follows it
   * @param demux whether its ids carry a second stream
   */
  static UnaryLayer of(
      String key, int rows, int dim, OptionalInt lowRank, boolean demux, Layers layers) {
    int width = lowRank.orElse(dim);
    UnaryLayer table = layers.embedding(width, new Weights.Rows(key, rows));
    // A demuxed embedding has the low-rank projection in its file, and never uses it.
    Optional<UnaryLayer> widened =
        lowRank.isPresent()
            ? Optional.of(layers.linear(key + ".low_rank", width, dim))
            : Optional.empty();
    if (demux) {
      return new DemuxedEmbedding(
          table,
          rows,
          layers.linear(key + ".out1", width, dim),
          layers.linear(key + ".out2", width, dim));
    }
    return widened.<UnaryLayer>map(w -> ids -> w.apply(table.apply(ids))).orElse(table);
  }

  /**
   * The sum over the streams.
   *
   * @param inputs for each step the text token, then one token of each codebook
   * @return [steps, dim], or with a leading axis of one
   */
  MlxArray apply(int[][] inputs) {
    int steps = inputs.length;
    int skipped = inputs[0].length - starts.length;
    int[] rows = new int[steps * starts.length];
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < starts.length; i++) {
        rows[step * starts.length + i] = starts[i] + inputs[step][skipped + i];
      }
    }
    MlxArray x = sum(tables.apply(MlxArray.ofUint32(rows, steps, starts.length)), 1, false);
    return demuxedText.map(text -> add(text.apply(textTokens(inputs)), x)).orElse(x);
  }

  private static MlxArray textTokens(int[][] inputs) {
    int[] tokens = new int[inputs.length];
    for (int step = 0; step < tokens.length; step++) {
      tokens[step] = inputs[step][0];
    }
    return MlxArray.of(tokens, tokens.length);
  }
}
