package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.tqt.LearningRates;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A network with a chip's plan, whose weights and biases are trained while the exponents stay: what is trained is what the chip runs.
 */
public final class PlanTrainee implements Trainee {
    private final Model network;
    private final QuantPlan plan;
    private final Model quantized;
    private final Set<String> trained = new LinkedHashSet<>();
    private final Map<String, Double> rateUnits = new LinkedHashMap<>();

    /** A network whose learning rates are counted as they are. */
    public PlanTrainee(Model model, QuantPlan plan) {
        this(model, plan, false, UnaryOperator.identity());
    }

    /**
     * A network after the graph passes; it gets weights of its own.
     *
     * @param plan with all exponents
     * @param ratesInSteps whether learning rates count in the steps that weights and biases are rounded to, as in threshold training:
     *     one number then suits layers of large and of small weights
     * @param answers from the network with fake quantization to what loss and metric look at, as its first output; weights stay the same tensors
     */
    public PlanTrainee(Model model, QuantPlan plan, boolean ratesInSteps, UnaryOperator<Model> answers) {
        network = new Model(model.graph(), model.parameters().copy());
        this.plan = plan;
        quantized = answers.apply(FakeQuantization.insert(network, plan));
        Graph graph = network.graph();
        for (Node node : graph.nodes()) {
            boolean learns = node.op() instanceof Conv || node.op() instanceof Gemm || node.op() instanceof MatMul || node.op() instanceof PRelu;
            for (int i = 1; learns && i < node.inputs().size(); i++) {
                if (node.isTensorInput(i) && graph.isParameter(node.input(i)) && quantized.graph().isParameter(node.input(i))) {
                    trained.add(node.input(i));
                    if (ratesInSteps) {
                        rateUnits.put(node.input(i), LearningRates.step(plan, node, i, LearningRates.BIAS_SHARE));
                    }
                }
            }
        }
    }

    /** The trained network without quantizers, for lowering with {@link #plan}. */
    public Model network() {
        return network;
    }

    /** The plan. */
    public QuantPlan plan() {
        return plan;
    }

    @Override
    public Model training() {
        return quantized;
    }

    @Override
    public Model evaluation() {
        return quantized;
    }

    @Override
    public Set<String> trained() {
        return trained;
    }

    @Override
    public Map<String, Tensor> state() {
        Parameters parameters = network.parameters();
        Map<String, Tensor> state = new LinkedHashMap<>();
        trained.forEach(name -> state.put(name, parameters.get(name)));
        return state;
    }

    @Override
    public double rateUnit(String name) {
        return rateUnits.getOrDefault(name, 1.0);
    }

    @Override
    public Set<String> ranges() {
        return Set.of();
    }

    @Override
    public Map<String, String> manifest() {
        Map<String, String> manifest = new LinkedHashMap<>();
        if (!rateUnits.isEmpty()) {
            manifest.put("learning rates", "in steps");
        }
        for (Node node : quantized.graph().nodes()) {
            if (node.op() instanceof FakeQuant op) {
                manifest.put(node.name(), op + " " + java.util.Arrays.toString(quantized.parameters().get(node.input(1)).data()));
            }
        }
        return manifest;
    }
}
