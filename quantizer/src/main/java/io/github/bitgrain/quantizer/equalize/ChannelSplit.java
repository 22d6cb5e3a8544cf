package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Wide channels are made twice, each with 1/√2 of its weights on both sides, so that the range of the weight tensors shrinks and the
 * function stays (esp-ppq: quantization/algorithm/equalization.py, after Zhao et al. 2019). The network grows: every iteration may
 * double channels again. Grouped convolutions are left alone, and so are slopes per channel in between.
 */
public final class ChannelSplit {
    /** Channels beyond this are not what anybody wants. */
    private static final int MOST_CHANNELS = 1 << 16;
    private static final double SHARE = 1 / Math.sqrt(2);

    private final Graph graph;
    private final Parameters parameters;
    private final ChannelSplitSetting setting;

    private ChannelSplit(Model model, ChannelSplitSetting setting) {
        graph = model.graph();
        parameters = model.parameters().copy();
        this.setting = setting;
    }

    /**
     * The same function with more channels.
     *
     * @throws BitgrainException (usage) if the threshold makes the network grow without bound
     */
    public static Model apply(Model model, ChannelSplitSetting setting) {
        ChannelSplit pass = new ChannelSplit(model, setting);
        List<LayerPairs.Pair> pairs = LayerPairs.of(model.graph(), model.parameters(), setting.optLevel(), setting.interestedLayers());
        for (int i = 0; i < setting.iterations(); i++) {
            pairs.stream().filter(pass::mayGrow).forEach(pass::split);
        }
        return new Model(model.graph(), pass.parameters);
    }

    private boolean mayGrow(LayerPairs.Pair pair) {
        return pair.upstream().stream().noneMatch(ChannelSplit::isGrouped) && pair.downstream().stream().noneMatch(ChannelSplit::isGrouped)
                && pair.relays().stream().noneMatch(node -> node.op() instanceof PRelu && parameters.get(node.input(1)).size() > 1)
                && pair.relays().stream().allMatch(node -> node.inputs().stream().noneMatch(input -> node.inputs().size() > 1 && graph.isParameter(input)
                        && parameters.get(input).size() > 1))
                && pair.upstream().stream().noneMatch(node -> graph.isOutput(node.output()))
                && pair.relays().stream().noneMatch(node -> graph.isOutput(node.output()));
    }

    private static boolean isGrouped(Node node) {
        return node.op() instanceof Conv conv && conv.groups() > 1;
    }

    private void split(LayerPairs.Pair pair) {
        float[] up = LayerEqualization.upstream(pair, parameters, setting.includingBias(), setting.biasMultiplier());
        float[] down = LayerEqualization.downstream(pair, parameters);
        int[] sources = new int[2 * up.length];
        boolean[] halved = new boolean[2 * up.length];
        int count = 0;
        for (int c = 0; c < up.length; c++) {
            boolean wide = up[c] >= (float) setting.valueThreshold() && down[c] >= (float) setting.valueThreshold();
            for (int copy = 0; copy < (wide ? 2 : 1); copy++) {
                halved[count] = wide;
                sources[count++] = c;
            }
        }
        if (count > MOST_CHANNELS) {
            throw BitgrainException.usage("channel_split_setting.value_threshold: " + setting.valueThreshold() + " makes node \""
                    + pair.upstream().getFirst().name() + "\" grow beyond " + MOST_CHANNELS + " channels; raise it or use fewer iterations");
        }
        int[] taken = Arrays.copyOf(sources, count);
        for (Node node : pair.upstream()) {
            pick(node.input(1), WeightView.rowAxis(node), taken, halved);
            if (node.hasInput(2) && parameters.get(node.input(2)).size() > 1) {
                pick(node.input(2), parameters.get(node.input(2)).shape().rank() - 1, taken, halved);
            }
        }
        pair.downstream().forEach(node -> pick(node.input(1), 1 - WeightView.rowAxis(node), taken, halved));
    }

    /** Lets an axis of a parameter hold the given old indices, multiplied where they are halves. */
    private void pick(String name, int axis, int[] sources, boolean[] halved) {
        Tensor old = parameters.get(name);
        Shape shape = old.shape();
        int inner = shape.size(axis + 1, shape.rank());
        int extent = shape.dim(axis);
        Tensor grown = Tensor.zeros(shape.with(axis, sources.length));
        for (int outer = 0; outer < shape.size(0, axis); outer++) {
            for (int i = 0; i < sources.length; i++) {
                for (int k = 0; k < inner; k++) {
                    float value = old.data()[(outer * extent + sources[i]) * inner + k];
                    grown.data()[(outer * sources.length + i) * inner + k] = halved[i] ? (float) (value * SHARE) : value;
                }
            }
        }
        parameters.put(name, grown);
    }
}
