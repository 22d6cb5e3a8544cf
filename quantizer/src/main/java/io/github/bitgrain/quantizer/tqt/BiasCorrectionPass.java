package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Bias correction block by block: the mean error of every output channel goes into the bias, and a block whose squared error that
 * raises gets its biases back (esp-ppq: quantization/optim/training.py, BiasCorrectionPass; after Nagel et al. 2019, section 4.2).
 *
 * <p>ESP-PPQ runs the block itself in float on the quantized inputs and takes the means of all its layers at once, over all batches,
 * which also judge. The improved form takes out what earlier blocks did to the mean too, corrects layer after layer, so that none makes
 * up for what the one before it was relieved of, and judges on batches that are in no mean. It tries the same with variances mended too
 * ({@link BatchNormReestimation}), and with all weights rounded anew ({@link WeightCompensation}), and keeps what judges best.
 */
final class BiasCorrectionPass {
    /** What of the results of a layer is corrected. */
    private enum Way {
        /** The means, by the biases. */
        MEANS,
        /** The variances too, by a gain for each row of weights. */
        VARIANCES,
        /** All that weights can do: each of them is rounded anew. */
        WEIGHTS;

        boolean applies(QuantizedTwin twin, Node node) {
            return switch (this) {
                case MEANS -> true;
                case VARIANCES -> BatchNormReestimation.applies(twin, node);
                case WEIGHTS -> WeightCompensation.applies(twin, node);
            };
        }
    }

    private final QuantizedTwin twin;
    private final BiasCorrectionSetting setting;
    private final boolean parity;
    private final TqtListener listener;
    private final int threads;
    private final Graph graph;
    private final Map<String, Shape> shapes;

    BiasCorrectionPass(QuantizedTwin twin, BiasCorrectionSetting setting, boolean parity, TqtListener listener, int threads) {
        this.twin = twin;
        this.setting = setting;
        this.parity = parity;
        this.listener = listener;
        this.threads = threads;
        this.graph = twin.graph();
        this.shapes = ShapeInference.infer(graph, twin.original().parameters());
    }

    /**
     * Corrects the twin's biases.
     *
     * @param measured batches that means are taken over
     * @param deciding batches that judge; they may be the same
     */
    List<BlockReport> run(List<Map<String, Tensor>> measured, List<Map<String, Tensor>> deciding) {
        List<Map<String, Tensor>> batches = new ArrayList<>(parity ? measured : measured.subList(0, Math.min(setting.steps(), measured.size())));
        int count = batches.size();
        if (measured != deciding) {
            batches.addAll(deciding);
        }
        List<Integer> means = IntStream.range(0, count).boxed().toList();
        List<Integer> judges = measured == deciding ? means : IntStream.range(count, batches.size()).boxed().toList();
        List<TqtBlock> blocks = BlockWalk.blocks(twin, setting.blockSize(), setting.interestedLayers());
        List<BlockReport> reports = new ArrayList<>();
        try (Frontier original = BlockWalk.original(twin, shapes, batches, setting.collecting(), threads);
                Frontier quantized = BlockWalk.quantized(twin, shapes, batches, setting.collecting(), threads)) {
            BlockWalk.over(graph, blocks, block -> corrected(block).stream().map(Node::output).toList(), original, quantized, (block, number) -> {
                BlockReport report = correct(block, original, quantized, means, judges);
                reports.add(report);
                listener.step(number, blocks.size(), block.name(), 1, 1, (float) report.lossAfter());
            });
        }
        return reports;
    }

    private List<Node> corrected(TqtBlock block) {
        return block.nodes().stream().filter(node -> BiasCorrection.hasBias(graph, node)).toList();
    }

    private BlockReport correct(TqtBlock block, Frontier original, Frontier quantized, List<Integer> means, List<Integer> judges) {
        List<Node> nodes = corrected(block);
        // Those of dead channels may not fit as they are: lowering gives these channels other exponents.
        List<Node> fitting = nodes.stream().filter(node -> twin.biasFits(node, twin.plan())).toList();
        double lossBefore = loss(block, original, quantized, judges);
        Parameters.Snapshot before = snapshot(nodes);
        Parameters.Snapshot best = before;
        double least = Double.POSITIVE_INFINITY;
        double first = Double.NaN;
        for (Way way : ways(nodes)) {
            before.restore();
            correct(way, block, nodes, original, quantized, means);
            double loss = loss(block, original, quantized, judges);
            first = Double.isNaN(first) ? loss : first;
            if (loss < least && (parity || fit(fitting))) {
                least = loss;
                best = snapshot(nodes);
            }
        }
        boolean accepted = least <= lossBefore;
        (accepted ? best : before).restore();
        return new BlockReport(block.name(), block.end().name(), block.nodes().stream().map(Node::name).toList(), lossBefore,
                Double.isInfinite(least) ? first : least, accepted, new float[0]);
    }

    private List<Way> ways(List<Node> nodes) {
        List<Way> ways = new ArrayList<>(List.of(Way.MEANS));
        if (setting.bnReestimation() && nodes.stream().anyMatch(node -> Way.VARIANCES.applies(twin, node))) {
            ways.add(Way.VARIANCES);
        }
        if (setting.weightCompensation() && nodes.stream().anyMatch(node -> Way.WEIGHTS.applies(twin, node))) {
            ways.add(Way.WEIGHTS);
        }
        return ways;
    }

    private void correct(Way way, TqtBlock block, List<Node> nodes, Frontier original, Frontier quantized, List<Integer> batches) {
        if (parity) {
            correctAtOnce(block, nodes, original, quantized, batches);
            return;
        }
        for (Node node : nodes) {
            switch (way.applies(twin, node) ? way : Way.MEANS) {
                case MEANS -> correctMean(block, node, original, quantized, batches);
                case VARIANCES -> correctMeanAndVariance(block, node, original, quantized, batches);
                case WEIGHTS -> WeightCompensation.apply(twin, node, block.nodes(), original, quantized, batches);
            }
        }
    }

    private boolean fit(List<Node> nodes) {
        return nodes.stream().allMatch(node -> twin.biasFits(node, twin.plan()));
    }

    /** Weights and biases of some nodes as they are. */
    private Parameters.Snapshot snapshot(List<Node> nodes) {
        return twin.parameters().snapshot(nodes.stream().flatMap(node -> Stream.of(node.input(1), node.input(2))).filter(graph::isParameter).toList());
    }

    private void correctAtOnce(TqtBlock block, List<Node> nodes, Frontier original, Frontier quantized, List<Integer> batches) {
        List<String> values = nodes.stream().map(Node::output).toList();
        ChannelMeans wanted = ChannelMeans.of(values, block.nodes(), original, quantized, batches);
        ChannelMeans found = ChannelMeans.of(values, block.nodes(), quantized, quantized, batches);
        nodes.forEach(node -> add(node, wanted.mean(node.output()), found.mean(node.output())));
    }

    private void correctMean(TqtBlock block, Node node, Frontier original, Frontier quantized, List<Integer> batches) {
        ChannelMeans wanted = new ChannelMeans();
        batches.forEach(batch -> wanted.add(original.values(List.of(node.output()), batch)));
        // Before the node's own slot rounds and saturates: what is clipped there would count as an error of the mean.
        String raw = twin.raw(node);
        add(node, wanted.mean(node.output()), ChannelMeans.of(List.of(raw), block.nodes(), quantized, quantized, batches).mean(raw));
    }

    private void correctMeanAndVariance(TqtBlock block, Node node, Frontier original, Frontier quantized, List<Integer> batches) {
        String raw = twin.raw(node);
        int channels = twin.parameters().get(node.input(2)).size();
        BatchNormReestimation.apply(twin, node, () -> {
            ChannelFit fit = new ChannelFit(channels);
            quantized.compute(block.nodes(), List.of(raw), quantized, batches,
                    (batch, found) -> fit.add(original.value(node.output(), batch), found.get(raw)));
            return fit;
        });
    }

    /** In single precision, as the bias is. */
    private void add(Node node, double[] wanted, double[] found) {
        float[] bias = twin.parameters().get(node.input(2)).data();
        for (int c = 0; c < bias.length; c++) {
            bias[c] += (float) wanted[c] - (float) found[c];
        }
    }

    /** Mean squared error of the block's results as it stands. */
    private double loss(TqtBlock block, Frontier original, Frontier quantized, List<Integer> batches) {
        double[] sum = {0};
        quantized.compute(block.nodes(), block.outputs(), quantized, batches, (batch, found) -> {
            for (String output : block.outputs()) {
                sum[0] += OutputError.meanSquare(found.get(output), original.value(output, batch));
            }
        });
        return sum[0] / batches.size();
    }
}
