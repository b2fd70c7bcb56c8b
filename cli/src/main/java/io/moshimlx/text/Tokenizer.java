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
 * <p>The file is a protocol buffer and is read as such. The one SentencePiece library for Java
 * wraps the C++ one and does not serve here: it garbles pieces with characters beyond U+FFFF, tells
 * neither the size of the vocabulary nor the kind of a piece, and a token out of range ends the
 * process.
 */
public final class Tokenizer {
  /** What a piece stands for; the order is that of the file format, from 1. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  /** One entry of the vocabulary. */
  record Piece(String text, Kind kind) {}

  // Fields of the messages ModelProto and SentencePiece, as (number << 3 | wire type).
  private static final int PIECES = 1 << 3 | 2;
  private static final int PIECE_TEXT = 1 << 3 | 2;
  private static final int PIECE_KIND = 3 << 3;

  private final List<Piece> pieces;

  private Tokenizer(List<Piece> pieces) {
    this.pieces = pieces;
  }

  /**
   * Reads a SentencePiece {@code .model} file.
   *
   * @throws UserException if there is none or it is something else
   */
  public static Tokenizer open(Path path) {
    List<Piece> pieces = new ArrayList<>();
    try {
      CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(path));
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == PIECES) {
          int outer = in.pushLimit(in.readRawVarint32());
          pieces.add(piece(in));
          in.popLimit(outer);
        } else if (!in.skipField(tag)) {
          throw notTokenizer(path, null);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw notTokenizer(path, e);
    } catch (IOException e) {
      throw UserException.cannotRead(path, e, "fetch the model's tokenizer again");
    }
    if (pieces.isEmpty()) {
      throw notTokenizer(path, null);
    }
    return new Tokenizer(List.copyOf(pieces));
  }

  private static Piece piece(CodedInputStream in) throws IOException {
    String text = "";
    Kind kind = Kind.NORMAL;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case PIECE_TEXT -> text = in.readStringRequireUtf8();
        case PIECE_KIND -> kind = kind(in.readEnum());
        default -> in.skipField(tag);
      }
    }
    if (kind == Kind.BYTE && !text.matches("<0x[0-9A-F]{2}>")) {
      throw new InvalidProtocolBufferException("byte piece named " + text);
    }
    return new Piece(text, kind);
  }

  private static Kind kind(int number) throws InvalidProtocolBufferException {
    if (number < 1 || number > Kind.values().length) {
      throw new InvalidProtocolBufferException("piece of kind " + number);
    }
    return Kind.values()[number - 1];
  }

  private static UserException notTokenizer(Path path, Throwable cause) {
    return new UserException(
        "%s is not a SentencePiece model, or is damaged; fetch the model again".formatted(path),
        cause);
  }

  /** Number of tokens; they run from 0. */
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

  /** A new decoder of one stream of tokens. */
  public StreamingDecoder decoder() {
    return new StreamingDecoder(pieces);
  }
}
