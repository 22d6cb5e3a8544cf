package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Gives every hidden channel the whole range of an 8-bit value. A tensor has one power-of-two scale on the chip, so a channel
 * that is small, or a range just above a power of two, wastes up to all of its levels. Multiplying a channel by s, and its
 * readers' weights by 1/s, changes nothing in float (cross-layer equalization; Nagel et al. 2019, section 4.1) and makes the
 * largest value the chip can hold the largest value of every channel.
 *
 * <p>Three things are added. Where weights have one scale per tensor, s is bounded so that no row of weights spoils the
 * others' resolution: the bound that minimises the expected error of rounded activations and rounded weights together wins.
 * ReLU6 survives: a channel that reaches the bound 6 is scaled so that the bound becomes the end of the range, where saturation
 * does the clipping. And the values after a ReLU, which use 128 of 256 levels, are shifted down by 128 steps when all readers
 * are unpadded: the shift is folded into the biases on both sides, and the lower end of the range takes the place of zero. If wanted, readers that pad take
 * shifted values too, from a Pad of their own that fills in the new zero.
 */
public final class RangeEqualization {
    /** The step that hidden values are scaled for: ranges end at 127 steps. Any power of two would do. */
    private static final double STEP = 0x1p-4;
    private static final int LOWEST = -128;
    private static final int HIGHEST = 127;
    /** Channels below this share of the largest one are treated as if they reached it: they are all but dead. */
    private static final double LEAST_SHARE = 0.02;
    private static final int CANDIDATES = 9;
    /** Partial sums of data are taken to stay within so many standard deviations … */
    private static final double DEVIATIONS = 2.5;
    /** … of inputs with this standard deviation, in steps. */
    private static final double TYPICAL_INPUT = 50;

    private final Model model;
    private final Target target;
    private final ToIntFunction<String> bits;
    private final boolean shiftPadded;
    private final Map<String, Shape> shapes;
    private final ChannelGroups groups;
    private final ChannelScales scales;

    /**
     * An equalized network.
     *
     * @param model same float function, other weights; parameters are new
     * @param maps how its values stand to the original ones, for values that differ
     */
    public record Result(Model model, Map<String, ChannelMap> maps) {}

    private RangeEqualization(Model model, Target target, ToIntFunction<String> bits, boolean shiftPadded) {
        this.model = model;
        this.target = target;
        this.bits = bits;
        this.shiftPadded = shiftPadded;
        this.shapes = ShapeInference.infer(model.graph(), model.parameters());
        this.groups = new ChannelGroups(model.graph(), shapes, node -> bits.applyAsInt(node.name()) != 0);
        this.scales = new ChannelScales(groups);
    }

    /**
     * Equalizes a network whose normalizations are folded.
     *
     * @param samples calibration samples; they are streamed twice
     * @param batch samples per run
     * @param target decides whether weights share a scale and how wide accumulators are
     * @param bits bits of every node by name, 0 for nodes that stay in float
     * @param shiftPadded whether values are shifted as well that padded convolutions read
     * @param threads threads of the executor
     */
    public static Result apply(
            Model model, DataSource samples, int batch, Target target, ToIntFunction<String> bits, boolean shiftPadded, int threads) {
        RangeEqualization pass = new RangeEqualization(model, target, bits, shiftPadded);
        pass.choose(samples, batch, threads);
        RangeFolding folding = new RangeFolding(model, pass.shapes, pass.groups, pass.scales, (float) (HIGHEST * STEP));
        return new Result(folding.fold(), folding.maps());
    }

    /** Whether {@code shiftPadded} would shift any value of a network after the graph passes whose nodes have 8 bits. */
    public static boolean shiftsBehindPads(Model model) {
        RangeEqualization without = new RangeEqualization(model, Target.C, node -> Byte.SIZE, false);
        RangeEqualization with = new RangeEqualization(model, Target.C, node -> Byte.SIZE, true);
        return with.groups.members().values().stream().anyMatch(members -> with.canShift(members) && !without.canShift(members));
    }

    private void choose(DataSource samples, int batch, int threads) {
        Graph graph = model.graph();
        Set<String> watched = new LinkedHashSet<>();
        groups.members().values().forEach(watched::addAll);
        graph.nodes().stream().filter(groups::isWeighted).forEach(node -> watched.add(node.input(0)));
        if (groups.members().isEmpty()) {
            return;
        }
        ChannelStatistics statistics = new ChannelStatistics(model, watched, samples, batch, threads);
        groups.members().forEach((group, members) -> {
            boolean shifted = canShift(members);
            int channels = channels(members);
            int steps = shifted ? HIGHEST - LOWEST : HIGHEST;
            double[] range = new double[channels];
            for (String member : members) {
                if (isQuantizedThere(member) && shapes.get(member).dim(1) == channels) {
                    widen(range, statistics, member, steps);
                }
            }
            double largest = Arrays.stream(range).max().orElse(0);
            double[] scale = new double[channels];
            for (int c = 0; c < channels; c++) {
                scale[c] = largest == 0 ? 1 : steps * STEP / Math.max(range[c], largest * LEAST_SHARE);
            }
            scales.set(group, scale);
            scales.shift(group, shifted ? -LOWEST * STEP : 0);
        });
        if (!target.perChannelWeights()) {
            graph.nodes().stream().filter(groups::isWeighted).forEach(node -> boundRows(node, statistics));
        }
        graph.nodes().stream().filter(groups::isWeighted).forEach(this::keepAccumulatorInRange);
    }

    /** Whether the member is rounded as it is: not before its only reader, an activation, and not inside an average. */
    private boolean isQuantizedThere(String value) {
        Node maker = model.graph().producer(value);
        List<Node> readers = model.graph().consumers(value);
        return !(readers.size() == 1 && ChannelGroups.isRectifier(readers.getFirst()))
                && !(maker.op() instanceof AveragePool) && !(maker.op() instanceof GlobalAveragePool);
    }

    private void widen(double[] range, ChannelStatistics statistics, String value, int steps) {
        double margin = statistics.margin(value, steps);
        float[] seen = statistics.range(value);
        double bound = model.graph().producer(value).op() instanceof Clip clip ? clip.max() : Double.POSITIVE_INFINITY;
        for (int c = 0; c < range.length; c++) {
            range[c] = Math.max(range[c], Math.min(seen[c] * margin, bound));
        }
    }

    private int channels(List<String> members) {
        return members.stream().mapToInt(value -> shapes.get(value).dim(1)).min().orElseThrow();
    }

    /**
     * Whether zero may move to the lower end of the range: one rectifier makes the values, and every reader, behind pooling
     * that does not pad, multiplies them with weights and pads nothing (a padded zero would not move with them).
     */
    private boolean canShift(List<String> members) {
        Graph graph = model.graph();
        List<Node> rectifiers = members.stream().map(graph::producer).filter(ChannelGroups::isRectifier).toList();
        if (rectifiers.size() != 1) {
            return false;
        }
        Node rectifier = rectifiers.getFirst();
        Node source = graph.producer(rectifier.input(0));
        if (source == null || !groups.isWeighted(source) || graph.consumers(source.output()).size() != 1 || bits.applyAsInt(rectifier.name()) != 8) {
            return false;
        }
        for (String member : members) {
            Node maker = graph.producer(member);
            if (maker != source && maker != rectifier && !keepsShift(maker)) {
                return false;
            }
            if (maker != source && !graph.consumers(member).stream().allMatch(reader -> keepsShift(reader) || takesShift(reader, member))) {
                return false;
            }
        }
        return true;
    }

    private static boolean keepsShift(Node node) {
        return node.op() instanceof MaxPool max && max.pads().isNone() || node.op() instanceof AveragePool mean && mean.pads().isNone() && !mean.ceil()
                || node.op() instanceof GlobalAveragePool || node.op() instanceof GlobalMaxPool || node.op() instanceof Flatten || node.op() instanceof Identity;
    }

    private boolean takesShift(Node node, String value) {
        return groups.isWeighted(node) && node.input(0).equals(value) && bits.applyAsInt(node.name()) == 8
                && (shiftPadded || !(node.op() instanceof Conv conv && !conv.pads().isNone()));
    }

    /**
     * Bounds the scales of a node's outputs so that weights with one common step are worth their rounding. With step D of the
     * weights, row o scaled by s has an error, in original units, of (STEP² + n · variance · D²) / 12 / s²; s is at most what keeps
     * the row's largest weight within 127 D.
     */
    private void boundRows(Node node, ChannelStatistics statistics) {
        String group = groups.group(node.output());
        if (group == null) {
            return;
        }
        double[] scale = scales.of(group);
        WeightView weights = weights(node);
        double[] input = scales.ofInput(node, weights);
        double[] variance = statistics.variance(node.input(0));
        boolean[] capped = capped(node, statistics);
        double[] largest = new double[weights.rows()];
        double[] noise = new double[weights.rows()];
        weights.forEach(data(node), (row, channel, value) -> {
            largest[row] = Math.max(largest[row], Math.abs(value) / input[channel]);
            noise[row] += variance[channel] * input[channel] * input[channel];
        });
        double widest = 0;
        double needed = 0;
        for (int row = 0; row < largest.length; row++) {
            widest = Math.max(widest, largest[row] * scale[row]);
            needed = Math.max(needed, capped[row] ? largest[row] * scale[row] : 0);
        }
        if (widest == 0) {
            return;
        }
        int top = exponentOf(widest);
        double best = Double.POSITIVE_INFINITY;
        double[] chosen = scale;
        for (int exponent = top; exponent > top - CANDIDATES && needed <= HIGHEST * step(exponent); exponent--) {
            double[] bounded = scale.clone();
            double error = 0;
            for (int row = 0; row < bounded.length; row++) {
                if (!capped[row]) {
                    bounded[row] = Math.min(scale[row], HIGHEST * step(exponent) / Math.max(largest[row], Double.MIN_NORMAL));
                }
                error += (STEP * STEP + noise[row] * step(exponent) * step(exponent)) / (bounded[row] * bounded[row]);
            }
            if (error < best) {
                best = error;
                chosen = bounded;
            }
        }
        scales.set(group, chosen);
    }

    /** Channels that reach the bound of their Clip: their scale is what makes the bound the end of the range. */
    private boolean[] capped(Node node, ChannelStatistics statistics) {
        String value = node.output();
        List<Node> readers = model.graph().consumers(value);
        boolean[] capped = new boolean[shapes.get(value).dim(1)];
        if (readers.size() == 1 && readers.getFirst().op() instanceof Clip clip) {
            float[] range = statistics.range(readers.getFirst().output());
            for (int c = 0; c < capped.length; c++) {
                capped[c] = range[c] >= clip.max();
            }
        }
        return capped;
    }

    private static double step(int exponent) {
        return Math.scalb(1.0, exponent);
    }

    /** The smallest exponent with which 127 steps reach the value. */
    private static int exponentOf(double value) {
        int exponent = Math.getExponent(value / HIGHEST);
        return value > HIGHEST * step(exponent) ? exponent + 1 : exponent;
    }

    private WeightView weights(Node node) {
        return new WeightView(node, model.parameters().get(node.input(1)).shape());
    }

    private float[] data(Node node) {
        return model.parameters().get(node.input(1)).data();
    }

    /**
     * Chips with 20-bit lanes saturate after every product. A shifted input starts at −128 where it was 0, so the partial
     * sums wander further; where they may leave the lane the shift is given up.
     */
    private void keepAccumulatorInRange(Node node) {
        double shift = scales.shiftOf(node.input(0));
        if (shift == 0 || target.biasBits(8) >= 32) {
            return;
        }
        WeightView weights = weights(node);
        double[] input = scales.ofInput(node, weights);
        double[] drift = new double[weights.rows()];
        double[] farthest = new double[weights.rows()];
        double[] squares = new double[weights.rows()];
        double[] largest = new double[1];
        double[] rowScale = scales.ofOutput(node, weights);
        weights.forEach(data(node), (row, channel, value) -> {
            double scaled = value / input[channel] * rowScale[row];
            drift[row] += scaled;
            farthest[row] = Math.max(farthest[row], Math.abs(drift[row]));
            squares[row] += scaled * scaled;
            largest[0] = Math.max(largest[0], Math.abs(scaled));
        });
        double limit = Math.scalb(1.0, target.biasBits(8) - 1);
        double unit = HIGHEST / Math.max(largest[0], Double.MIN_NORMAL);
        for (int row = 0; row < drift.length; row++) {
            double reach = unit * (-LOWEST * farthest[row] + DEVIATIONS * TYPICAL_INPUT * Math.sqrt(squares[row]));
            if (reach > limit) {
                String group = groups.group(node.input(0));
                double[] scale = scales.of(group);
                for (int c = 0; c < scale.length; c++) {
                    scale[c] *= (double) HIGHEST / (HIGHEST - LOWEST);
                }
                scales.shift(group, 0);
                return;
            }
        }
    }
}
