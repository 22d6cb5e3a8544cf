package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes batch normalizations into the layers before them: with g = γ/√(σ² + ε), W' = W g and b' = (b − μ) g + β. A normalization is
 * folded when it is the only reader of a convolution, transposed convolution without groups, or linear layer; its place keeps an
 * identity, so that paths stay.
 */
public final class BatchNormFold {
    private BatchNormFold() {}

    /**
     * Folds in a float tree, before quantization.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @return paths of what was folded
     * @throws BitgrainException (usage) when a layer to fold into is quantized; {@link #trained} does that
     */
    public static List<String> beforeQuantization(Module root, Shape shape) {
        List<String> folded = new ArrayList<>();
        pairs(root, shape).forEach(pair -> {
            if (pair.layer().weightQuantizer() != null) {
                throw BitgrainException.usage("\"" + pair.path() + "\" is quantized; its batch normalization can be folded as trained only");
            }
            Tensor bias = bias(pair.layer());
            scale(pair.layer().weight(), bias, pair.norm(), pair.layer().channelAxis());
            replace(pair, bias);
            folded.add(pair.path());
        });
        return folded;
    }

    /**
     * Folds in a trained quantized tree without touching the integers: the scale of channel c becomes s |g|, the integers are negated
     * where g &lt; 0, the bias is folded in float. A channel with g = 0 becomes zero with scale 1. Without narrow range −128 has no
     * negative and becomes 127.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @return paths of what was folded
     * @throws BitgrainException (usage) when a layer has one range for all channels, or scales that must stay powers of two
     */
    public static List<String> trained(Module root, Shape shape) {
        List<String> folded = new ArrayList<>();
        for (Pair pair : pairs(root, shape)) {
            TensorQuantizer quantizer = pair.layer().weightQuantizer();
            if (quantizer == null || !quantizer.isEnabled()) {
                throw BitgrainException.usage("\"" + pair.path() + "\" is not quantized; fold before quantization");
            }
            Tensor bias = bias(pair.layer());
            foldIntegers(pair, quantizer, bias);
            replace(pair, bias);
            folded.add(pair.path());
        }
        return folded;
    }

    private static void foldIntegers(Pair pair, TensorQuantizer quantizer, Tensor bias) {
        Tensor range = quantizer.amax().orElseThrow(() -> BitgrainException.usage("\"" + pair.path() + "\" is not calibrated"));
        if (range.size() == 1 && bias.size() > 1) {
            throw BitgrainException.usage("\"" + pair.path() + "\": a trained layer takes in a normalization with a range per channel only");
        }
        if (quantizer.descriptor().powerOfTwo()) {
            throw BitgrainException.usage("\"" + pair.path() + "\": its scales are powers of two, and would not be after folding; fold before quantization");
        }
        Tensor weight = pair.layer().weight();
        Tensor before = quantizer.stepSize().orElseThrow();
        Tensor rounded = quantizer.forward(weight);
        float[] g = factors(pair.norm());
        Tensor now = range.copy();
        for (int c = 0; c < g.length; c++) {
            now.data()[c] = g[c] == 0 ? quantizer.descriptor().qmax() : range.data()[c] * Math.abs(g[c]);
        }
        quantizer.setAmax(now);
        Tensor after = quantizer.stepSize().orElseThrow();
        int most = quantizer.descriptor().qmax();
        int inner = weight.shape().size(pair.layer().channelAxis() + 1, weight.shape().rank());
        for (int i = 0; i < weight.size(); i++) {
            int c = i / inner % g.length;
            int q = before.data()[c] == 0 ? 0 : Math.round(rounded.data()[i] / before.data()[c]);
            weight.data()[i] = Math.min(most, (int) Math.signum(g[c]) * q) * after.data()[c];
        }
        shift(bias, pair.norm(), g);
    }

    /** W g, and (b − μ) g + β. */
    static void scale(Tensor weight, Tensor bias, BatchNorm2d norm, int axis) {
        float[] g = factors(norm);
        int inner = weight.shape().size(axis + 1, weight.shape().rank());
        for (int i = 0; i < weight.size(); i++) {
            weight.data()[i] *= g[i / inner % g.length];
        }
        shift(bias, norm, g);
    }

    private static void shift(Tensor bias, BatchNorm2d norm, float[] g) {
        for (int c = 0; c < g.length; c++) {
            bias.data()[c] = (float) ((bias.data()[c] - (double) norm.buffers().get("running_mean").data()[c]) * g[c]
                    + norm.parameters().get("bias").data()[c]);
        }
    }

    private static float[] factors(BatchNorm2d norm) {
        Tensor variance = norm.buffers().get("running_var");
        float[] g = new float[variance.size()];
        for (int c = 0; c < g.length; c++) {
            g[c] = (float) (norm.parameters().get("weight").data()[c] / Math.sqrt((double) variance.data()[c] + norm.op().epsilon()));
        }
        return g;
    }

    private static Tensor bias(WeightedLayer layer) {
        return layer.bias() != null ? layer.bias() : Tensor.zeros(Shape.of(layer.weight().shape().dim(layer.channelAxis())));
    }

    private static void replace(Pair pair, Tensor bias) {
        pair.layer().parameter("bias", bias);
        pair.parent().child(pair.name(), new Operator(new Identity()));
    }

    /** A layer, the normalization behind it, and where that stands. */
    private record Pair(String path, WeightedLayer layer, BatchNorm2d norm, Module parent, String name) {}

    private static List<Pair> pairs(Module root, Shape shape) {
        Map<String, Module> named = root.named();
        Map<Module, Module> parents = new IdentityHashMap<>();
        Map<Module, String> names = new IdentityHashMap<>();
        named.values().forEach(module -> module.children().forEach((name, child) -> {
            parents.put(child, module);
            names.put(child, name);
        }));
        List<Pair> pairs = new ArrayList<>();
        Graph graph = Network.of(root, shape).model().graph();
        for (Node node : graph.nodes()) {
            // A module's only node is called like the module.
            if (node.op() instanceof BatchNorm && named.get(node.name()) instanceof BatchNorm2d norm && parents.containsKey(norm)) {
                Node maker = graph.producer(node.input(0));
                if (maker != null && named.get(maker.name()) instanceof WeightedLayer layer && graph.consumers(node.input(0)).size() == 1
                        && !graph.outputs().contains(node.input(0)) && !(layer instanceof ConvTranspose2d transposed && transposed.groups() > 1)) {
                    pairs.add(new Pair(maker.name(), layer, norm, parents.get(norm), names.get(norm)));
                }
            }
        }
        return pairs;
    }
}
