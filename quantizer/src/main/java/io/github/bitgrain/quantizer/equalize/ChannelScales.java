package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Node;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** By what the channels of every group of values are multiplied, and what is subtracted then. */
final class ChannelScales {
    private final ChannelGroups groups;
    private final Map<String, double[]> scales = new LinkedHashMap<>();
    private final Map<String, Double> shifts = new LinkedHashMap<>();

    ChannelScales(ChannelGroups groups) {
        this.groups = groups;
    }

    void set(String group, double[] scale) {
        scales.put(group, scale);
    }

    void shift(String group, double shift) {
        shifts.put(group, shift);
    }

    /** One factor per channel of the group; changes to it count. */
    double[] of(String group) {
        return scales.get(group);
    }

    /** What is subtracted from a value after scaling. */
    double shiftOf(String value) {
        String group = groups.group(value);
        return group == null ? 0 : shifts.get(group);
    }

    /** The scales of a node's input channels. */
    double[] ofInput(Node node, WeightView weights) {
        return of(node.input(0), weights.channels());
    }

    /** The scales of a node's output channels. */
    double[] ofOutput(Node node, WeightView weights) {
        return of(node.output(), weights.rows());
    }

    /** A group may have fewer channels than a value, of which several in a row then belong to one. */
    double[] of(String value, int channels) {
        String group = groups.group(value);
        double[] all = new double[channels];
        Arrays.fill(all, 1);
        if (group != null) {
            double[] scale = scales.get(group);
            for (int c = 0; c < channels; c++) {
                all[c] = scale[c / (channels / scale.length)];
            }
        }
        return all;
    }
}
