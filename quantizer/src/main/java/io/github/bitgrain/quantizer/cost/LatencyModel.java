package io.github.bitgrain.quantizer.cost;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.OptionalDouble;
import java.util.function.ToIntFunction;

/**
 * Estimated time of a network on a chip. A node counts its vector operations: products ÷ products per instruction, and 16-byte
 * loads and stores of everything it reads and writes once; on {@link Target#C} products count one by one. Twice the bits so
 * make twice the operations. A value that is read at another width costs a pass of its own.
 *
 * <p>The time of an operation is set so that MobileNetV2 (ImageNet, 224 × 224, 8 bit: 300.8 M products, about 17.5 MB) takes
 * what ESP-DL's documentation (how_to_deploy_mobilenetv2) publishes for one core: 1309.5 ms on the ESP32-S3, 326.6 ms on the
 * ESP32-P4. The other published latency whose model is at hand, YOLO26n 512 with 15 % of its products at 16 bit, then comes out
 * at 0.71 (P4) and 0.73 (S3) of what is published for two cores. Ratios of two variants of one network are what this is for.
 */
public final class LatencyModel {
    private static final int VECTOR_BYTES = 16;
    private static final double MOBILENET_OPERATIONS = (300.8e6 + 17.5e6) / VECTOR_BYTES;

    private final Graph graph;
    private final Workload workload;
    private final Target target;

    /** The model of a network after the graph passes. */
    public LatencyModel(Model model, Target target) {
        this.graph = model.graph();
        this.workload = Workload.of(model);
        this.target = target;
    }

    /** The workload that is timed. */
    public Workload workload() {
        return workload;
    }

    /** Milliseconds of one vector operation on one core; empty where no latency is published. */
    public OptionalDouble millisecondsPerOperation() {
        return switch (target) {
            case C -> OptionalDouble.empty();
            case ESP32S3 -> OptionalDouble.of(1309.5 / MOBILENET_OPERATIONS);
            case ESP32P4 -> OptionalDouble.of(326.6 / MOBILENET_OPERATIONS);
        };
    }

    /**
     * Vector operations of the whole network.
     *
     * @param bits bits of every node by name, {@link QuantPlan#FLOAT} for float
     */
    public double operations(ToIntFunction<String> bits) {
        return graph.nodes().stream().mapToDouble(node -> operations(node, bits)).sum();
    }

    /** Vector operations of a node, the conversion of what it reads included. */
    public double operations(Node node, ToIntFunction<String> bits) {
        int own = bytes(bits.applyAsInt(node.name()));
        double conversions = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            Node maker = node.isTensorInput(i) && node.hasInput(i) ? graph.producer(node.input(i)) : null;
            int made = maker == null ? own : bytes(bits.applyAsInt(maker.name()));
            conversions += made == own ? 0 : (double) workload.elements(node.input(i)) * (made + own) / VECTOR_BYTES;
        }
        // The chip leaves out what only renames, and an activation in the node before it.
        boolean free = isRenaming(node) || isFused(node);
        double products = (double) workload.macs(node) * (target == Target.C ? 1 : (double) own / VECTOR_BYTES);
        return conversions + products + (free ? 0 : (double) workload.elements(node) * own / VECTOR_BYTES);
    }

    private static boolean isRenaming(Node node) {
        return node.op() instanceof Reshape || node.op() instanceof Flatten || node.op() instanceof Squeeze || node.op() instanceof Unsqueeze
                || node.op() instanceof Identity;
    }

    private boolean isFused(Node node) {
        if (!OperatorTraits.isFusedActivation(node.op())) {
            return false;
        }
        Node maker = graph.producer(node.input(0));
        return maker != null && OperatorTraits.isComputing(maker.op()) && graph.consumers(node.input(0)).size() == 1;
    }

    private static int bytes(int bits) {
        return bits == QuantPlan.FLOAT ? Float.BYTES : bits / Byte.SIZE;
    }
}
