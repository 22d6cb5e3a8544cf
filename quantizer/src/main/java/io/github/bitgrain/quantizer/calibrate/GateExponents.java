package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Exponents of the gates of recurrent operators. The chip adds products and biases of gates as integers of 16 bits without saturation (chip-arithmetic.md §3.14):
 * at the usual exponent, which ends at ±64, an argument of 84 turns into one of −44, and an open gate into a closed one. Where samples come near that end, gates
 * get a coarser exponent.
 */
public final class GateExponents {
    /** What the largest argument of the samples may reach of the range, as other samples may have larger ones. */
    private static final double FILLED = 0.8;
    /** Coarser cells would be of little use: steps of 1/32. */
    private static final int COARSEST = -5;
    /** Batches that are looked at. */
    private static final int MOST_BATCHES = 4;
    private static final int BIAS = 3;
    private static final int INITIAL_STATE = 5;

    private GateExponents() {}

    /** The network with gate exponents that hold what the samples make of it. */
    public static Model apply(Model model, Batches batches, int threads) {
        Model probe = withSequences(model);
        Map<String, Double> largest = new LinkedHashMap<>();
        Set<String> values = new LinkedHashSet<>();
        List<Node> walks = probe.graph().nodes().stream().filter(node -> OperatorTraits.isRecurrent(node.op()) && hasConstantWeights(probe, node)).toList();
        if (walks.isEmpty()) {
            return model;
        }
        for (Node node : walks) {
            values.add(node.input(0));
            values.add(node.output());
            if (node.hasInput(INITIAL_STATE)) {
                values.add(node.input(INITIAL_STATE));
            }
        }
        values.removeIf(probe.graph()::isParameter);
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(List.copyOf(values));
        try (Executor executor = new Executor(probe.graph(), probe.parameters(), options)) {
            for (int i = 0; i < Math.min(MOST_BATCHES, Math.min(batches.count(), batches.distinct())); i++) {
                Map<String, Tensor> run = executor.run(batches.get(i));
                walks.forEach(node -> largest.merge(node.name(), new Arguments(probe, node, run).largest(), Math::max));
            }
        }
        List<Node> nodes = model.graph().nodes().stream().map(node -> largest.containsKey(node.name())
                ? node.withOp(withExponent(node.op(), exponent(largest.get(node.name())))) : node).toList();
        return new Model(model.graph().edit().nodes(nodes).build(), model.parameters());
    }

    private static boolean hasConstantWeights(Model model, Node node) {
        return model.graph().isParameter(node.input(1)) && model.graph().isParameter(node.input(2)) && (!node.hasInput(BIAS) || model.graph().isParameter(node.input(BIAS)));
    }

    private static int exponent(double largest) {
        int exponent = GateQuantization.USUAL_EXPONENT;
        while (exponent < COARSEST && largest > FILLED * Math.scalb(1.0, exponent + GateQuantization.GATE_BITS - 1)) {
            exponent++;
        }
        return exponent;
    }

    private static Op withExponent(Op op, int exponent) {
        return switch (op) {
            case Gru gru -> new Gru(gru.hidden(), gru.direction(), gru.linearBeforeReset(), gru.gates(), exponent);
            case Lstm lstm -> new Lstm(lstm.hidden(), lstm.direction(), lstm.gates(), exponent);
            default -> op;
        };
    }

    /** Some networks read the last state only; the states of all steps are what gates depend on. */
    private static Model withSequences(Model model) {
        Names names = new Names(model);
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            boolean silent = OperatorTraits.isRecurrent(node.op()) && node.output().isEmpty();
            List<String> outputs = new ArrayList<>(node.outputs());
            if (silent) {
                outputs.set(0, names.fresh(node.name() + "_states"));
            }
            nodes.add(silent ? node.withOutputs(outputs) : node);
        }
        return new Model(model.graph().edit().nodes(nodes).build(), model.parameters());
    }

    /** The gate arguments of one operator on a batch. */
    private static final class Arguments {
        private final Tensor x;
        private final Tensor y;
        private final Tensor first;
        private final float[] w;
        private final float[] r;
        private final float[] bias;
        private final int rows;
        private final int hidden;
        private double largest;

        Arguments(Model model, Node node, Map<String, Tensor> run) {
            x = value(model, node.input(0), run);
            y = run.get(node.output());
            first = node.hasInput(INITIAL_STATE) ? value(model, node.input(INITIAL_STATE), run) : null;
            w = model.parameters().get(node.input(1)).data();
            r = model.parameters().get(node.input(2)).data();
            bias = node.hasInput(BIAS) ? model.parameters().get(node.input(BIAS)).data() : null;
            hidden = y.shape().dim(3);
            rows = model.parameters().get(node.input(2)).shape().dim(1);
        }

        private static Tensor value(Model model, String name, Map<String, Tensor> run) {
            return model.graph().isParameter(name) ? model.parameters().get(name) : run.get(name);
        }

        /** The largest magnitude of a product, with and without its bias, and of a sum of both products. */
        double largest() {
            int steps = x.shape().dim(0);
            int batch = x.shape().dim(1);
            int features = x.shape().dim(2);
            int walks = y.shape().dim(1);
            for (int d = 0; d < walks; d++) {
                boolean backwards = d == 1;
                for (int t = 0; t < steps; t++) {
                    int before = backwards ? t + 1 : t - 1;
                    boolean begins = before < 0 || before == steps;
                    for (int n = 0; n < batch; n++) {
                        float[] h = begins ? first == null ? null : first.data() : y.data();
                        int at = ((begins ? d : before * walks + d) * batch + n) * hidden;
                        step(d, (t * batch + n) * features, features, h, at);
                    }
                }
            }
            return largest;
        }

        private void step(int d, int from, int features, float[] h, int at) {
            for (int row = 0; row < rows; row++) {
                double a = product(w, (d * rows + row) * features, x.data(), from, features);
                double b = h == null ? 0 : product(r, (d * rows + row) * hidden, h, at, hidden);
                largest = Math.max(largest, Math.max(Math.abs(a), Math.abs(b)));
                if (bias != null) {
                    a += bias[d * 2 * rows + row];
                    b += bias[d * 2 * rows + rows + row];
                }
                largest = Math.max(largest, Math.max(Math.abs(a + b), Math.max(Math.abs(a), Math.abs(b))));
            }
        }

        private static double product(float[] weights, int start, float[] v, int from, int length) {
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += (double) weights[start + i] * v[from + i];
            }
            return sum;
        }
    }
}
