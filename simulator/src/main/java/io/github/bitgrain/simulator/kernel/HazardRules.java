package io.github.bitgrain.simulator.kernel;

import static io.github.bitgrain.simulator.ChipHazard.Simulated.AS_THE_CHIP;
import static io.github.bitgrain.simulator.ChipHazard.Simulated.AS_THE_MODEL_MEANS;
import static io.github.bitgrain.simulator.ChipHazard.Simulated.REFUSED;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipHazard;
import io.github.bitgrain.simulator.ChipHazard.Kind;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The one table of what the chip's kernels do wrongly: operators, where (target and bits), and when. */
public final class HazardRules {
    /** The "bits" of a node of a float island. */
    public static final int FLOAT_BITS = 32;

    /** Where a rule can apply. */
    @FunctionalInterface
    private interface Where {
        boolean applies(Target target, int bits);
    }

    /** Finds the reason in a node; null if the node is sound. */
    @FunctionalInterface
    private interface Check {
        String reason(NodeSetup node);
    }

    /** Finds the reason in every node. */
    private record Always(String text) implements Check {
        @Override
        public String reason(NodeSetup node) {
            return text;
        }
    }

    private record Rule(Kind kind, ChipHazard.Simulated simulated, Set<String> types, Where where, Check check) {}

    private static final Set<String> FILTERS = Set.of("Conv", "Gemm");
    private static final Set<String> MOVES = Set.of("Slice", "Pad", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
            "Gather", "Split", "Concat", "Identity", "InsertZeros", "DepthToSpace", "SpaceToDepth", "ReverseSequence", "ScatterND",
            "StreamingCache");
    private static final Set<String> COMPARISONS = Set.of("Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal");
    private static final Set<String> RAW = union(MOVES, COMPARISONS,
            Set.of("Add", "Sub", "Max", "Min", "MaxPool", "ReduceMax", "ReduceMin"));
    /** These work with differences of exponents only. */
    private static final Set<String> SHIFTED = union(RAW, FILTERS,
            Set.of("MatMul", "RequantizeLinear", "PRelu", "ReduceSum", "ReduceL1", "ReduceSumSquare", "Neg"));
    private static final Set<String> WITHOUT_FLOATS = union(FILTERS, COMPARISONS, Set.of("MatMul", "MaxPool", "PRelu", "Resize"));

    private static final Set<String> CONVERSIONS = Set.of("QuantizeLinear", "DequantizeLinear", "RequantizeLinear");
    private static final Set<String> TABLES = Set.of("LUT", "Gelu");

    private static final List<Rule> RULES = List.of(
            new Rule(Kind.GROUPED_CONVOLUTION, AS_THE_MODEL_MEANS, Set.of("Conv"), HazardRules::onIntegers, HazardRules::grouped),
            new Rule(Kind.PER_CHANNEL_WEIGHTS, REFUSED, FILTERS, (target, bits) -> !target.perChannelWeights() && bits != FLOAT_BITS,
                    HazardRules::perChannel),
            new Rule(Kind.SHIFT_RANGE, AS_THE_MODEL_MEANS, union(FILTERS, Set.of("MatMul", "Mul")), HazardRules::inVectors,
                    HazardRules::shift),
            new Rule(Kind.TRUNCATED_BIAS, AS_THE_CHIP, FILTERS, HazardRules::inVectors, HazardRules::bias),
            new Rule(Kind.UNEQUAL_EXPONENTS, AS_THE_CHIP, RAW, HazardRules::onIntegers, HazardRules::unequal),
            new Rule(Kind.EXPONENT_RANGE, REFUSED, inverse(SHIFTED), HazardRules::onIntegers, HazardRules::exponents),
            new Rule(Kind.LOST_SCALE, AS_THE_CHIP, Set.of("PRelu"),
                    (target, bits) -> onIntegers(target, bits) && KernelLimits.preluKeepsPositive(target, bits), HazardRules::lostScale),
            new Rule(Kind.WRAPPED_RESULT, AS_THE_CHIP, Set.of("PRelu"),
                    (target, bits) -> onIntegers(target, bits) && KernelLimits.preluWraps(target, bits), HazardRules::preluWraps),
            new Rule(Kind.UNWRITTEN_OUTPUT, AS_THE_MODEL_MEANS, Set.of("Resize"), (target, bits) -> bits == Short.SIZE,
                    new Always("the kernel of 16 bits is empty; run the node with 8 bits")),
            new Rule(Kind.UNWRITTEN_OUTPUT, REFUSED, Set.of("Resize"), (target, bits) -> bits == Byte.SIZE, HazardRules::cubic),
            new Rule(Kind.UNLOADED_REGISTERS, AS_THE_MODEL_MEANS, Set.of("Resize"),
                    (target, bits) -> bits == Byte.SIZE && target.blockedWeights(), HazardRules::skippedLoads),
            new Rule(Kind.WRAPPED_RESULT, AS_THE_CHIP, Set.of("Resize"), (target, bits) -> bits == Byte.SIZE && target == Target.C,
                    HazardRules::resizeWraps),
            new Rule(Kind.IGNORED_ATTRIBUTE, AS_THE_CHIP, Set.of("Resize"), HazardRules::onIntegers, HazardRules::resizeModes),
            new Rule(Kind.IGNORED_ATTRIBUTE, AS_THE_CHIP, Set.of("AveragePool", "MaxPool"), (target, bits) -> true, WindowHazards::reason),
            new Rule(Kind.NARROW_MULTIPLIER, AS_THE_MODEL_MEANS, Set.of("RequantizeLinear"), HazardRules::inVectors,
                    HazardRules::multiplier),
            new Rule(Kind.UNWRITTEN_OUTPUT, AS_THE_MODEL_MEANS, Set.of("RequantizeLinear"),
                    (target, bits) -> target == Target.ESP32S3 && bits == Short.SIZE, HazardRules::forgotten),
            new Rule(Kind.OUT_OF_BOUNDS, AS_THE_MODEL_MEANS, Set.of("Gather", "ScatterND"), (target, bits) -> true, HazardRules::negativeIndex),
            new Rule(Kind.OUT_OF_BOUNDS, AS_THE_MODEL_MEANS, Set.of("Pad"), (target, bits) -> true, HazardRules::cuts),
            new Rule(Kind.ELEMENT_ORDER, AS_THE_CHIP, Set.of("SpaceToDepth", "StreamingCache", "ReverseSequence"), (target, bits) -> true,
                    HazardRules::order),
            new Rule(Kind.TRUNCATED_FLOATS, AS_THE_CHIP, Set.of("ReverseSequence"), (target, bits) -> bits == FLOAT_BITS,
                    new Always("the kernel swaps floats through an integer, which drops their fractions")),
            new Rule(Kind.IGNORED_ATTRIBUTE, AS_THE_CHIP, Set.of("GRU", "LSTM"), (target, bits) -> true, HazardRules::backwards),
            new Rule(Kind.UNWRITTEN_OUTPUT, REFUSED, WITHOUT_FLOATS, (target, bits) -> bits == FLOAT_BITS,
                    new Always("the chip has no float kernel for this operator and leaves its output as it was; quantize the node")),
            new Rule(Kind.NOT_LOADABLE, AS_THE_MODEL_MEANS, ChipKernels.notLoadable(), (target, bits) -> true,
                    new Always("ESP-DL has a kernel but its loader does not register it: the file does not load on a chip")));

    private HazardRules() {}

    /** The kinds of hazards that a node of an operator can have; {@link #FLOAT_BITS} for float islands. */
    public static Set<Kind> possible(String type, Target target, int bits) {
        Set<Kind> kinds = new TreeSet<>();
        for (Rule rule : RULES) {
            if (rule.types.contains(type) && rule.where.applies(target, bits)) {
                kinds.add(rule.kind);
            }
        }
        return kinds;
    }

    /** Whether an operator has a float kernel on the chip. */
    public static boolean hasFloatKernel(String type) {
        return ChipKernels.isLoadable(type) && !WITHOUT_FLOATS.contains(type) && !CONVERSIONS.contains(type) && !TABLES.contains(type);
    }

    /** Whether every node of the operator has the hazard, whatever its attributes. */
    public static boolean always(String type, Target target, int bits) {
        return !ChipKernels.isLoadable(type) || RULES.stream().anyMatch(rule -> rule.kind == Kind.UNWRITTEN_OUTPUT
                && rule.check instanceof Always && rule.types.contains(type) && rule.where.applies(target, bits));
    }

    /** The hazards of a node whose operator is in {@link ChipKernels}. */
    public static List<ChipHazard> of(NodeSetup node) {
        List<ChipHazard> hazards = new ArrayList<>();
        ChipNode at = node.node();
        for (Rule rule : RULES) {
            if (rule.types.contains(at.opType()) && rule.where.applies(node.target(), bits(node))) {
                String reason = rule.check.reason(node);
                if (reason != null) {
                    hazards.add(new ChipHazard(rule.kind, at.name(), at.opType(), reason, rule.simulated));
                }
            }
        }
        return hazards;
    }

    private static int bits(NodeSetup node) {
        ElementType type = node.outputType(0).isQuantized() ? node.outputType(0) : node.inputType(0);
        return type.isQuantized() ? type.bytes() * Byte.SIZE : FLOAT_BITS;
    }

    private static boolean onIntegers(Target target, int bits) {
        return bits != FLOAT_BITS;
    }

    private static boolean inVectors(Target target, int bits) {
        return bits != FLOAT_BITS && target.blockedWeights();
    }

    private static boolean isGrouped(NodeSetup node) {
        return node.node().integer("group", 1) != 1;
    }

    private static int outputs(NodeSetup node) {
        List<Integer> dims = node.requireParameter(1).dims();
        return dims.get(dims.size() - (isGrouped(node) ? 2 : 1));
    }

    private static String grouped(NodeSetup node) {
        long group = node.node().integer("group", 1);
        boolean depthwise = group == outputs(node) && node.requireParameter(1).dims().getLast() == 1;
        return group == 1 || depthwise ? null : "group " + group + " with " + outputs(node)
                + " output channels: the chip runs every grouped convolution as depthwise; split it into dense ones";
    }

    private static String perChannel(NodeSetup node) {
        int count = node.requireParameter(1).exponents().count();
        return count == 1 ? null : count + " weight exponents: " + node.target().id()
                + " has no table for them and reads a null pointer; quantize per tensor, or is the target another?";
    }

    private static String shift(NodeSetup node) {
        ChipTensor weight = node.parameter(1);
        int channels = weight == null ? 1 : weight.exponents().count();
        int largest = KernelLimits.largestShift(node.bits());
        for (int n = 0; n < channels; n++) {
            int factor = weight == null ? node.inputExponent(1) : weight.exponents().get(n);
            int variable = node.parameter(0) == null ? node.inputExponent(0) : node.parameter(0).exponents().get(0);
            int shift = node.outputExponent(0) - variable - factor;
            if (shift < 0 || shift > largest) {
                return "the exponents" + (channels > 1 ? " of output channel " + n : "") + " ask for a shift by " + shift + ", "
                        + node.target().id() + " shifts by 0 … " + largest + "; requantize with another output exponent";
            }
        }
        return null;
    }

    private static String bias(NodeSetup node) {
        int channel = Filter.firstTruncatedBias(node, outputs(node), isGrouped(node));
        return channel < 0 ? null : "the bias " + node.requireParameter(2).longs()[channel] + " of output channel " + channel
                + " is wider than the kernel loads; raise the exponent of the weights";
    }

    private static String unequal(NodeSetup node) {
        if (!node.inputType(0).isQuantized()) {
            return null;
        }
        boolean reordersOnly = MOVES.contains(node.node().opType());
        int first = node.outputType(0).isQuantized() ? node.outputExponent(0) : node.inputExponent(0);
        for (int i = 0; i < node.node().inputs().size(); i++) {
            boolean isData = i == 0 || !reordersOnly || node.node().opType().equals("Concat")
                    || node.node().opType().equals("ScatterND") && i == 2;
            if (isData && node.hasInput(i) && node.inputType(i).isQuantized() && node.inputExponent(i) != first) {
                return "input " + i + " has the exponent " + node.inputExponent(i) + " where " + first
                        + " is needed: the chip takes integers as they are; requantize the input";
            }
        }
        return null;
    }

    private static String exponents(NodeSetup node) {
        List<String> names = new ArrayList<>(node.node().outputs());
        names.addAll(node.node().inputs());
        for (String name : names) {
            boolean isValue = node.program().values().containsKey(name);
            if (isValue && Math.abs(node.program().value(name).exponent()) > KernelLimits.LARGEST_EXPONENT) {
                return "\"" + name + "\" has the exponent " + node.program().value(name).exponent()
                        + ", from which the chip cannot form a scale";
            }
        }
        return null;
    }

    /** PRelu of 8 bits with a table is no PRelu any more. */
    private static boolean byTable(NodeSetup node) {
        return node.node().has(ChipNode.LUT) && node.inputType(0) == ElementType.INT8;
    }

    private static String lostScale(NodeSetup node) {
        return byTable(node) || node.inputExponent(0) == node.outputExponent(0) ? null
                : "positive values stay as they are although the exponent goes from " + node.inputExponent(0) + " to "
                        + node.outputExponent(0) + "; make both equal";
    }

    private static String preluWraps(NodeSetup node) {
        if (byTable(node)) {
            return null;
        }
        int shift = node.outputExponent(0) - node.inputExponent(0) - node.inputExponent(1);
        long lowest = -(1L << (node.bits() - 1));
        int[] slopes = node.requireParameter(1).ints();
        for (int channel = 0; channel < slopes.length; channel++) {
            long result = Requantize.shiftRight(lowest * slopes[channel], shift, node.target().rounding());
            if (result != Requantize.saturate(result, node.bits())) {
                return "the slope " + slopes[channel] + " of channel " + channel
                        + " takes negative values out of the range, where they wrap; raise the exponent of the output";
            }
        }
        return null;
    }

    private static boolean isNearest(NodeSetup node) {
        return node.node().text("mode", "nearest").equals("nearest");
    }

    private static String cubic(NodeSetup node) {
        String mode = node.node().text("mode", "nearest");
        return mode.equals("nearest") || mode.equals("linear") ? null
                : "mode " + mode + " has no kernel and the chip leaves the output as it was; use nearest or linear";
    }

    private static String backwards(NodeSetup node) {
        return node.node().text("direction", "forward").equals("reverse")
                ? "direction reverse runs forwards; reverse the sequence before the node and behind it" : null;
    }

    private static String resizeWraps(NodeSetup node) {
        return isNearest(node) && node.outputExponent(0) < node.inputExponent(0)
                ? "values that leave the range of the output's smaller exponent wrap; make both exponents equal" : null;
    }

    private static String skippedLoads(NodeSetup node) {
        List<Integer> in = node.program().value(node.node().inputs().getFirst()).shape();
        float[] scales = Resizing.scales(node, in.get(1), in.get(2));
        boolean doubles = scales[0] == 2f && scales[1] == 2f;
        return isNearest(node) && KernelLimits.resizeSkipsLoads(node.target(), in.getLast(), doubles)
                ? "with " + in.getLast() + " channels and scales other than 2 the kernel computes with registers that it never loaded;"
                        + " use scale 2, linear interpolation or " + node.lanes() + " channels" : null;
    }

    private static String resizeModes(NodeSetup node) {
        String coordinates = node.node().text("coordinate_transformation_mode", "half_pixel");
        if (!isNearest(node)) {
            return coordinates.equals("asymmetric") ? "linear interpolation with asymmetric coordinates runs with half_pixel ones" : null;
        }
        String rounding = node.node().text("nearest_mode", "round_prefer_floor");
        boolean floor = coordinates.equals("asymmetric") && rounding.equals("floor");
        boolean same = coordinates.endsWith("half_pixel") && rounding.equals("round_prefer_floor") && wholeScales(node);
        return floor || same ? null : "the kernel takes element floor(x / scale), the model says " + coordinates + ", " + rounding;
    }

    private static boolean wholeScales(NodeSetup node) {
        ChipTensor scales = node.parameter(2);
        if (scales == null || scales.count() == 0) {
            return false;
        }
        for (float scale : scales.floats()) {
            if (scale != Math.rint(scale)) {
                return false;
            }
        }
        return true;
    }

    private static int count(NodeSetup node) {
        return node.program().value(node.node().inputs().getFirst()).count();
    }

    private static String multiplier(NodeSetup node) {
        if (!node.inputType(0).isQuantized() || !node.outputType(0).isQuantized()) {
            return null;
        }
        int left = node.inputExponent(0) - node.outputExponent(0);
        return KernelLimits.requantizesInVectors(node.target(), count(node), -left)
                && KernelLimits.losesMultiplier(node.target(), node.inputType(0).bytes() * Byte.SIZE, node.bits(), left)
                ? "a left shift by " + left + " does not fit the lane of the kernel's multiplier; go in smaller steps" : null;
    }

    private static String forgotten(NodeSetup node) {
        int from = node.inputType(0).bytes() * Byte.SIZE;
        return KernelLimits.requantizesInVectors(node.target(), count(node), node.outputExponent(0) - node.inputExponent(0))
                && KernelLimits.forgetsElements(node.target(), from, node.bits(), count(node))
                ? "the kernel leaves the last 8 of " + count(node) + " elements as they were; widen without a change of exponent first" : null;
    }

    private static String negativeIndex(NodeSetup node) {
        return Arrays.stream(node.requireParameter(1).ints()).filter(index -> index < 0).mapToObj(index -> "index " + index
                + ": the kernel goes in front of its buffer; count from the start").findFirst().orElse(null);
    }

    private static String cuts(NodeSetup node) {
        return Arrays.stream(node.requireParameter(1).ints()).filter(pad -> pad < 0).mapToObj(pad -> "pad " + pad
                + ": the kernel copies its whole input, beyond its output; use a Slice").findFirst().orElse(null);
    }

    private static String order(NodeSetup node) {
        List<Integer> shape = node.program().value(node.node().inputs().getFirst()).shape();
        switch (node.node().opType()) {
            case "SpaceToDepth" -> {
                return shape.getLast() == 1 || node.node().integer("blocksize", 1) == 1 ? null
                        : "the pixels of a channel stay together, ONNX keeps the channels of a pixel together";
            }
            case "StreamingCache" -> {
                int axis = Math.toIntExact(node.node().integer("frame_axis", 1));
                int outer = shape.subList(0, axis < 0 ? axis + shape.size() : axis).stream().reduce(1, Math::multiplyExact);
                return outer == 1 ? null : "the cache is put in front of all " + outer + " rows before the frame axis at once";
            }
            default -> {
                long axes = node.node().integer("batch_axis", 1) + node.node().integer("time_axis", 0);
                return axes == 1 ? null : "the kernel takes steps for batches of the extents from axis 2 on; use the axes 0 and 1";
            }
        }
    }

    @SafeVarargs
    private static Set<String> union(Set<String>... sets) {
        Set<String> all = new TreeSet<>();
        for (Set<String> set : sets) {
            all.addAll(set);
        }
        return all;
    }

    private static Set<String> inverse(Set<String> types) {
        Set<String> others = new TreeSet<>(ChipKernels.types());
        others.removeAll(types);
        return others;
    }
}
