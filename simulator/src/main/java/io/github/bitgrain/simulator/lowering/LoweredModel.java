package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.simulator.ChipProgram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A program, and how the order of elements at its ends relates to the network's. */
public final class LoweredModel {
    private final ChipProgram program;
    private final Map<String, int[]> sources = new LinkedHashMap<>();
    private final Map<String, Permutation> axes = new LinkedHashMap<>();

    LoweredModel(ChipProgram program, List<DraftValue> ends) {
        for (DraftValue end : ends) {
            axes.put(end.name, end.axesOrIdentity());
            sources.put(end.name, end.axesOrIdentity().sources(end.shape));
        }
        this.program = ChipAxes.describe(program, name -> !axes.get(name).isIdentity());
    }

    /** The program. */
    public ChipProgram program() {
        return program;
    }

    /** For each axis of a graph input or output as the chip stores it, batch axis included, the network's axis. */
    public List<Integer> axes(String name) {
        return axes.get(name).toList();
    }

    /** The elements of a graph input or output for one sample, given in ONNX's order, as the chip stores them. */
    public float[] toChipOrder(String name, float[] onnxOrder) {
        int[] source = sources(name, onnxOrder);
        float[] stored = new float[source.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = onnxOrder[source[i]];
        }
        return stored;
    }

    /** The elements of a graph input or output for one sample, given as the chip stores them, in ONNX's order. */
    public float[] toOnnxOrder(String name, float[] chipOrder) {
        int[] source = sources(name, chipOrder);
        float[] original = new float[source.length];
        for (int i = 0; i < original.length; i++) {
            original[source[i]] = chipOrder[i];
        }
        return original;
    }

    private int[] sources(String name, float[] elements) {
        int[] source = sources.get(name);
        if (source == null) {
            throw new IllegalArgumentException("\"" + name + "\" is neither input nor output of the program");
        }
        if (source.length != elements.length) {
            throw new IllegalArgumentException("\"" + name + "\" has " + source.length + " elements, not " + elements.length);
        }
        return source;
    }
}
