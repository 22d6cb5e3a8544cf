package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Node;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/** By what the channels of every class are multiplied, and what is subtracted from the values of every group then. */
final class ChannelScales {
    private final ChannelGroups groups;
    private final double[] factors;
    private final Map<ChannelGroups.Group, Range> ranges = new IdentityHashMap<>();

    /** The step that the values of a group are scaled for, and what is subtracted from them. */
    private record Range(double step, double shift) {}

    ChannelScales(ChannelGroups groups) {
        this.groups = groups;
        this.factors = new double[groups.classes()];
        Arrays.fill(factors, 1);
    }

    /** The factors of all classes; changes to them count. */
    double[] factors() {
        return factors;
    }

    /** Sets the factor of a class. */
    void factor(int channelClass, double factor) {
        factors[channelClass] = factor;
    }

    /** Sets step and shift of a group. */
    void range(ChannelGroups.Group group, double step, double shift) {
        ranges.put(group, new Range(step, shift));
    }

    /** Takes the shift of a group back: values that used all steps now use those above zero. */
    void unshift(ChannelGroups.Group group, double share) {
        group.members().stream().flatMapToInt(value -> Arrays.stream(groups.labels(value))).distinct().forEach(label -> factors[label] *= share);
        range(group, ranges.get(group).step(), 0);
    }

    /** What is subtracted from a value after scaling. */
    double shiftOf(String value) {
        ChannelGroups.Group group = groups.group(value);
        return group == null ? 0 : ranges.get(group).shift();
    }

    /** The step that a value with free channels is scaled for. */
    double stepOf(String value) {
        return ranges.get(groups.group(value)).step();
    }

    /** The scales of a node's input channels. */
    double[] ofInput(Node node) {
        return Arrays.stream(groups.channels(node.input(0))).mapToDouble(label -> factors[label]).toArray();
    }

    /** The scales of a node's output channels. */
    double[] ofOutput(Node node) {
        return Arrays.stream(groups.channels(node.output())).mapToDouble(label -> factors[label]).toArray();
    }

    /** The scales of a value, one for each of equal runs of the elements of a sample. */
    double[] of(String value) {
        return Arrays.stream(groups.labels(value)).mapToDouble(label -> factors[label]).toArray();
    }
}
