package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;

/**
 * Folds a BatchNormalization into the only Conv, ConvTranspose or Gemm before it: with k = γ / sqrt(σ² + ε), W' = W k and
 * b' = γ (b − μ) / sqrt(σ² + ε) + β per output channel.
 */
final class FuseBatchNorm implements GraphPass {
    @Override
    public Model apply(Model model) {
        Graph graph = model.graph();
        Rewriter rewriter = new Rewriter(model);
        for (Node node : graph.nodes()) {
            boolean fits = node.op() instanceof Conv || node.op() instanceof ConvTranspose
                    || node.op() instanceof Gemm gemm && gemm.alpha() == 1 && gemm.beta() == 1;
            Node norm = fits && graph.isParameter(node.input(1)) ? Rewriter.onlyReader(graph, node.output()) : null;
            if (norm != null && norm.op() instanceof BatchNorm op && (!node.hasInput(2) || graph.isParameter(node.input(2)))) {
                fold(model, node, norm, op, rewriter);
            }
        }
        return rewriter.build();
    }

    private static void fold(Model model, Node node, Node norm, BatchNorm op, Rewriter rewriter) {
        Affine affine = Affine.of(model, norm, op);
        Tensor weight = model.parameters().get(node.input(1));
        float[] scaled = new float[weight.size()];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weight.data()[i] * affine.factor(channel(node, weight.shape(), i)));
        }
        float[] bias = new float[affine.size()];
        Tensor old = node.hasInput(2) ? model.parameters().get(node.input(2)) : null;
        for (int c = 0; c < bias.length; c++) {
            bias[c] = (float) ((old == null ? 0 : old.data()[old.size() == 1 ? 0 : c]) * affine.factor(c) + affine.offset(c));
        }
        String biasName = node.hasInput(2) ? node.input(2) : rewriter.fresh(node.name() + "_bias");
        rewriter.put(node.input(1), new Tensor(weight.shape(), scaled));
        rewriter.put(biasName, new Tensor(Shape.of(bias.length), bias));
        rewriter.replace(node, node.withInputs(List.of(node.input(0), node.input(1), biasName)).withOutputs(norm.outputs().subList(0, 1)));
        rewriter.remove(norm);
    }

    /** Output channel that weight i belongs to. */
    private static int channel(Node node, Shape shape, int i) {
        return switch (node.op()) {
            case Gemm gemm -> gemm.transB() ? i / shape.dim(1) : i % shape.dim(1);
            case ConvTranspose conv -> {
                int taps = shape.size(2, shape.rank());
                int perGroup = shape.dim(1);
                int in = i / (taps * perGroup);
                yield in / (shape.dim(0) / conv.groups()) * perGroup + i / taps % perGroup;
            }
            default -> i / shape.size(1, shape.rank());
        };
    }

    /** x → factor x + offset per channel: what a normalization with fixed statistics does. */
    record Affine(double[] factors, double[] offsets) {
        static Affine of(Model model, Node norm, BatchNorm op) {
            float[] gamma = model.parameters().get(norm.input(1)).data();
            float[] beta = model.parameters().get(norm.input(2)).data();
            float[] mean = model.parameters().get(norm.input(3)).data();
            float[] variance = model.parameters().get(norm.input(4)).data();
            double[] factors = new double[gamma.length];
            double[] offsets = new double[gamma.length];
            for (int c = 0; c < gamma.length; c++) {
                factors[c] = gamma[c] / Math.sqrt((double) variance[c] + op.epsilon());
                offsets[c] = beta[c] - mean[c] * factors[c];
            }
            return new Affine(factors, offsets);
        }

        int size() {
            return factors.length;
        }

        double factor(int channel) {
            return factors[channel];
        }

        double offset(int channel) {
            return offsets[channel];
        }
    }
}
