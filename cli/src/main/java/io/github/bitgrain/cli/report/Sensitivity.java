package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.pipeline.Request;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis.Part;
import io.github.bitgrain.quantizer.analyze.LayerError;
import io.github.bitgrain.quantizer.cost.ChipTime;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The layers of a quantized network, the most sensitive first.
 *
 * @param samples number of samples the errors are means over
 * @param whole noise ÷ signal at the outputs with everything quantized
 * @param latency estimated time on the chip
 * @param layers one entry per quantized computing layer, by falling error of the layer alone
 * @param tensors every quantized tensor, in graph order; null if that was not asked for
 * @param report file of the page that shows all this, or null
 */
public record Sensitivity(int samples, double whole, Latency latency, List<Layer> layers, List<TensorFigures> tensors, String report) {
    /** Below this share of an error another one is clearly less: measured on few samples, errors vary. */
    static final double CLEARLY_LESS = 0.9;

    /**
     * Estimated time on one core of the chip.
     *
     * @param operations vector operations of the whole network
     * @param milliseconds time of the whole network; null where no latency is published
     * @param otherShare share of the nodes that are no layers of this analysis, such as Add or Concat, 0 to 1
     * @param otherMilliseconds their time; null where no latency is published
     * @param others these nodes, the slowest first
     */
    public record Latency(double operations, Double milliseconds, double otherShare, Double otherMilliseconds, List<Other> others) {}

    /**
     * What a node costs that is no layer of this analysis.
     *
     * @param node name
     * @param type operator
     * @param bits width; 0: it stays in float
     * @param weightBytes bytes of its constants
     * @param activationBytes bytes of what it reads and makes
     * @param latencyShare share of the estimated time of the whole network, 0 to 1
     * @param milliseconds its estimated time on one core; null where no latency is published
     */
    public record Other(String node, String type, int bits, long weightBytes, long activationBytes, double latencyShare, Double milliseconds) {}

    /**
     * What quantization does to a layer; errors are noise ÷ signal.
     *
     * @param node name
     * @param type operator
     * @param place which of the layers it is in the order of the network, from 1 on
     * @param bits width
     * @param cumulated at the layer, everything quantized
     * @param cumulatedCosine cosine there
     * @param cumulatedMse mean squared error there
     * @param alone at the outputs, the layer alone quantized
     * @param weightsOnly at the outputs, its constants alone quantized
     * @param activationsOnly at the outputs, its operands and results alone quantized
     * @param inFloat at the outputs, everything but the layer quantized
     * @param in16Bits at the outputs, everything quantized, the layer at 16 bits
     * @param weightBytes bytes of its constants
     * @param activationBytes bytes of what it reads and makes
     * @param latencyShare share of the estimated time of the whole network, 0 to 1
     * @param milliseconds its estimated time on one core; null where no latency is published
     */
    public record Layer(String node, String type, int place, int bits, double cumulated, double cumulatedCosine, double cumulatedMse, double alone,
            double weightsOnly, double activationsOnly, double inFloat, double in16Bits, long weightBytes, long activationBytes, double latencyShare,
            Double milliseconds) {}

    /**
     * Measures a quantized network on samples.
     *
     * @param request how it was quantized
     * @param tensors whether to look at every tensor as well
     * @param report file of the page that will show it, or null
     */
    public static Sensitivity of(Quantized quantized, Request request, DataSource samples, boolean tensors, Path report) {
        Model model = quantized.tuned();
        QuantPlan plan = quantized.tunedPlan();
        int threads = request.threads();
        ErrorAnalysis analysis = new ErrorAnalysis(quantized.reference(), samples, threads, request.profile());
        Map<Part, Map<String, Double>> parts = new HashMap<>();
        analysis.layerwise(model, plan, request.settings().learnsRounding(), List.of(Part.values())).forEach((part, found) ->
                parts.put(part, found.stream().collect(Collectors.toMap(LayerError::node, LayerError::snr))));
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        ChipTime time = ChipTime.of(model, plan);
        List<Layer> layers = new ArrayList<>();
        for (LayerError error : analysis.graphwise(model, plan)) {
            Node node = model.graph().node(error.node());
            int bits = plan.bits(node.name());
            double share = time.share(node.name());
            layers.add(new Layer(node.name(), node.op().onnxType(), layers.size() + 1, bits, error.snr(), error.cosine(), error.mse(),
                    parts.get(Part.LAYER).get(node.name()), parts.get(Part.WEIGHTS).get(node.name()),
                    parts.get(Part.ACTIVATIONS).get(node.name()), parts.get(Part.ALL_OTHERS).get(node.name()),
                    parts.get(Part.ALL_WIDER).get(node.name()),
                    bytes(model.graph(), node, shapes, true, bits), bytes(model.graph(), node, shapes, false, bits),
                    share, time.milliseconds(share)));
        }
        List<Other> others = others(model, plan, time, shapes, layers);
        double otherShare = others.stream().mapToDouble(Other::latencyShare).sum();
        layers.sort(Comparator.comparingDouble(Layer::alone).reversed());
        return new Sensitivity(samples.samples(), analysis.whole(model, plan).snr(),
                new Latency(time.operations(), time.milliseconds(1), otherShare, time.milliseconds(otherShare), others), List.copyOf(layers),
                tensors ? TensorSurvey.of(model, plan, quantized.calibrated().graph(), samples, threads) : null, report == null ? null : report.toString());
    }

    private static List<Other> others(Model model, QuantPlan plan, ChipTime time, Map<String, Shape> shapes, List<Layer> layers) {
        Set<String> known = layers.stream().map(Layer::node).collect(Collectors.toSet());
        return model.graph().nodes().stream().filter(node -> !known.contains(node.name())).map(node -> {
            int bits = plan.bits(node.name());
            int width = bits == QuantPlan.FLOAT ? Float.SIZE : bits;
            double share = time.share(node.name());
            return new Other(node.name(), node.op().onnxType(), bits, bytes(model.graph(), node, shapes, true, width),
                    bytes(model.graph(), node, shapes, false, width), share, time.milliseconds(share));
        }).sorted(Comparator.comparingDouble(Other::latencyShare).reversed()).toList();
    }

    /** The layer of 8 bits that 16 bits would help most, if one helps clearly. */
    Optional<Layer> gains() {
        return layers.stream().filter(layer -> layer.bits() == Byte.SIZE && layer.in16Bits() < CLEARLY_LESS * whole)
                .min(Comparator.comparingDouble(Layer::in16Bits));
    }

    /** Elements at the layer's width; biases, which are wider, count like weights. */
    private static long bytes(Graph graph, Node node, Map<String, Shape> shapes, boolean constants, int bits) {
        long elements = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && graph.isParameter(node.input(i)) == constants) {
                elements += shapes.get(node.input(i)).size();
            }
        }
        if (!constants) {
            elements += node.outputs().stream().filter(output -> !output.isEmpty()).mapToLong(output -> shapes.get(output).size()).sum();
        }
        return elements * bits / Byte.SIZE;
    }

    /**
     * Prints the tables for people.
     *
     * @param withTensors whether that of tensors is wanted
     */
    public void print(PrintWriter out, boolean withTensors) {
        int width = Math.max(5, layers.stream().mapToInt(layer -> layer.node().length()).max().orElse(0));
        out.printf(Locale.ROOT, "noise ÷ signal in percent, mean over %d samples; the most sensitive layer first; everything quantized: %.4f%n", samples,
                100 * whole);
        out.printf(Locale.ROOT, "%-" + width + "s  bits    alone  weights  activations  all but it  at 16 bits  cumulated  cosine   weights B  activations B"
                + "  time %%%n", "layer");
        for (Layer layer : layers) {
            out.printf(Locale.ROOT, "%-" + width + "s  %4d  %7.4f  %7.4f  %11.4f  %10.4f  %10.4f  %9.4f  %.4f  %,10d  %,13d  %6.1f%n", layer.node(),
                    layer.bits(), 100 * layer.alone(), 100 * layer.weightsOnly(), 100 * layer.activationsOnly(), 100 * layer.inFloat(),
                    100 * layer.in16Bits(), 100 * layer.cumulated(), layer.cumulatedCosine(), layer.weightBytes(), layer.activationBytes(),
                    100 * layer.latencyShare());
        }
        out.printf(Locale.ROOT, "estimated time on the chip, one core: %s; %.1f %% of it in nodes that are not listed%n",
                latency.milliseconds() == null ? String.format(Locale.ROOT, "%,.0f operations", latency.operations())
                        : String.format(Locale.ROOT, "%.2f ms", latency.milliseconds()), 100 * latency.otherShare());
        if (withTensors) {
            TensorTable.print(tensors, out);
        }
        if (report != null) {
            out.printf("%n%s%n", report);
        }
    }
}
