package io.github.bitgrain.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Changes a file where its structure lies: every kind of site equally often, however many there are. */
public final class EspdlMutation {
    private static final long[] NUMBERS = {0, 1, -1, 2, -2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 127, 128, 255, 1000, 4096,
        65535, 65536, 1 << 20, 1 << 25, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31, 1L << 32, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final float[] REALS = {0f, -0f, 1f, -1f, 0.5f, 1e-30f, 1e30f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN,
        Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    private static final int MOST_CHANGES = 3;

    private final byte[] original;
    private final Map<EspdlSites.Kind, List<Integer>> sites;
    private final List<EspdlSites.Kind> kinds;

    /** Prepares the changes of a sound plain EDL2 file. */
    public EspdlMutation(byte[] original) {
        this.original = original;
        sites = EspdlSites.of(original);
        kinds = List.copyOf(sites.keySet());
    }

    /** A changed copy. */
    public byte[] next(RandomGenerator random) {
        byte[] file = original.clone();
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int changes = 1 + random.nextInt(MOST_CHANGES);
        for (int i = 0; i < changes; i++) {
            EspdlSites.Kind kind = kinds.get(random.nextInt(kinds.size()));
            change(words, kind, pick(sites.get(kind), random), random);
        }
        return random.nextInt(50) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file;
    }

    private static int pick(List<Integer> places, RandomGenerator random) {
        return places.get(random.nextInt(places.size()));
    }

    private void change(ByteBuffer words, EspdlSites.Kind kind, int at, RandomGenerator random) {
        switch (kind) {
            case OFFSET -> words.putInt(at, switch (random.nextInt(4)) {
                // What another reference of the file refers to: a node's text, another vector, a table of another kind.
                case 0, 1 -> target(pick(sites.get(kind), random)) - at;
                case 2 -> words.getInt(at) + random.nextInt(-16, 17);
                default -> (int) number(random);
            });
            case VTABLE_DISTANCE, LENGTH -> words.putInt(at, random.nextBoolean()
                    ? words.getInt(at) + random.nextInt(-4, 5) : (int) number(random));
            case VTABLE_WORD -> words.putShort(at, (short) (random.nextBoolean()
                    ? words.getShort(at) + random.nextInt(-8, 9) : random.nextInt(1 << 16)));
            case DIMENSION, EXPONENT, INTEGER -> words.putLong(at, random.nextBoolean()
                    ? words.getLong(at) + random.nextInt(-3, 4) : number(random));
            case REAL -> words.putFloat(at, REALS[random.nextInt(REALS.length)]);
            case CODE -> words.put(at, (byte) (random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(16)));
            case TEXT -> words.put(at, (byte) random.nextInt());
            case DATA -> words.putLong(at + 8 * random.nextInt(2), random.nextBoolean() ? number(random) : random.nextLong());
            case HEADER -> words.putInt(at, random.nextBoolean() ? words.getInt(at) + random.nextInt(-4, 5) : (int) number(random));
            default -> throw new IllegalStateException(kind.toString());
        }
    }

    private int target(int reference) {
        return reference + ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN).getInt(reference);
    }

    private static long number(RandomGenerator random) {
        return NUMBERS[random.nextInt(NUMBERS.length)];
    }
}
