package io.moshimlx.text;

import io.moshimlx.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The vocabulary of a SentencePiece model file.
 *
 * <p>The file is read as a protocol buffer. The SentencePiece library for Java wraps the C++ one
 * and is not used: it garbles pieces with characters beyond U+FFFF, reports neither the size of the
 * vocabulary nor the kind of a piece, and a token out of range ends the process.
 */
public final class Tokenizer {
  /** The kind of a piece; the order is that of the file format, from 1. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  /** One entry of the vocabulary. */
  record Piece(String text, float score, Kind kind) {}

  /** The trainer's settings for cutting a text ({@code TrainerSpec}). */
  private record Trained(long algorithm, boolean byteFallback) {}

  // Fields of the messages ModelProto, SentencePiece and TrainerSpec, as (number << 3 | wire type).
  private static final int PIECES = 1 << 3 | 2;
  private static final int TRAINER = 2 << 3 | 2;
  private static final int NORMALIZER = 3 << 3 | 2;
  private static final int PIECE_TEXT = 1 << 3 | 2;
  private static final int PIECE_SCORE = 2 << 3 | 5;
  private static final int PIECE_KIND = 3 << 3;
  private static final int ALGORITHM = 3 << 3;
  private static final int BYTE_FALLBACK = 35 << 3;

  private static final int UNIGRAM = 1;

  private final Path path;
  private final List<Piece> pieces;
  private final TextNormalizer normalizer;
  private final Trained trained;

  private Tokenizer(Path path, List<Piece> pieces, TextNormalizer normalizer, Trained trained) {
    this.path = path;
    this.pieces = pieces;
    this.normalizer = normalizer;
    this.trained = trained;
  }

  /**
   * Reads a SentencePiece {@code .model} file.
   *
   * @throws UserException if there is no such file, or it is no SentencePiece model
   */
  public static Tokenizer open(Path path) {
    List<Piece> pieces = new ArrayList<>();
    TextNormalizer normalizer = new TextNormalizer();
    Trained trained = new Trained(UNIGRAM, false);
    try {
      ProtoReader in = new ProtoReader(Files.readAllBytes(path));
      for (int tag = in.next(); tag != 0; tag = in.next()) {
        switch (tag) {
          case PIECES -> pieces.add(piece(in.message()));
          case TRAINER -> trained = trained(in.message());
          case NORMALIZER -> normalizer = TextNormalizer.read(in.message());
          default -> in.skip(tag);
        }
      }
    } catch (ProtoReader.DamagedException e) {
      throw notTokenizer(path, e);
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, "download the model's tokenizer again");
    }
    if (pieces.isEmpty()) {
      throw notTokenizer(path, null);
    }
    return new Tokenizer(path, List.copyOf(pieces), normalizer, trained);
  }

  private static Piece piece(ProtoReader in) throws ProtoReader.DamagedException {
    String text = "";
    float score = 0;
    Kind kind = Kind.NORMAL;
    for (int tag = in.next(); tag != 0; tag = in.next()) {
      switch (tag) {
        case PIECE_TEXT -> text = in.string();
        case PIECE_SCORE -> score = in.float32();
        case PIECE_KIND -> kind = kind(in.varint());
        default -> in.skip(tag);
      }
    }
    if (kind == Kind.BYTE && !text.matches("<0x[0-9A-F]{2}>")) {
      throw new ProtoReader.DamagedException("byte piece named " + text);
    }
    return new Piece(text, score, kind);
  }

  private static Trained trained(ProtoReader in) throws ProtoReader.DamagedException {
    long algorithm = UNIGRAM;
    boolean byteFallback = false;
    for (int tag = in.next(); tag != 0; tag = in.next()) {
      switch (tag) {
        case ALGORITHM -> algorithm = in.varint();
        case BYTE_FALLBACK -> byteFallback = in.bool();
        default -> in.skip(tag);
      }
    }
    return new Trained(algorithm, byteFallback);
  }

  private static Kind kind(long number) throws ProtoReader.DamagedException {
    if (number < 1 || number > Kind.values().length) {
      throw new ProtoReader.DamagedException("piece of kind " + number);
    }
    return Kind.values()[(int) number - 1];
  }

  private static UserException notTokenizer(Path path, Throwable cause) {
    return new UserException(
        "%s is not a SentencePiece model, or is damaged".formatted(path),
        "download the model again",
        cause);
  }

  /** The number of tokens, which start at 0. */
  public int vocabularySize() {
    return pieces.size();
  }

  /**
   * The piece as the vocabulary spells it, e.g. {@code "▁hello"} or {@code "<0xE2>"}.
   *
   * @throws IndexOutOfBoundsException if the token is not in the vocabulary
   */
  public String piece(int token) {
    return pieces.get(token).text();
  }

  /**
   * The tokens of a text.
   *
   * @throws UserException if the vocabulary is not of the unigram kind, as all of Moshi's are
   */
  public List<Integer> encode(String text) {
    if (trained.algorithm() != UNIGRAM) {
      throw new UserException(
          path + " is not of the unigram kind, the only one supported",
          "use the tokenizer that belongs to the model");
    }
    return new Encoder(pieces, normalizer, trained.byteFallback()).encode(text);
  }

  /** A new decoder for one stream of tokens. */
  public StreamingDecoder decoder() {
    return new StreamingDecoder(pieces);
  }
}
