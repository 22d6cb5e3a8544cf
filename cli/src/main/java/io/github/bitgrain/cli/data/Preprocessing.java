package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.input.InputLevels;
import io.github.bitgrain.quantizer.input.InputMap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * How values of a file become values of a network input: {@code x = (value · scale − mean) / std}, in 32-bit float, per
 * channel (the first axis of a sample). Options may be bound to one input of several: {@code image=1/255}.
 */
public final class Preprocessing {
    private static final int PIXELS = 256;
    private static final Fraction PIXEL_SCALE = new Fraction(1, 255);

    private final Map<String, List<Fraction>> scale;
    private final Map<String, List<Fraction>> mean;
    private final Map<String, List<Fraction>> std;

    private Preprocessing(
            Map<String, List<Fraction>> scale, Map<String, List<Fraction>> mean, Map<String, List<Fraction>> std) {
        this.scale = scale;
        this.mean = mean;
        this.std = std;
    }

    /**
     * Reads the options of the command line, each {@code V[,V…]} or {@code NAME=V[,V…]}.
     *
     * @throws BitgrainException (usage) if something is not a number, a std is zero, or an option is given twice
     */
    public static Preprocessing parse(List<String> scale, List<String> mean, List<String> std) {
        Preprocessing parsed = new Preprocessing(bind(scale, "--scale"), bind(mean, "--mean"), bind(std, "--std"));
        for (List<Fraction> values : parsed.std.values()) {
            for (Fraction value : values) {
                if (value.value() == 0) {
                    throw BitgrainException.usage("--std: a standard deviation of 0 divides by zero");
                }
            }
        }
        return parsed;
    }

    /** No options given: pixels by 1/255, everything else as it is. */
    public static Preprocessing defaults() {
        return parse(List.of(), List.of(), List.of());
    }

    private static Map<String, List<Fraction>> bind(List<String> options, String option) {
        Map<String, List<Fraction>> bound = new LinkedHashMap<>();
        for (String text : options) {
            int equals = text.lastIndexOf('=');
            String name = equals < 0 ? "" : text.substring(0, equals);
            List<Fraction> values = new ArrayList<>();
            for (String part : text.substring(equals + 1).split(",", -1)) {
                values.add(Fraction.parse(part.strip(), option));
            }
            if (bound.putIfAbsent(name, values) != null) {
                throw BitgrainException.usage(option + ": given twice" + (name.isEmpty() ? "" : " for input " + name));
            }
        }
        return bound;
    }

    /**
     * Refuses names that no input has.
     *
     * @param inputs names of the network's inputs
     */
    void checkNames(Set<String> inputs) {
        Map<String, Map<String, List<Fraction>>> options = new LinkedHashMap<>();
        options.put("--scale", scale);
        options.put("--mean", mean);
        options.put("--std", std);
        options.forEach((option, bound) -> {
            for (String name : bound.keySet()) {
                if (!name.isEmpty() && !inputs.contains(name)) {
                    throw BitgrainException.usage(
                            option + ": the model has no input '" + name + "'; its inputs are " + String.join(", ", inputs));
                }
            }
        });
    }

    /** The map for one input, ready to be applied. */
    Affine forInput(String input, Samples samples) {
        int channels = samples.shape().isEmpty() ? 1 : samples.shape().get(0);
        Fraction[] scales = spread(scale, input, samples.type() == ElementType.UINT8 ? PIXEL_SCALE : Fraction.ONE, channels, "--scale");
        return new Affine(scales, spread(mean, input, Fraction.ZERO, channels, "--mean"),
                spread(std, input, Fraction.ONE, channels, "--std"));
    }

    private static Fraction[] spread(
            Map<String, List<Fraction>> bound, String input, Fraction otherwise, int channels, String option) {
        List<Fraction> values = Objects.requireNonNullElse(bound.getOrDefault(input, bound.get("")), List.of(otherwise));
        if (values.size() != 1 && values.size() != channels) {
            throw BitgrainException.usage(option + ": " + values.size() + " values for input " + input + ", which has "
                    + channels + (channels == 1 ? " channel" : " channels") + " (first axis of a sample)");
        }
        Fraction[] spread = new Fraction[values.size()];
        return values.toArray(spread);
    }

    /** The affine map of one input. */
    public static final class Affine {
        /** Values as they are. */
        public static final Affine IDENTITY = new Affine(new Fraction[] {Fraction.ONE}, new Fraction[] {new Fraction(0, 1)}, new Fraction[] {Fraction.ONE});

        private final Fraction[] scale;
        private final Fraction[] mean;
        private final Fraction[] std;

        private Affine(Fraction[] scale, Fraction[] mean, Fraction[] std) {
            this.scale = scale;
            this.mean = mean;
            this.std = std;
        }

        /** Factors: one, or one for each channel. */
        public List<Fraction> scale() {
            return List.of(scale);
        }

        /** What is subtracted: one, or one for each channel. */
        public List<Fraction> mean() {
            return List.of(mean);
        }

        /** Divisors: one, or one for each channel. */
        public List<Fraction> std() {
            return List.of(std);
        }

        /** What bytes become, as far as channels differ. */
        InputLevels levels() {
            float[] first = new float[channels()];
            float[] last = new float[first.length];
            for (int c = 0; c < first.length; c++) {
                first[c] = apply(0, c);
                last[c] = apply(PIXELS - 1, c);
            }
            return new InputLevels(first, last);
        }

        private int channels() {
            return Math.max(scale.length, Math.max(mean.length, std.length));
        }

        private float apply(float value, int channel) {
            return apply(value, scale[channel % scale.length], mean[channel % mean.length].value(), std[channel % std.length].value());
        }

        private static float apply(float value, Fraction scale, float mean, float std) {
            return (scale.times(value) - mean) / std;
        }

        /** From what this makes of a value to what another map makes of it; null where this makes all values alike. */
        InputMap toward(Affine other) {
            return toward(other, false);
        }

        /** From what this makes of a value of channel C − 1 − c to what it makes of the value for channel c; null where this makes all values alike. */
        InputMap reversed() {
            return toward(this, true);
        }

        private InputMap toward(Affine other, boolean reversed) {
            int channels = Math.max(channels(), other.channels());
            double[] gain = new double[channels];
            double[] offset = new double[channels];
            for (int c = 0; c < channels; c++) {
                int from = reversed ? channels - 1 - c : c;
                double ratio = other.scale[c % other.scale.length].real() / scale[from % scale.length].real();
                double divisor = other.std[c % other.std.length].real();
                gain[c] = std[from % std.length].real() * ratio / divisor;
                offset[c] = (mean[from % mean.length].real() * ratio - other.mean[c % other.mean.length].real()) / divisor;
            }
            InputMap map = new InputMap(gain, offset);
            return map.isRegular() ? map : null;
        }

        /** This and then a map, as one: {@code v · scale − mean}. What comes within a millionth of an integer is that integer. */
        public Affine then(InputMap map) {
            int channels = Math.max(channels(), map.channels());
            Fraction[] newScale = new Fraction[channels];
            Fraction[] newMean = new Fraction[channels];
            for (int c = 0; c < channels; c++) {
                double divisor = std[c % std.length].real();
                newScale[c] = near(map.gain(c) * scale[c % scale.length].real() / divisor);
                newMean[c] = near(map.gain(c) * mean[c % mean.length].real() / divisor - map.offset(c));
            }
            return new Affine(onceIfAlike(newScale), onceIfAlike(newMean), new Fraction[] {Fraction.ONE});
        }

        private static Fraction near(double value) {
            double integer = Math.rint(value);
            return new Fraction((float) (Math.abs(value - integer) <= 1e-6 * Math.max(1, Math.abs(integer)) ? integer : value), 1);
        }

        private static Fraction[] onceIfAlike(Fraction[] values) {
            return Set.of(values[0]).containsAll(List.of(values)) ? new Fraction[] {values[0]} : values;
        }

        /** Converts {@code n} samples to float, sample after sample, into {@code into}. */
        void apply(Samples samples, ByteBuffer data, int n, float[] into) {
            int channels = channels();
            int plane = samples.sampleSize() / channels;
            ElementType type = samples.type();
            float[] pixels = new float[type == ElementType.UINT8 ? PIXELS : 0];
            for (int c = 0; c < channels; c++) {
                Fraction s = scale[c % scale.length];
                float m = mean[c % mean.length].value();
                float d = std[c % std.length].value();
                for (int v = 0; v < pixels.length; v++) {
                    pixels[v] = apply(v, s, m, d);
                }
                for (int i = 0; i < n; i++) {
                    int start = (i * channels + c) * plane;
                    for (int k = start; k < start + plane; k++) {
                        into[k] = type == ElementType.UINT8
                                ? pixels[data.get(k) & 0xff]
                                : apply(type.floatAt(data, k), s, m, d);
                    }
                }
            }
        }
    }
}
