package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network whose inputs are the integers that the chip gets, or close to them, so that none of the 256 values of 8 bits is lost to a scale that must be
 * a power of two and to a range that must lie about 0. The first layers take up scale and offset; in float the network computes what it did. Whoever feeds
 * the chip applies {@link #maps()}: to pictures usually {@code byte − 128} in place of any arithmetic.
 *
 * <p>What the first layer fills its border with is no longer 0: such a layer gets a Pad in front of it.
 */
public final class InputFit {
    private final Model model;
    private final Map<String, InputMap> maps;
    private final Map<String, String> left;
    private final Map<String, Double> gains;

    private InputFit(Model model, Map<String, InputMap> maps, Map<String, String> left, Map<String, Double> gains) {
        this.model = model;
        this.maps = maps;
        this.left = left;
        this.gains = gains;
    }

    /**
     * Fits the inputs of a network.
     *
     * @param network float network; stays as it is
     * @param calibration samples of its inputs
     * @param levels inputs whose samples were bytes, by name
     */
    public static InputFit of(Model network, DataSource calibration, Map<String, InputLevels> levels) {
        Map<String, InputMap> maps = new LinkedHashMap<>();
        Map<String, String> left = new LinkedHashMap<>();
        Map<String, Double> gains = new LinkedHashMap<>();
        Model model = network;
        for (String input : network.graph().inputs().keySet()) {
            InputPath path = new InputPath(model, input);
            Choice choice = path.obstacle() == null ? choose(path, calibration, input, levels.get(input)) : Choice.none(path.obstacle());
            if (choice.map() == null) {
                left.put(input, choice.reason());
            } else {
                maps.put(input, choice.map());
                gains.put(input, choice.gain());
                model = InputRewrite.apply(model, path, choice.map());
            }
        }
        return new InputFit(model, maps, left, gains);
    }

    /** A network whose inputs stay as they are. */
    public static InputFit none(Model network) {
        return new InputFit(network, Map.of(), Map.of(), Map.of());
    }

    private record Choice(InputMap map, double gain, String reason) {
        static Choice none(String reason) {
            return new Choice(null, 1, reason);
        }
    }

    private static Choice choose(InputPath path, DataSource calibration, String input, InputLevels levels) {
        double[] border = border(path);
        if (border != null && border.length == 0) {
            return Choice.none("layers that read it fill their borders with different values");
        }
        boolean different = border != null && border.length > 1 || levels != null && levels.channels() > 1;
        if (path.isUniform() && different) {
            return Choice.none("its channels are scaled differently, and a layer that reads it mixes them");
        }
        InputMap map;
        double gain;
        if (levels != null) {
            map = InputRange.ofBytes(levels, border);
            gain = map == null ? 1 : InputRange.gainOfBytes(levels, map);
        } else {
            InputValues values = new InputValues(calibration, input);
            if (!values.isSpread()) {
                return Choice.none("all its calibration values are the same");
            }
            map = values.range(border).map();
            gain = values.symmetricError() / values.error(map);
            map = gain * InputRange.WORTHWHILE > 1 ? map : null;
        }
        return map == null ? Choice.none("8 bits hold it well as it is") : new Choice(map, gain, null);
    }

    /** Values of the input that must become one integer; null: none, empty: there is no such integer. */
    private static double[] border(InputPath path) {
        List<InputPath.Reader> readers = new ArrayList<>(path.layers());
        readers.addAll(path.paddings());
        double[] border = null;
        for (InputPath.Reader reader : readers) {
            double[] own = reader.border();
            if (own != null && border != null && !Arrays.equals(own, border)) {
                return new double[0];
            }
            border = own == null ? border : own;
        }
        return border;
    }

    /** The network whose inputs are fitted. */
    public Model model() {
        return model;
    }

    /** What its inputs are, by name; inputs that stay as they were are missing. */
    public Map<String, InputMap> maps() {
        return maps;
    }

    /**
     * How much larger the squared error of an input would be without its map, at a scale that is a power of two. Of bytes, which have no error with a map, the
     * square of the scale's ratio to their distance.
     */
    public double gain(String input) {
        return gains.getOrDefault(input, 1.0);
    }

    /** Inputs that stay as they were, and why. */
    public Map<String, String> left() {
        return left;
    }

    /** Samples of the original network as samples of the fitted one. */
    public DataSource data(DataSource original) {
        return maps.isEmpty() ? original : original.map(batch -> {
            Map<String, Tensor> mapped = new LinkedHashMap<>(batch);
            maps.forEach((name, map) -> mapped.computeIfPresent(name, (key, tensor) -> map.apply(tensor, 1)));
            return mapped;
        });
    }

    /**
     * A fitted network with its maps in front of it, so that it takes what the original one did.
     *
     * @param channelsLast whether its inputs have their channels in the last axis, as the chip stores them, and not in axis 1
     */
    public static Model withMaps(Model fitted, Map<String, InputMap> maps, boolean channelsLast) {
        Graph graph = fitted.graph();
        Parameters parameters = fitted.parameters().shallowCopy();
        Names names = new Names(fitted);
        List<Node> nodes = new ArrayList<>();
        Map<String, String> renamed = new LinkedHashMap<>();
        maps.forEach((input, map) -> {
            String gain = names.fresh(input + "_gain");
            String offset = names.fresh(input + "_offset");
            String scaled = names.fresh(input + "_scaled");
            String result = names.fresh(input + "_fitted");
            int rank = graph.inputs().get(input).rank();
            parameters.put(gain, perChannel(map.gain(), rank, channelsLast));
            parameters.put(offset, perChannel(map.offset(), rank, channelsLast));
            nodes.add(new Node(gain, new Mul(), List.of(input, gain), List.of(scaled)));
            nodes.add(new Node(offset, new Add(), List.of(scaled, offset), List.of(result)));
            renamed.put(input, result);
        });
        for (Node node : graph.nodes()) {
            nodes.add(node.withInputs(node.inputs().stream().map(value -> renamed.getOrDefault(value, value)).toList()));
        }
        return new Model(graph.edit().nodes(nodes).build(), parameters);
    }

    private static Tensor perChannel(double[] values, int rank, boolean last) {
        float[] data = new float[values.length];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) values[i];
        }
        int[] dims = new int[data.length == 1 ? 0 : rank - 1];
        Arrays.fill(dims, 1);
        if (dims.length > 0) {
            dims[last ? dims.length - 1 : 0] = data.length;
        }
        return new Tensor(Shape.of(dims), data);
    }
}
