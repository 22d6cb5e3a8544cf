package io.github.bitgrain.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this process. Species must be static final: from anywhere else the compiler does not see a constant
 * and boxes every vector (measured: 14 times slower).
 */
final class Lanes {
    /** Names the width in bits: 64, 128, 256 or 512; 0 selects the scalar kernels. Default: what the machine prefers. */
    static final String PROPERTY = "bitgrain.vectorBits";

    private static final int LONGEST_BITS = 512;

    static final VectorSpecies<Float> FLOATS = species();
    /** Floats in a vector. */
    static final int COUNT = FLOATS.length();
    /** As many integers. */
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    /** Floats in the two vectors that the tiles work on. */
    static final int PAIR = 2 * COUNT;
    /** Doubles in as many bits. */
    static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, VectorShape.forBitSize(FLOATS.vectorBitSize()));
    /** Doubles in a vector. */
    static final int DOUBLE_COUNT = DOUBLES.length();
    /** Doubles in the two vectors that the tiles work on. */
    static final int DOUBLE_PAIR = 2 * DOUBLE_COUNT;

    /**
     * Whether the processor has only sixteen vector registers: on x86 the longest vectors come with thirty-two, shorter ones are those of
     * older instructions; on ARM all have thirty-two. Decided by the width in use, so that tests of a width run its kernels on any machine.
     */
    static final boolean FEW_REGISTERS = FLOATS.vectorBitSize() < LONGEST_BITS && !"aarch64".equals(System.getProperty("os.arch"));

    private Lanes() {}

    private static VectorSpecies<Float> species() {
        Integer bits = Integer.getInteger(PROPERTY);
        return bits == null ? FloatVector.SPECIES_PREFERRED : VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
    }

    /** {@code n} rounded up to whole vectors. */
    static int roundUp(int n) {
        return (n + COUNT - 1) / COUNT * COUNT;
    }
}
