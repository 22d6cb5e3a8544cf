package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.observe.Observer;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.tests.parity.GoldenModel;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequential calibration on networks with branches, joined maps, and layers that walk through time. */
class SequentialNetworksTest {
    private static final int STEPS = 2;

    /** The definition, checked on the finished plan: with a value's own rounding taken out and all others in, its observer finds the exponent it has. */
    @ParameterizedTest
    @ValueSource(strings = {"lenet_imb", "yolo", "lstm", "gru", "zoo_elem", "zoo_shape", "zoo_trans", "zoo_act"})
    void everyExponentIsWhatItsObserverFindsBehindQuantizedLayers(String name) {
        GoldenModel golden = GoldenModel.of(name);
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).calibration(Observers.MINMAX).calibBatch(golden.batch()).calibSteps(STEPS)
                .sequential(true).build();
        QuantizationResult result = Bitgrain.calibrate(golden.model(), golden.calibration(), options, QuantizationListener.NONE);
        QuantPlan plan = result.plan();
        Graph graph = result.model().graph();
        int compared = 0;
        for (Slot root : plan.slots()) {
            if (plan.isLinked(root) || plan.config(root).state() != SlotState.ACTIVATED || graph.isParameter(value(graph, root))) {
                continue;
            }
            int found = observed(result.model(), without(plan, root), root, golden);
            // A shift to the left is not to be had: then the exponent is larger than what was observed.
            boolean raised = found < plan.exponents(root).single() && isProduct(graph, plan, root);
            assertTrue(raised || found == plan.exponents(root).single(), () -> root + ": " + plan.exponents(root) + ", observed " + found);
            compared++;
        }
        assertTrue(compared >= 3, name + ": " + compared);
    }

    private static boolean isProduct(Graph graph, QuantPlan plan, Slot root) {
        return plan.slots().stream().filter(slot -> plan.root(slot).equals(root)).map(slot -> graph.node(slot.node()).op().onnxType())
                .anyMatch(Set.of("Conv", "Gemm", "MatMul", "Mul")::contains);
    }

    private static String value(Graph graph, Slot slot) {
        Node node = graph.node(slot.node());
        return slot.side() == Slot.Side.INPUT ? node.input(slot.index()) : node.outputs().get(slot.index());
    }

    /** The plan as it was just before the root got its exponent. */
    private static QuantPlan without(QuantPlan plan, Slot root) {
        QuantPlan.Builder edit = plan.edit();
        edit.put(root, plan.config(root).withExponents(null)).state(root, SlotState.INITIAL);
        plan.followers(root).stream().filter(plan::quantizes).forEach(slot -> edit.state(slot, SlotState.PASSIVE_INIT));
        return edit.build();
    }

    private static int observed(Model model, QuantPlan plan, Slot root, GoldenModel golden) {
        String value = value(model.graph(), root);
        Model quantized = FakeQuantization.insert(model, plan);
        Observer observer = Observers.create(plan.config(root), Profile.IMPROVED);
        try (Executor executor = new Executor(quantized.graph(), quantized.parameters(), Executor.Options.defaults().observe(Set.of(value), observer::observe))) {
            for (int i = 0; i < STEPS; i++) {
                executor.run(golden.calibration().read(i * golden.batch(), golden.batch()));
            }
        }
        return observer.exponent();
    }
}
