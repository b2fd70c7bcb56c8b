package io.moshimlx.text;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
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
  private record Trained(int algorithm, boolean byteFallback) {}

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
      CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(path));
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == PIECES || tag == TRAINER || tag == NORMALIZER) {
          int outer = in.pushLimit(in.readRawVarint32());
          switch (tag) {
            case PIECES -> pieces.add(piece(in));
            case TRAINER -> trained = trained(in);
            default -> normalizer = TextNormalizer.read(in);
          }
          in.popLimit(outer);
        } else if (!in.skipField(tag)) {
          throw notTokenizer(path, null);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw notTokenizer(path, e);
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, "download the model's tokenizer again");
    }
    if (pieces.isEmpty()) {
      throw notTokenizer(path, null);
    }
    return new Tokenizer(path, List.copyOf(pieces), normalizer, trained);
  }

  private static Piece piece(CodedInputStream in) throws IOException {
    String text = "";
    float score = 0;
    Kind kind = Kind.NORMAL;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case PIECE_TEXT -> text = in.readStringRequireUtf8();
        case PIECE_SCORE -> score = in.readFloat();
        case PIECE_KIND -> kind = kind(in.readEnum());
        default -> in.skipField(tag);
      }
    }
    if (kind == Kind.BYTE && !text.matches("<0x[0-9A-F]{2}>")) {
      throw new InvalidProtocolBufferException("byte piece named " + text);
    }
    return new Piece(text, score, kind);
  }

  private static Trained trained(CodedInputStream in) throws IOException {
    int algorithm = UNIGRAM;
    boolean byteFallback = false;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ALGORITHM -> algorithm = in.readEnum();
        case BYTE_FALLBACK -> byteFallback = in.readBool();
        default -> in.skipField(tag);
      }
    }
    return new Trained(algorithm, byteFallback);
  }

  private static Kind kind(int number) throws InvalidProtocolBufferException {
    if (number < 1 || number > Kind.values().length) {
      throw new InvalidProtocolBufferException("piece of kind " + number);
    }
    return Kind.values()[number - 1];
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
