package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.analyze.OutputSensitivity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Gives every hidden channel the whole range of an 8-bit value. A tensor has one power-of-two scale on the chip, so a channel
 * that is small, or a range just above a power of two, wastes up to all of its levels. Multiplying a channel by s, and its
 * readers' weights by 1/s, changes nothing in float (cross-layer equalization; Nagel et al. 2019, section 4.1) and makes the
 * largest value the chip can hold the largest value of every channel.
 *
 * <p>Three things are added. Scales are taken back where the readers' weights, or those of other rows, would lose more resolution than the channel
 * gains ({@link ScaleBalance}).
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
    private static final int SENSITIVITY_SAMPLES = 8;
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

    private RangeEqualization(Model model, Target target, ToIntFunction<String> bits, boolean shiftPadded, Set<String> rigid) {
        this.model = model;
        this.target = target;
        this.bits = bits;
        this.shiftPadded = shiftPadded;
        this.shapes = ShapeInference.infer(model.graph(), model.parameters());
        this.groups = new ChannelGroups(model.graph(), shapes, node -> bits.applyAsInt(node.name()) != 0 && !rigid.contains(node.name()));
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
        RangeEqualization pass = new RangeEqualization(model, target, bits, shiftPadded, Set.of());
        Set<String> rigid = new LinkedHashSet<>();
        while (rigid.addAll(pass.choose(samples, batch, threads))) {
            pass = new RangeEqualization(model, target, bits, shiftPadded, rigid);
        }
        RangeFolding folding = new RangeFolding(model, pass.shapes, pass.groups, pass.scales, HIGHEST);
        return new Result(folding.fold(), folding.maps());
    }

    /** Whether {@code shiftPadded} would shift any value of a network after the graph passes whose nodes have 8 bits. */
    public static boolean shiftsBehindPads(Model model) {
        RangeEqualization pass = new RangeEqualization(model, Target.C, node -> Byte.SIZE, true, Set.of());
        return pass.groups.all().stream().anyMatch(group -> pass.canShift(group, true) && !pass.canShift(group, false));
    }

    /**
     * Chooses scales and shifts.
     *
     * @return names of Clips that cannot take part: their bound would have to lie elsewhere than at the end of the range, for some channels
     */
    private Set<String> choose(DataSource samples, int batch, int threads) {
        if (groups.all().isEmpty()) {
            return Set.of();
        }
        Set<String> rigid = new LinkedHashSet<>();
        ChannelStatistics statistics = new ChannelStatistics(model, watched(), samples, batch, threads);
        for (ChannelGroups.Group group : groups.all()) {
            boolean shifted = canShift(group, shiftPadded);
            int steps = shifted ? HIGHEST - LOWEST : HIGHEST;
            double[] range = new double[groups.classes()];
            group.members().stream().filter(this::hasRange).forEach(member -> widen(range, statistics, member, steps));
            group.members().stream().filter(member -> exceedsBound(member, range, statistics)).forEach(member -> rigid.add(model.graph().producer(member).name()));
            double step = group.isWhole() ? STEP : stepOfFixed(group, statistics);
            for (String member : group.members()) {
                for (int label : groups.labels(member)) {
                    if (label != ChannelGroups.FIXED) {
                        scales.factor(label, range[label] == 0 ? 1 : steps * step / range[label]);
                    }
                }
            }
            scales.range(group, step, shifted ? -LOWEST * step : 0);
        }
        if (rigid.isEmpty()) {
            balance(statistics, samples, threads);
            model.graph().nodes().stream().filter(groups::isWeighted).forEach(this::keepAccumulatorInRange);
        }
        return rigid;
    }

    /** Whether a Clip has channels that reach its bound and share their scale with others that go beyond it. */
    private boolean exceedsBound(String member, double[] range, ChannelStatistics statistics) {
        if (!(model.graph().producer(member).op() instanceof Clip clip)) {
            return false;
        }
        int[] labels = groups.channels(member);
        if (labels == null || !isQuantizedThere(member)) {
            return true;
        }
        float[] seen = statistics.range(member);
        return IntStream.range(0, labels.length).anyMatch(c -> seen[c] >= clip.max() && range[labels[c]] > clip.max());
    }

    /** Takes scales back where they cost more than they gain. */
    private void balance(ChannelStatistics statistics, DataSource samples, int threads) {
        boolean[] kept = new boolean[groups.classes()];
        kept[ChannelGroups.FIXED] = true;
        Map<String, float[]> gains = noiseGains(samples, threads);
        List<LayerNoise> layers = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            if (groups.isWeighted(node)) {
                double step = groups.group(node.input(0)) == null ? 0 : scales.stepOf(node.input(0));
                layers.add(new LayerNoise(weights(node), data(node), groups.channels(node.input(0)), groups.channels(node.output()),
                        statistics.variance(node.input(0)), statistics.density(node.input(0)), step, target.perChannelWeights(),
                        gains == null ? null : asDoubles(gains.get(node.output()), shapes.get(node.output()).dim(1))));
            } else if (node.op() instanceof Clip clip && groups.group(node.output()) != null) {
                keepBounded(clip, groups.channels(node.output()), statistics.range(node.output()), kept);
            }
        }
        new ScaleBalance(layers, scales.factors(), kept, target.perChannelWeights()).apply();
    }

    /** What noise in the layers' results makes of the network's outputs; null if it cannot be followed there. */
    private Map<String, float[]> noiseGains(DataSource samples, int threads) {
        List<String> outputs = JudgedValues.of(model.graph());
        if (!OutputSensitivity.isDefined(model.graph(), outputs)) {
            return null;
        }
        int count = Math.min(samples.samples(), SENSITIVITY_SAMPLES);
        List<Map<String, Tensor>> used = IntStream.range(0, count).mapToObj(i -> samples.spread(i, count)).toList();
        List<String> results = model.graph().nodes().stream().filter(groups::isWeighted).map(Node::output).toList();
        return OutputSensitivity.noiseGains(model, shapes, outputs, results, used, threads);
    }

    /** An output that nothing depends on gains nothing. */
    private static double[] asDoubles(float[] values, int count) {
        double[] copy = new double[count];
        for (int i = 0; values != null && i < count; i++) {
            copy[i] = values[i];
        }
        return copy;
    }

    /** Channels that reach the bound of their Clip: their scale is what makes the bound the end of the range. */
    private static void keepBounded(Clip clip, int[] labels, float[] range, boolean[] kept) {
        for (int c = 0; c < labels.length; c++) {
            kept[labels[c]] |= range[c] >= clip.max();
        }
    }

    private Set<String> watched() {
        Set<String> watched = new LinkedHashSet<>();
        for (ChannelGroups.Group group : groups.all()) {
            group.members().stream().filter(member -> hasRange(member) || !group.isWhole() && groups.channels(member) != null).forEach(watched::add);
        }
        model.graph().nodes().stream().filter(groups::isWeighted).forEach(node -> watched.add(node.input(0)));
        model.graph().nodes().stream().filter(node -> node.op() instanceof Clip).filter(node -> groups.group(node.output()) != null)
                .forEach(node -> watched.add(node.output()));
        return watched;
    }

    /** Whether the range of a value counts: elements that were only moved are those of other members. */
    private boolean hasRange(String member) {
        return isQuantizedThere(member) && !Labels.isMove(model.graph().producer(member)) && groups.channels(member) != null;
    }

    /** Whether the member is rounded as it is: not before its only reader, an activation, and not inside a mean. */
    private boolean isQuantizedThere(String value) {
        List<Node> readers = model.graph().consumers(value);
        return !(readers.size() == 1 && ChannelGroups.isRectifier(readers.getFirst())) && !groups.isMean(model.graph().producer(value));
    }

    private void widen(double[] range, ChannelStatistics statistics, String value, int steps) {
        double margin = statistics.margin(value, steps);
        float[] seen = statistics.range(value);
        double bound = model.graph().producer(value).op() instanceof Clip clip ? clip.max() : Double.POSITIVE_INFINITY;
        double largest = 0;
        for (float each : seen) {
            largest = Math.max(largest, Math.min(each * margin, bound));
        }
        int[] labels = groups.channels(value);
        for (int c = 0; c < seen.length; c++) {
            range[labels[c]] = Math.max(range[labels[c]], Math.max(largest * LEAST_SHARE, Math.min(seen[c] * margin, bound)));
        }
    }

    /** The step that channels which cannot be scaled need; the others beside them fill the same range. */
    private double stepOfFixed(ChannelGroups.Group group, ChannelStatistics statistics) {
        double largest = 0;
        for (String member : group.members()) {
            int[] labels = groups.channels(member);
            if (labels == null || !isQuantizedThere(member)) {
                continue;
            }
            float[] seen = statistics.range(member);
            for (int c = 0; c < labels.length; c++) {
                largest = Math.max(largest, labels[c] == ChannelGroups.FIXED ? seen[c] : 0);
            }
        }
        return largest == 0 ? STEP : Math.scalb(1.0, LayerNoise.exponentOf(largest));
    }

    /**
     * Whether zero may move to the lower end of the range: rectifiers make all values of the group, and every reader, behind pooling
     * that does not pad, multiplies them with weights and pads nothing (a padded zero would not move with them).
     */
    private boolean canShift(ChannelGroups.Group group, boolean behindPads) {
        Graph graph = model.graph();
        boolean rectified = false;
        for (String member : group.members()) {
            Node maker = graph.producer(member);
            if (isRectified(maker)) {
                continue;
            }
            rectified |= ChannelGroups.isRectifier(maker);
            boolean made = ChannelGroups.isRectifier(maker) ? isRectified(graph.producer(maker.input(0))) && bits.applyAsInt(maker.name()) == 8 : keepsShift(maker);
            if (!made || !graph.consumers(member).stream().allMatch(reader -> keepsShift(reader) || takesShift(reader, member, behindPads))) {
                return false;
            }
        }
        return group.isWhole() && rectified;
    }

    /** Whether a node's results go to a rectifier alone. */
    private boolean isRectified(Node node) {
        List<Node> readers = node == null ? List.of() : model.graph().consumers(node.output());
        return node != null && groups.isWeighted(node) && readers.size() == 1 && ChannelGroups.isRectifier(readers.getFirst());
    }

    private boolean keepsShift(Node node) {
        if (node.op() instanceof AveragePool mean) {
            return mean.pads().isNone() && !mean.ceil();
        }
        return node.op() instanceof MaxPool max && max.pads().isNone() || groups.isMean(node) || node.op() instanceof GlobalMaxPool
                || node.op() instanceof Identity || node.op() instanceof Resize || Labels.isMove(node);
    }

    private boolean takesShift(Node node, String value, boolean behindPads) {
        return groups.isWeighted(node) && node.input(0).equals(value) && bits.applyAsInt(node.name()) == 8
                && (behindPads || !(node.op() instanceof Conv conv && !conv.pads().isNone()));
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
        double[] input = scales.ofInput(node);
        double[] drift = new double[weights.rows()];
        double[] farthest = new double[weights.rows()];
        double[] squares = new double[weights.rows()];
        double[] largest = new double[1];
        double[] rowScale = scales.ofOutput(node);
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
                scales.unshift(groups.group(node.input(0)), (double) HIGHEST / (HIGHEST - LOWEST));
                return;
            }
        }
    }
}
