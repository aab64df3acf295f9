package dev.saccade.plugins.baselines;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What objects hold in arrays of numbers, directly or through others; each array counts once. */
final class HeldArrays {

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Object> toSee = new ArrayDeque<>();
  private long bytes;

  private HeldArrays() {}

  /** Looks into classes of ours, arrays and collections. */
  static long bytes(Collection<?> roots) {
    HeldArrays held = new HeldArrays();
    roots.forEach(held::add);
    while (!held.toSee.isEmpty()) {
      held.lookInto(held.toSee.pop());
    }
    return held.bytes;
  }

  static long bytes(Object root) {
    return bytes(List.of(root));
  }

  private void add(@Nullable Object object) {
    if (object != null && seen.add(object)) {
      toSee.push(object);
    }
  }

  private void lookInto(Object object) {
    if (object instanceof double[] numbers) {
      bytes += 8L * numbers.length;
    } else if (object instanceof float[] numbers) {
      bytes += 4L * numbers.length;
    } else if (object instanceof int[] numbers) {
      bytes += 4L * numbers.length;
    } else if (object instanceof Object[] objects) {
      Arrays.asList(objects).forEach(this::add);
    } else if (object instanceof Collection<?> objects) {
      objects.forEach(this::add);
    } else {
      lookIntoFields(object);
    }
  }

  private void lookIntoFields(Object object) {
    Class<?> type = object.getClass();
    while (type != null && type.getName().startsWith("dev.saccade.")) {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
          add(value(field, object));
        }
      }
      type = type.getSuperclass();
    }
  }

  private static @Nullable Object value(Field field, Object object) {
    try {
      field.setAccessible(true);
      return field.get(object);
    } catch (IllegalAccessException e) {
      throw new AssertionError(field.toString(), e);
    }
  }
}
