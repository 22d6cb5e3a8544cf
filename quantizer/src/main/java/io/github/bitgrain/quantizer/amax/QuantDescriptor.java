package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.LinearQuant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * How one tensor is quantized (pytorch-quantization: tensor_quant.py, QuantDescriptor). Immutable, equal by value.
 *
 * @param numBits bits of the integers, 0 to 16; 0 makes everything 0 and is for debugging
 * @param name label, or null
 * @param fakeQuant float to float; false: integers in floats
 * @param axis axes that keep a range of their own, ascending, negative ones count from the end; null: one range for the tensor
 * @param amax fixed range, one or one per channel; null: calibrated or dynamic
 * @param learnAmax whether the bounds are trained; amax is then the initial one
 * @param learnScale whether scales are trained, one or one per channel, from the calibrated ones on (LSQ: Esser et al. 2020)
 * @param scaleAmax multiplies amax when it is used; null for 1
 * @param calibMethod what calibration collects
 * @param unsigned integers 0 … 2^bits − 1
 * @param clampNegative unsigned: a negative value becomes 0 instead of an error
 * @param narrowRange signed: without the smallest integer, so that the range is symmetric
 * @param powerOfTwo ranges are enlarged until the scale is a power of two, as the chips need it
 */
public record QuantDescriptor(
        int numBits,
        String name,
        boolean fakeQuant,
        List<Integer> axis,
        List<Float> amax,
        boolean learnAmax,
        boolean learnScale,
        Float scaleAmax,
        CalibMethod calibMethod,
        boolean unsigned,
        boolean clampNegative,
        boolean narrowRange,
        boolean powerOfTwo) {
    private static final int MOST_BITS = 16;

    /** Checks the parts. */
    public QuantDescriptor {
        if (numBits < 0 || numBits > MOST_BITS) {
            throw BitgrainException.usage("num_bits: " + numBits + "; 0 to " + MOST_BITS + " are supported");
        }
        if (amax != null) {
            amax = List.copyOf(amax);
            for (float each : amax) {
                if (!(each >= 0) || Float.isInfinite(each)) {
                    throw BitgrainException.usage("amax: " + each + " is no range; it must be a number from 0 on");
                }
            }
            if (amax.isEmpty()) {
                throw BitgrainException.usage("amax: is empty");
            }
        }
        // A fixed range for the whole tensor leaves no axis to keep.
        axis = axis == null || amax != null && amax.size() == 1 && !learnAmax ? null : List.copyOf(new TreeSet<>(axis));
        if (learnAmax && axis != null) {
            throw BitgrainException.usage("learn_amax: a learned range is one for the whole tensor; leave axis out");
        }
        if (learnAmax && amax != null && amax.size() != 1) {
            throw BitgrainException.usage("learn_amax: needs one initial amax, not " + amax.size());
        }
        if (learnScale && (learnAmax || scaleAmax != null)) {
            throw BitgrainException.usage("learn_scale: goes neither with learn_amax nor with scale_amax");
        }
        if (unsigned && narrowRange) {
            throw BitgrainException.usage("narrow_range: is for signed integers");
        }
        if (scaleAmax != null && !(scaleAmax > 0)) {
            throw BitgrainException.usage("scale_amax: " + scaleAmax + " is not positive");
        }
    }

    /** 8 bits, signed, one range, max. */
    public static final QuantDescriptor PER_TENSOR = builder().build();

    /** As {@link #PER_TENSOR}, unsigned. */
    public static final QuantDescriptor UNSIGNED = builder().unsigned(true).build();

    /** Per output channel of Conv and Linear weights. */
    public static final QuantDescriptor PER_CHANNEL = builder().axis(0).build();

    /** Per output channel of the weights of a transposed convolution. */
    public static final QuantDescriptor PER_CHANNEL_TRANSPOSED = builder().axis(1).build();

    /** Collects the parts, beginning with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this. */
    public Builder edit() {
        return new Builder(this);
    }

    /** Smallest integer. */
    public int qmin() {
        return unsigned || numBits == 0 ? 0 : narrowRange ? -qmax() : -qmax() - 1;
    }

    /** Largest integer. */
    public int qmax() {
        return numBits == 0 ? 0 : (1 << (unsigned ? numBits : numBits - 1)) - 1;
    }

    /** The largest magnitude for a range: as it is, or enlarged until amax / qmax is a power of two. */
    public float usable(float range) {
        if (!powerOfTwo || qmax() == 0 || range == 0) {
            return range;
        }
        return LinearQuant.powerOfTwoAmax(range, qmax());
    }

    /** {@code num_bits}, {@code name} and what is not default, under upstream's names; axis is a list. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("num_bits", numBits);
        map.put("name", name);
        put(map, "fake_quant", fakeQuant, true);
        put(map, "axis", axis, null);
        put(map, "amax", amax, null);
        put(map, "learn_amax", learnAmax, false);
        put(map, "learn_scale", learnScale, false);
        put(map, "scale_amax", scaleAmax, null);
        put(map, "calib_method", calibMethod.word(), CalibMethod.MAX.word());
        put(map, "unsigned", unsigned, false);
        put(map, "clamp_negative", clampNegative, false);
        put(map, "narrow_range", narrowRange, false);
        put(map, "power_of_two", powerOfTwo, false);
        return Collections.unmodifiableMap(map);
    }

    private static void put(Map<String, Object> map, String key, Object value, Object otherwise) {
        if (value != null && !value.equals(otherwise)) {
            map.put(key, value);
        }
    }

    /**
     * The descriptor of a map as {@link #toMap} makes it or YAML reads it.
     *
     * @throws BitgrainException (usage) naming an unknown key or a value of another type
     */
    public static QuantDescriptor fromMap(Map<String, ?> map) {
        Builder builder = builder();
        map.forEach((key, value) -> {
            if (value == null) {
                return;
            }
            switch (key) {
                case "num_bits" -> builder.numBits = number(key, value).intValue();
                case "name" -> builder.name = value.toString();
                case "fake_quant" -> builder.fakeQuant = flag(key, value);
                case "axis" -> builder.axis = numbers(key, value).stream().map(Number::intValue).toList();
                case "amax" -> builder.amax = numbers(key, value).stream().map(Number::floatValue).toList();
                case "learn_amax" -> builder.learnAmax = flag(key, value);
                case "learn_scale" -> builder.learnScale = flag(key, value);
                case "scale_amax" -> builder.scaleAmax = number(key, value).floatValue();
                case "calib_method" -> builder.calibMethod = CalibMethod.parse(value.toString());
                case "unsigned" -> builder.unsigned = flag(key, value);
                case "clamp_negative" -> builder.clampNegative = flag(key, value);
                case "narrow_range" -> builder.narrowRange = flag(key, value);
                case "power_of_two" -> builder.powerOfTwo = flag(key, value);
                default -> throw BitgrainException.usage("a quantizer has no field '" + key + "'");
            }
        });
        return builder.build();
    }

    private static Number number(String key, Object value) {
        if (value instanceof Number number) {
            return number;
        }
        throw BitgrainException.usage(key + ": " + value + " is no number");
    }

    private static boolean flag(String key, Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw BitgrainException.usage(key + ": " + value + " is neither true nor false");
    }

    private static List<Number> numbers(String key, Object value) {
        List<Number> numbers = new ArrayList<>();
        for (Object each : value instanceof List<?> list ? list : List.of(value)) {
            numbers.add(number(key, each));
        }
        return numbers;
    }

    /** Collects the parts of a descriptor. */
    public static final class Builder {
        private int numBits = 8;
        private String name;
        private boolean fakeQuant = true;
        private List<Integer> axis;
        private List<Float> amax;
        private boolean learnAmax;
        private boolean learnScale;
        private Float scaleAmax;
        private CalibMethod calibMethod = CalibMethod.MAX;
        private boolean unsigned;
        private boolean clampNegative;
        private boolean narrowRange;
        private boolean powerOfTwo;

        private Builder() {}

        private Builder(QuantDescriptor from) {
            numBits = from.numBits;
            name = from.name;
            fakeQuant = from.fakeQuant;
            axis = from.axis;
            amax = from.amax;
            learnAmax = from.learnAmax;
            learnScale = from.learnScale;
            scaleAmax = from.scaleAmax;
            calibMethod = from.calibMethod;
            unsigned = from.unsigned;
            clampNegative = from.clampNegative;
            narrowRange = from.narrowRange;
            powerOfTwo = from.powerOfTwo;
        }

        /** Bits of the integers. */
        public Builder numBits(int bits) {
            numBits = bits;
            return this;
        }

        /** A label. */
        public Builder name(String label) {
            name = label;
            return this;
        }

        /** Whether floats come out, instead of integers. */
        public Builder fakeQuant(boolean fake) {
            fakeQuant = fake;
            return this;
        }

        /** Axes that keep a range of their own; none: one range for the tensor. */
        public Builder axis(int... axes) {
            axis = axes.length == 0 ? null : IntStream.of(axes).boxed().toList();
            return this;
        }

        /** A fixed range; none: calibrated or dynamic. */
        public Builder amax(float... range) {
            List<Float> values = new ArrayList<>();
            for (float each : range) {
                values.add(each);
            }
            amax = range.length == 0 ? null : values;
            return this;
        }

        /** Whether the bounds are trained. */
        public Builder learnAmax(boolean learn) {
            learnAmax = learn;
            return this;
        }

        /** Whether the scales are trained. */
        public Builder learnScale(boolean learn) {
            learnScale = learn;
            return this;
        }

        /** What multiplies amax when it is used. */
        public Builder scaleAmax(float factor) {
            scaleAmax = factor;
            return this;
        }

        /** What calibration collects. */
        public Builder calibMethod(CalibMethod method) {
            calibMethod = method;
            return this;
        }

        /** Whether the integers begin at 0. */
        public Builder unsigned(boolean value) {
            unsigned = value;
            return this;
        }

        /** Whether an unsigned quantizer takes negative values for 0. */
        public Builder clampNegative(boolean clamp) {
            clampNegative = clamp;
            return this;
        }

        /** Whether the smallest integer is left out. */
        public Builder narrowRange(boolean narrow) {
            narrowRange = narrow;
            return this;
        }

        /** Whether scales are powers of two. */
        public Builder powerOfTwo(boolean value) {
            powerOfTwo = value;
            return this;
        }

        /** The finished descriptor. */
        public QuantDescriptor build() {
            return new QuantDescriptor(numBits, name, fakeQuant, axis, amax, learnAmax, learnScale, scaleAmax, calibMethod, unsigned, clampNegative,
                    narrowRange, powerOfTwo);
        }
    }
}
