package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A layer with few large weights becomes the sum of two: weights beyond a threshold are divided between them, so that both have a finer
 * scale; the bias stays with the first (esp-ppq: quantization/optim/morph.py, HorizontalLayerSplitPass).
 */
public final class WeightSplit {
    private static final long SEED = 0;

    private WeightSplit() {}

    /**
     * The same function, with two layers and an Add for every named layer that has such weights.
     *
     * @throws BitgrainException (usage) when no layer is named, or a name is none of a layer with constant weights
     */
    public static Model apply(Model model, WeightSplitSetting setting) {
        if (setting.interestedLayers().isEmpty()) {
            throw BitgrainException.usage("weight_split_setting.interested_layers: names no layer; list those to split");
        }
        Parameters parameters = model.parameters().shallowCopy();
        List<Node> nodes = new ArrayList<>(model.graph().nodes());
        SplittableRandom random = new SplittableRandom(SEED);
        for (String name : setting.interestedLayers()) {
            Node node = model.graph().node(name);
            boolean layer = node != null && (node.op() instanceof Conv || node.op() instanceof Gemm || node.op() instanceof MatMul);
            if (!layer || !model.graph().isParameter(node.input(1))) {
                throw BitgrainException.usage("weight_split_setting.interested_layers: \"" + name + "\" is no Conv, Gemm or MatMul with constant"
                        + " weights in " + model.graph().name());
            }
            split(node, setting, parameters, nodes, random);
        }
        return new Model(model.graph().edit().nodes(nodes).build(), parameters);
    }

    private static void split(Node node, WeightSplitSetting setting, Parameters parameters, List<Node> nodes, SplittableRandom random) {
        Tensor whole = parameters.get(node.input(1));
        Tensor first = whole.copy();
        Tensor second = Tensor.zeros(whole.shape());
        boolean any = false;
        for (int i = 0; i < whole.size(); i++) {
            float value = whole.data()[i];
            if (Math.abs(value) > (float) setting.valueThreshold()) {
                double share = setting.method() == WeightSplitSetting.Method.BALANCE ? 0.5 : random.nextDouble();
                second.data()[i] = (float) (value * share);
                first.data()[i] = value - second.data()[i];
                any = true;
            }
        }
        if (!any) {
            return;
        }
        String weights = node.name() + "/split_weight";
        String one = node.output() + "/split_0";
        String other = node.output() + "/split_1";
        parameters.put(node.input(1), first);
        parameters.put(weights, second);
        int at = nodes.indexOf(node);
        nodes.set(at, node.withOutputs(List.of(one)));
        nodes.add(at + 1, new Node(node.name() + "/split", node.op(), List.of(node.input(0), weights), List.of(other)));
        nodes.add(at + 2, new Node(node.name() + "/split_sum", new Add(), List.of(one, other), node.outputs()));
    }
}
