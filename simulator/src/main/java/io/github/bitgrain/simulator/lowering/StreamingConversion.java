package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.StreamingCache;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From a network over a whole sequence to one that gets a few frames at each run and remembers what it needs of earlier ones
 * (esp-ppq: parser/espdl/espdl_streaming.py). Frames are axis 2 of the inputs, [N, C, T] or [N, C, T, W]. In front of a window over frames
 * stands a StreamingCache, and the padding before the sequence goes: the cache begins with the same zeros. An operator that needs the
 * whole sequence (Flatten, Gemm, global pooling, Slice over frames …) gets the last frames of it from a cache, as many as the sequence has.
 *
 * <p>After the run with frame t, every value equals that of the whole network at t. Windows that look ahead have no such form and are
 * refused, as are sums of branches that look back differently far.
 */
public final class StreamingConversion {
    private final Model model;
    private final QuantPlan plan;
    private final QuantPlan.Builder streamedPlan;
    private final Map<String, Shape> shapes;
    private final Map<String, Track> tracks = new HashMap<>();
    private final Map<String, String> whole = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    /**
     * How a value moves.
     *
     * @param frames its frames in one run
     * @param late frames of the stream that come before the value's first one in the whole network
     */
    private record Track(int frames, int late) {}

    /**
     * A converted network.
     *
     * @param model network for one run
     * @param plan its plan
     */
    public record Streamed(Model model, QuantPlan plan) {}

    private StreamingConversion(Model model, QuantPlan plan) {
        this.model = model;
        this.plan = plan;
        streamedPlan = plan.edit();
        shapes = ShapeInference.infer(model.graph(), model.parameters(), 1);
    }

    /**
     * Converts a network after the graph passes.
     *
     * @param frames frames of a run
     * @throws BitgrainException (bad input) naming the node that cannot be streamed; (usage) for a number of frames that does not fit
     */
    public static Streamed convert(Model model, QuantPlan plan, int frames) {
        return new StreamingConversion(model, plan).convert(frames);
    }

    private Streamed convert(int frames) {
        Graph graph = model.graph();
        Map<String, Shape> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, shape) -> {
            int sequence = shape.rank() == 3 || shape.rank() == 4 ? shape.dim(StreamingCache.FRAMES) : 0;
            if (sequence == 0) {
                throw BitgrainException.badInput(graph.name() + ": input \"" + name + "\" has shape " + shape
                        + "; streaming wants the frames as axis 2 of [N, C, T] or [N, C, T, W]");
            }
            if (frames < 1 || frames > sequence) {
                throw BitgrainException.usage("--streaming: " + frames + " frames of input \"" + name + "\", which has " + sequence);
            }
            inputs.put(name, shape.with(StreamingCache.FRAMES, frames));
            tracks.put(name, new Track(frames, 0));
        });
        graph.nodes().forEach(this::add);
        Graph streamed = graph.edit().inputs(inputs).nodes(nodes).build();
        return new Streamed(new Model(streamed, model.parameters()), streamedPlan.build());
    }

    private void add(Node node) {
        List<Integer> moving = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && tracks.containsKey(node.input(i))) {
                moving.add(i);
            }
        }
        if (moving.isEmpty()) {
            nodes.add(node);
        } else if (node.op() instanceof Conv || node.op() instanceof MaxPool || node.op() instanceof AveragePool) {
            window(node);
        } else if (keepsFrames(node)) {
            Track track = common(node, moving);
            node.outputs().forEach(output -> tracks.put(output, track));
            nodes.add(node);
        } else {
            List<String> operands = new ArrayList<>(node.inputs());
            moving.forEach(i -> operands.set(i, wholeSequence(node, i)));
            nodes.add(node.withInputs(operands));
        }
    }

    private Track common(Node node, List<Integer> moving) {
        Set<Track> all = new LinkedHashSet<>();
        moving.forEach(i -> all.add(tracks.get(node.input(i))));
        if (all.size() > 1) {
            throw refused(node, "its operands look back by different numbers of frames; pad the shorter branch in front");
        }
        return all.iterator().next();
    }

    /** Whether the operator computes each frame by itself, so that fewer frames change nothing else. */
    private boolean keepsFrames(Node node) {
        return switch (node.op()) {
            case Concat concat -> movesWholly(node) && axis(node, concat.axis()) != StreamingCache.FRAMES;
            case Split split -> axis(node, split.axis()) != StreamingCache.FRAMES;
            case Softmax softmax -> axis(node, softmax.axis()) != StreamingCache.FRAMES;
            case LogSoftmax softmax -> axis(node, softmax.axis()) != StreamingCache.FRAMES;
            case Add any -> movesWholly(node);
            case Sub any -> movesWholly(node);
            case Mul any -> movesWholly(node);
            case Div any -> movesWholly(node);
            case PRelu any -> movesWholly(node);
            default -> ChipOperators.supports(node.op().getClass()) && ChipOperators.row(node.op()).traits().contains(ChipOperators.Trait.TABLE);
        };
    }

    private int axis(Node node, int axis) {
        return NodeLowering.axis(axis, shapes.get(node.input(0)).rank());
    }

    /** Whether every operand either moves with the frames or is a constant that is the same for all of them. */
    private boolean movesWholly(Node node) {
        int rank = shapes.get(node.output()).rank();
        for (int i = 0; i < node.inputs().size(); i++) {
            String name = node.input(i);
            if (!node.isTensorInput(i) || tracks.containsKey(name)) {
                continue;
            }
            Shape shape = model.graph().isParameter(name) ? model.parameters().get(name).shape() : null;
            int axis = shape == null ? 0 : StreamingCache.FRAMES - (rank - shape.rank());
            if (shape == null || axis >= 0 && shape.dim(axis) != 1) {
                return false;
            }
        }
        return true;
    }

    private void window(Node node) {
        boolean image = shapes.get(node.input(0)).rank() == 4;
        Op streamed;
        int kernel;
        int stride;
        Pads pads;
        switch (node.op()) {
            case Conv op -> {
                Shape weights = shapes.get(node.input(1));
                int taps = weights.dim(2);
                kernel = (image ? op.dilation().h() : op.dilation().w()) * (taps - 1) + 1;
                stride = along(op.stride(), image);
                pads = op.pads();
                streamed = new Conv(op.stride(), withoutFrames(pads, image), op.dilation(), op.groups());
            }
            case MaxPool op -> {
                kernel = along(op.dilation(), image) * (along(op.kernel(), image) - 1) + 1;
                stride = along(op.stride(), image);
                pads = op.pads();
                streamed = new MaxPool(op.kernel(), op.stride(), withoutFrames(pads, image), op.dilation(), op.ceil());
                if (before(pads, image) > 0) {
                    throw refused(node, "its padding counts as lowest value, the cache begins with zeros; pad the sequence before the network");
                }
                requireFloor(node, op.ceil() && stride > 1);
            }
            case AveragePool op -> {
                kernel = along(op.kernel(), image);
                stride = along(op.stride(), image);
                pads = op.pads();
                streamed = new AveragePool(op.kernel(), op.stride(), withoutFrames(pads, image), op.countIncludePad(), op.ceil());
                if (before(pads, image) > 0 && !op.countIncludePad()) {
                    throw refused(node, "count_include_pad 0 divides by fewer frames at the beginning; use count_include_pad 1");
                }
                requireFloor(node, op.ceil() && stride > 1);
            }
            default -> throw new IllegalArgumentException(node.toString());
        }
        int after = image ? pads.bottom() : pads.right();
        if (after > 0 && kernel > 1) {
            throw refused(node, "it looks " + after + " frames ahead; pad in front of the sequence only (causal)");
        }
        Track track = tracks.get(node.input(0));
        int ahead = kernel - 1 - before(pads, image);
        if (ahead < 0 || (track.late() + ahead) % stride != 0) {
            throw refused(node, "its padding of " + before(pads, image) + " frames does not fit a window of " + kernel + " and a stride of " + stride
                    + "; pad " + (kernel - 1) + " frames in front");
        }
        if (track.frames() % stride != 0) {
            throw refused(node, "its stride " + stride + " does not divide the " + track.frames() + " frames that it gets in a run; use a multiple");
        }
        tracks.put(node.output(), new Track(track.frames() / stride, (track.late() + ahead) / stride));
        List<String> operands = new ArrayList<>(node.inputs());
        operands.set(0, cache(node, 0, kernel, node.input(0) + "_" + node.name() + "_SCache"));
        nodes.add(node.withOp(streamed).withInputs(operands));
    }

    private void requireFloor(Node node, boolean ceil) {
        if (ceil) {
            throw refused(node, "ceil_mode 1 makes windows that reach beyond the frames there are; use ceil_mode 0");
        }
    }

    private static int along(Size size, boolean image) {
        return image ? size.h() : size.w();
    }

    private static int before(Pads pads, boolean image) {
        return image ? pads.top() : pads.left();
    }

    private static Pads withoutFrames(Pads pads, boolean image) {
        return image ? new Pads(0, pads.left(), 0, pads.right()) : Pads.NONE;
    }

    /** The last frames of a value, as many as the whole network has there. */
    private String wholeSequence(Node reader, int input) {
        String value = reader.input(input);
        String known = whole.get(value);
        if (known != null) {
            return known;
        }
        int extent = shapes.get(value).dim(StreamingCache.FRAMES);
        String cached = cache(reader, input, extent - tracks.get(value).frames() + 1, value + "_SCache");
        whole.put(value, cached);
        return cached;
    }

    private String cache(Node reader, int input, int window, String name) {
        String value = reader.input(input);
        if (window <= 1) {
            return value;
        }
        Node cache = new Node(name, new StreamingCache(window), List.of(value), List.of(name));
        nodes.add(cache);
        int bits = plan.bits(reader.name());
        streamedPlan.bits(name, bits);
        Slot slot = Slot.input(reader.name(), input);
        if (bits != QuantPlan.FLOAT) {
            SlotConfig held = plan.config(slot);
            Exponents exponents = plan.exponents(slot);
            SlotConfig config = new SlotConfig(held.bits(), held.rounding(), SlotConfig.PER_TENSOR, held.observer(),
                    held.state() == SlotState.FP32 ? SlotState.FP32 : SlotState.ACTIVATED, exponents);
            streamedPlan.put(Slot.input(name, 0), config).put(Slot.output(name, 0), config);
        }
        return name;
    }

    private BitgrainException refused(Node node, String reason) {
        return BitgrainException.badInput(node + ": cannot be streamed: " + reason);
    }
}
