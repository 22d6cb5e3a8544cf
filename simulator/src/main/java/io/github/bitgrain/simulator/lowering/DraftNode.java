package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.simulator.ChipAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A node of a program in the making. */
final class DraftNode {
    final String name;
    final Op op;
    String type;
    /** 8, 16, or {@link Encoding#FLOAT_BITS}. */
    final int bits;
    final LayoutRule layout;
    final TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
    final List<Operand> inputs = new ArrayList<>();
    final List<DraftValue> outputs = new ArrayList<>();

    DraftNode(String name, Op op, String type, int bits, LayoutRule layout) {
        this.name = name;
        this.op = op;
        this.type = type;
        this.bits = bits;
        this.layout = layout;
    }

    boolean isQuantized() {
        return bits != Encoding.FLOAT_BITS;
    }

    DraftValue output() {
        return outputs.getFirst();
    }

    /** The value at an input, or null if there is a constant or nothing. */
    DraftValue value(int input) {
        return input < inputs.size() && inputs.get(input) instanceof Operand.Value operand ? operand.value() : null;
    }

    /** The constant at an input, or null. */
    DraftConstant constant(int input) {
        return input < inputs.size() && inputs.get(input) instanceof Operand.Constant operand ? operand.constant() : null;
    }

    /** How the node wants a value at an input held. */
    Encoding wanted(int input) {
        return ((Operand.Value) inputs.get(input)).wanted();
    }

    List<DraftValue> values() {
        List<DraftValue> values = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            if (value(i) != null) {
                values.add(value(i));
            }
        }
        return values;
    }

    /** Lets an input read another value, with the same wishes. */
    void redirect(int input, DraftValue value) {
        inputs.set(input, new Operand.Value(value, wanted(input)));
    }

    void attribute(String key, long value) {
        attributes.put(key, new ChipAttribute.Int(value));
    }

    void attribute(String key, float value) {
        attributes.put(key, new ChipAttribute.Real(value));
    }

    void attribute(String key, String value) {
        attributes.put(key, new ChipAttribute.Text(value));
    }

    void attribute(String key, int... values) {
        List<Long> list = new ArrayList<>();
        for (int value : values) {
            list.add((long) value);
        }
        attributes.put(key, new ChipAttribute.Ints(list));
    }

    /** The error for something about this node that no chip program can express. */
    BitgrainException refused(String reason) {
        return BitgrainException.badInput("node \"" + name + "\" (" + type + "): " + reason);
    }
}
