package io.github.bitgrain.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.input.InputMap;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a model with fitted inputs reads in place of the inputs of the network that it was made from, by name. A chip model tells it in its metadata, so that it
 * can be fed with what the network takes; of a model without fitted inputs there are none.
 */
public final class InputMaps {
    /** Metadata key of the maps, JSON: input → gain and offset, an array each. */
    public static final String KEY = "bitgrain.input_maps";
    /** No maps: inputs are as the network states them. */
    public static final InputMaps NONE = new InputMaps(Map.of());

    private final Map<String, InputMap> maps;

    private InputMaps(Map<String, InputMap> maps) {
        this.maps = maps;
    }

    /** The maps of a fitted network. */
    public static InputMaps of(InputFit fit) {
        return fit.maps().isEmpty() ? NONE : new InputMaps(fit.maps());
    }

    /**
     * The maps that a chip model tells of.
     *
     * @throws BitgrainException (bad input) if they cannot be read
     */
    public static InputMaps of(ChipProgram program) {
        String text = program.metadata().get(KEY);
        if (text == null) {
            return NONE;
        }
        Map<String, InputMap> maps = new LinkedHashMap<>();
        try {
            JsonNode tree = Json.tree(text);
            for (String input : program.inputs()) {
                if (tree.has(input)) {
                    InputMap map = new InputMap(numbers(tree.get(input).path("gain")), numbers(tree.get(input).path("offset")));
                    if (!map.isRegular()) {
                        throw new IllegalArgumentException(input);
                    }
                    maps.put(input, map);
                }
            }
        } catch (IllegalArgumentException e) {
            throw BitgrainException.badInput("the metadata \"" + KEY + "\" of the model cannot be read: " + text);
        }
        return new InputMaps(maps);
    }

    /** Whether integers mean the same to the inputs of two chip models of one exponent. */
    public static boolean areAlike(ChipProgram one, ChipProgram other) {
        return Objects.equals(one.metadata().get(KEY), other.metadata().get(KEY));
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.get(i).asDouble(Double.NaN);
        }
        return numbers;
    }

    /** The program with the maps in its metadata. */
    public ChipProgram describe(ChipProgram program) {
        if (maps.isEmpty()) {
            return program;
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        maps.forEach((input, map) -> tree.put(input, Map.of("gain", map.gain(), "offset", map.offset())));
        return program.edit().metadata(KEY, Json.compact(tree)).build();
    }

    /** Whether no input is fitted. */
    public boolean isEmpty() {
        return maps.isEmpty();
    }

    /** The map of an input, or null if it is as the network states it. */
    public InputMap get(String input) {
        return maps.get(input);
    }

    /** Preprocessing with the maps behind it, by input. */
    public Map<String, Preprocessing.Affine> after(Map<String, Preprocessing.Affine> preprocessing) {
        Map<String, Preprocessing.Affine> both = new LinkedHashMap<>(preprocessing);
        maps.forEach((input, map) -> both.computeIfPresent(input, (name, affine) -> affine.then(map)));
        return both;
    }

    /** Names of the inputs that are fitted. */
    public Set<String> inputs() {
        return Collections.unmodifiableSet(maps.keySet());
    }

    /**
     * A fitted network in float, with what takes it from the original inputs in front.
     *
     * @param channelsLast whether its inputs have the chip's order of axes
     */
    public Model inFrontOf(Model fitted, boolean channelsLast) {
        return maps.isEmpty() ? fitted : InputFit.withMaps(fitted, maps, channelsLast);
    }

    /** A network that takes the original inputs. Closing it closes the other. */
    public Network inFrontOf(Network fitted) {
        return maps.isEmpty() ? fitted : new Mapped(fitted, maps);
    }

    private record Mapped(Network fitted, Map<String, InputMap> maps) implements Network {
        @Override
        public Map<String, List<Shape>> inputs() {
            return fitted.inputs();
        }

        @Override
        public Map<String, Shape> outputs() {
            return fitted.outputs();
        }

        @Override
        public boolean hasChannelsLast(String output) {
            return fitted.hasChannelsLast(output);
        }

        @Override
        public int batch() {
            return fitted.batch();
        }

        @Override
        public Map<String, Tensor> run(Map<String, Tensor> values) {
            Map<String, Tensor> mapped = new LinkedHashMap<>(values);
            maps.forEach((input, map) -> mapped.computeIfPresent(input, (name, tensor) -> map.apply(tensor, channelAxis(name, tensor.shape()))));
            return fitted.run(mapped);
        }

        /** Samples have the network's order of axes, channels first, or the chip's, channels last. */
        private int channelAxis(String input, Shape batch) {
            return batch.without(0).equals(inputs().get(input).getFirst()) ? 1 : batch.rank() - 1;
        }

        @Override
        public void close() {
            fitted.close();
        }
    }
}
