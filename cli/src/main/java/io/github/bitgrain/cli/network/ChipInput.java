package io.github.bitgrain.cli.network;

import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.Samples;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.input.InputMap;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.Simulator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntUnaryOperator;

/** An array that feeds one input of a chip program: one sample or several, in the chip's order of axes or in ONNX's. */
public final class ChipInput {
    /** Order of the axes of feature maps. */
    public enum Order {
        /** Channels last: the chip's. */
        NHWC,
        /** Channels first: ONNX's. */
        NCHW
    }

    private final Samples array;
    private final ChipValue value;
    private final boolean oneSample;
    private final int elements;
    private final IntUnaryOperator source;
    private final InputMap map;
    private final int channels;

    private ChipInput(Samples array, ChipValue value, boolean oneSample, IntUnaryOperator source, InputMap map) {
        this.array = array;
        this.value = value;
        this.oneSample = oneSample;
        this.elements = value.count();
        this.source = source;
        this.map = map;
        this.channels = value.shape().isEmpty() ? 1 : value.shape().getLast();
    }

    /**
     * Fits an array to an input.
     *
     * @param order order of the array's axes, or null: the chip's where it fits, else ONNX's
     * @param maps how floats become values of the program's inputs
     * @throws BitgrainException (bad input) if type or shape do not fit
     */
    public static ChipInput of(Samples array, ChipValue value, Order order, InputMaps maps) {
        InputMap map = maps.get(value.name());
        checkType(array, value);
        Shape stated = Shape.of(value.shape());
        boolean batched = stated.rank() > 0 && stated.dim(0) == 1;
        Shape sample = batched ? stated.without(0) : stated;
        Shape first = batched ? AxisOrder.channelsFirst(sample) : sample;
        if (order != Order.NCHW && fit(array, sample, batched) != Fit.NONE) {
            return new ChipInput(array, value, fit(array, sample, batched) == Fit.ONE, IntUnaryOperator.identity(), map);
        }
        if (order != Order.NHWC && fit(array, first, batched) != Fit.NONE) {
            return new ChipInput(array, value, fit(array, first, batched) == Fit.ONE, AxisOrder.fromChannelsFirst(sample), map);
        }
        throw BitgrainException.badInput(array.name() + ": has shape " + whole(array) + ", input \"" + value.name()
                + "\" takes " + (order == Order.NCHW ? first : sample)
                + (order == null && !first.equals(sample) ? " or " + first : "") + ", with or without a first axis for samples");
    }

    private enum Fit { NONE, ONE, MANY }

    private static Fit fit(Samples array, Shape sample, boolean batched) {
        List<Integer> extents = extents(sample);
        return whole(array).equals(extents) ? Fit.ONE : batched && array.shape().equals(extents) ? Fit.MANY : Fit.NONE;
    }

    private static List<Integer> whole(Samples array) {
        List<Integer> whole = new ArrayList<>(array.shape());
        whole.addFirst(array.count());
        return whole;
    }

    private static List<Integer> extents(Shape shape) {
        List<Integer> extents = new ArrayList<>();
        for (int extent : shape.dims()) {
            extents.add(extent);
        }
        return extents;
    }

    private static void checkType(Samples array, ChipValue value) {
        String wanted = value.type().name();
        if (!array.type().isFloat() && !array.type().name().equals(wanted)) {
            throw BitgrainException.badInput(array.name() + ": holds " + array.type().title() + ", input \"" + value.name() + "\" takes "
                    + wanted.toLowerCase(Locale.ROOT) + (value.type().isQuantized()
                            ? " with exponent " + value.exponent() + ", or floats, which are quantized"
                            : ""));
        }
    }

    /** Number of samples. */
    public int samples() {
        return oneSample ? 1 : array.count();
    }

    /** Refuses another number of samples than the first input has. */
    public void requireSamples(int count) {
        if (samples() != count) {
            throw BitgrainException.badInput(array.name() + ": has " + samples() + " samples, the first input has " + count);
        }
    }

    /** Hands sample {@code index} to a simulator. */
    public void set(Simulator simulator, int index) {
        ByteBuffer data = oneSample ? array.read(0, array.count()) : array.read(index, 1);
        ElementType type = array.type();
        if (type.isFloat()) {
            float[] reals = new float[elements];
            for (int i = 0; i < elements; i++) {
                float read = type.floatAt(data, source.applyAsInt(i));
                reals[i] = map == null ? read : map.apply(read, i % channels);
            }
            simulator.setInput(value.name(), reals);
        } else {
            int[] integers = new int[elements];
            for (int i = 0; i < elements; i++) {
                integers[i] = (int) type.longAt(data, source.applyAsInt(i));
            }
            simulator.setInput(value.name(), integers);
        }
    }
}
