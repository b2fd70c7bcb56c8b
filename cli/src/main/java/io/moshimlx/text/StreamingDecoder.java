package io.moshimlx.text;

import io.moshimlx.text.Tokenizer.Piece;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Decodes a stream of text tokens into whole characters.
 *
 * <p>A character may come as several byte pieces, with padding between them; its bytes are held
 * back until it is complete. Bytes that cannot become a character are decoded as U+FFFD.
 */
public final class StreamingDecoder {
  /** How SentencePiece spells the unknown piece in decoded text. */
  private static final byte[] UNKNOWN = " \u2047 ".getBytes(StandardCharsets.UTF_8);

  private static final byte[] NOTHING = {};

  private final List<Piece> pieces;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The bytes of a character that is incomplete so far. */
  private byte[] held = NOTHING;

  StreamingDecoder(List<Piece> pieces) {
    this.pieces = pieces;
  }

  /**
   * Decodes the next token.
   *
   * @return the text that the token completes; empty for padding, control pieces and parts of a
   *     character
   * @throws IndexOutOfBoundsException if the token is not in the vocabulary
   */
  public String push(int token) {
    Piece piece = pieces.get(token);
    return TextTokens.isSilent(token) ? "" : decode(bytes(piece), false);
  }

  /** Ends the stream; returns the bytes held back, which can only be an incomplete character. */
  public String flush() {
    String text = decode(NOTHING, true);
    utf8.reset();
    return text;
  }

  private static byte[] bytes(Piece piece) {
    return switch (piece.kind()) {
      case BYTE -> new byte[] {(byte) HexFormat.fromHexDigits(piece.text(), 3, 5)};
      case CONTROL -> NOTHING;
      case UNKNOWN -> UNKNOWN;
      case NORMAL, USER_DEFINED, UNUSED ->
          piece.text().replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
    };
  }

  private String decode(byte[] bytes, boolean end) {
    byte[] all = Arrays.copyOf(held, held.length + bytes.length);
    System.arraycopy(bytes, 0, all, held.length, bytes.length);
    ByteBuffer in = ByteBuffer.wrap(all);
    CharBuffer out = CharBuffer.allocate(all.length + 1);
    utf8.decode(in, out, end);
    held = Arrays.copyOfRange(all, in.position(), all.length);
    return out.flip().toString();
  }
}
