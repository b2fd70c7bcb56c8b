package io.moshimlx.voice;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocol 2 that holds tensors, as {@code torch.save} writes it, and executes
 * nothing.
 *
 * <p>A pickle is a program that may call whatever it names. This one knows only numbers, strings,
 * tuples and dictionaries, and of names those that make a tensor; all else is refused by name.
 */
final class Unpickler {
  private static final String REBUILD = "torch._utils _rebuild_tensor_v2";
  private static final String ORDERED = "collections OrderedDict";
  private static final Object MARK = new Object();
  private static final Object NONE = new Object();
  private static final int PROTOCOL = 2;
  private static final int LONGEST_INTEGER = Long.BYTES;

  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  /** What a pickle may not hold, or that it is damaged; said as "its pickle WHAT". */
  static final class Refused extends Exception {
    Refused(String what) {
      super(what);
    }
  }

  /** A name that a pickle may use. */
  private record Global(String name) {}

  private Unpickler(byte[] pickle) {
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a dictionary of tensors.
   *
   * @return the tensors by their names, in order; values of another kind are left out
   */
  static Map<String, TorchTensor> tensors(byte[] pickle) throws Refused {
    Object value;
    try {
      value = new Unpickler(pickle).run();
    } catch (BufferUnderflowException | ArithmeticException e) {
      throw damaged();
    }
    Map<String, TorchTensor> tensors = new LinkedHashMap<>();
    Map<?, ?> map = as(Map.class, value);
    map.forEach((name, item) -> {
      if (name instanceof String text && item instanceof TorchTensor tensor) {
        tensors.put(text, tensor);
      }
    });
    return tensors;
  }

  private Object run() throws Refused {
    while (true) {
      int opcode = in.get() & 0xFF;
      switch (opcode) {
        case 0x80 -> protocol(); // PROTO
        case '.' -> {
          return pop();
        }
        case '(' -> stack.add(MARK);
        case 'N' -> stack.add(NONE);
        case 0x88 -> stack.add(true);
        case 0x89 -> stack.add(false);
        case 'J' -> stack.add((long) in.getInt()); // BININT
        case 'K' -> stack.add(in.get() & 0xFFL); // BININT1
        case 'M' -> stack.add(in.getShort() & 0xFFFFL); // BININT2
        case 0x8A -> stack.add(longInteger()); // LONG1
        case 'X' -> stack.add(text(in.getInt())); // BINUNICODE
        case 'c' -> stack.add(global());
        case 'Q' -> stack.add(storage(as(List.class, pop()))); // BINPERSID
        case 'R' -> reduce();
        case ')' -> stack.add(List.of());
        case 't' -> stack.add(List.copyOf(toMark()));
        case 0x85 -> tuple(1);
        case 0x86 -> tuple(2);
        case 0x87 -> tuple(3);
        case '}' -> stack.add(new LinkedHashMap<>());
        case 's' -> setItems(cut(2));
        case 'u' -> setItems(toMark());
        case 'q' -> memo.put(in.get() & 0xFF, top()); // BINPUT
        case 'r' -> memo.put(in.getInt(), top()); // LONG_BINPUT
        case 'h' -> stack.add(remembered(in.get() & 0xFF)); // BINGET
        case 'j' -> stack.add(remembered(in.getInt())); // LONG_BINGET
        default ->
            throw new Refused(
                "has the instruction 0x%02X, which tensors do not need".formatted(opcode));
      }
    }
  }

  private void protocol() throws Refused {
    int version = in.get() & 0xFF;
    if (version != PROTOCOL) {
      throw new Refused("is of protocol %d, not %d".formatted(version, PROTOCOL));
    }
  }

  private long longInteger() throws Refused {
    int length = in.get() & 0xFF;
    if (length > LONGEST_INTEGER) {
      throw damaged();
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      long part = i == length - 1 ? in.get() : in.get() & 0xFF;
      value |= part << (Byte.SIZE * i);
    }
    return value;
  }

  private String text(int length) throws Refused {
    if (length < 0 || length > in.remaining()) {
      throw damaged();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private Global global() throws Refused {
    String name = line() + " " + line();
    boolean known =
        name.equals(REBUILD) || name.equals(ORDERED) || TorchTensor.Kind.of(name).isPresent();
    if (!known) {
      throw new Refused("asks for '%s', which no tensor needs".formatted(name));
    }
    return new Global(name);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (byte b = in.get(); b != '\n'; b = in.get()) {
      line.append(b >= ' ' ? (char) b : '?');
    }
    return line.toString();
  }

  /** ("storage", type, key, device, elements); where it was when it was saved does not matter. */
  private static TorchTensor.Storage storage(List<?> id) throws Refused {
    if (id.size() != 5 || !"storage".equals(id.get(0))) {
      throw damaged();
    }
    TorchTensor.Kind kind =
        TorchTensor.Kind.of(as(Global.class, id.get(1)).name()).orElseThrow(Unpickler::damaged);
    return new TorchTensor.Storage(kind, as(String.class, id.get(2)), as(Long.class, id.get(4)));
  }

  private void reduce() throws Refused {
    List<?> arguments = as(List.class, pop());
    String name = as(Global.class, pop()).name();
    if (name.equals(ORDERED) && arguments.isEmpty()) {
      stack.add(new LinkedHashMap<>());
    } else if (name.equals(REBUILD) && arguments.size() == 6) {
      stack.add(
          new TorchTensor(
              as(TorchTensor.Storage.class, arguments.get(0)),
              as(Long.class, arguments.get(1)),
              sizes(arguments.get(2)),
              sizes(arguments.get(3))));
    } else {
      throw damaged();
    }
  }

  private static List<Long> sizes(Object tuple) throws Refused {
    List<Long> sizes = new ArrayList<>();
    for (Object size : as(List.class, tuple)) {
      sizes.add(as(Long.class, size));
    }
    return sizes;
  }

  private void setItems(List<Object> items) throws Refused {
    if (items.size() % 2 != 0) {
      throw damaged();
    }
    @SuppressWarnings("unchecked") // No other map is ever made here.
    Map<Object, Object> map = as(Map.class, top());
    for (int i = 0; i < items.size(); i += 2) {
      map.put(as(String.class, items.get(i)), items.get(i + 1));
    }
  }

  private void tuple(int size) throws Refused {
    stack.add(List.copyOf(cut(size)));
  }

  private Object remembered(int index) throws Refused {
    Object value = memo.get(index);
    if (value == null) {
      throw damaged();
    }
    return value;
  }

  private Object top() throws Refused {
    if (stack.isEmpty() || stack.getLast() == MARK) {
      throw damaged();
    }
    return stack.getLast();
  }

  private Object pop() throws Refused {
    Object top = top();
    stack.removeLast();
    return top;
  }

  private List<Object> toMark() throws Refused {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw damaged();
    }
    List<Object> items = cut(stack.size() - mark - 1);
    stack.removeLast();
    return items;
  }

  /** Takes the last few values off the stack. */
  private List<Object> cut(int count) throws Refused {
    if (count > stack.size()) {
      throw damaged();
    }
    List<Object> tail = stack.subList(stack.size() - count, stack.size());
    List<Object> items = new ArrayList<>(tail);
    tail.clear();
    if (items.contains(MARK)) {
      throw damaged();
    }
    return items;
  }

  private static <T> T as(Class<T> type, Object value) throws Refused {
    if (!type.isInstance(value)) {
      throw damaged();
    }
    return type.cast(value);
  }

  private static Refused damaged() {
    return new Refused("is damaged");
  }
}
