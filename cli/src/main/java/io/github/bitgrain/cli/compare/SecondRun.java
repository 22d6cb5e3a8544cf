package io.github.bitgrain.cli.compare;

import io.github.bitgrain.cli.data.NpyArray;
import io.github.bitgrain.cli.network.ChipInput;
import io.github.bitgrain.cli.network.ValueFileNames;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.ChipDiff;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The run that a first program's run is compared with. */
public interface SecondRun {
    /** What the run computed for a sample, by the names that the first program gives its values. */
    Map<String, Reading> sample(int index);

    /**
     * The simulated run of another program. Nodes are paired as {@link ChipDiff} does, values of the same name always.
     *
     * @param inputs fitted to the second program's inputs, by their names
     */
    static SecondRun of(ChipProgram first, ChipProgram second, Simulator simulator, Map<String, ChipInput> inputs) {
        Map<String, String> names = new HashMap<>();
        ChipDiff.pairedValues(first, second).forEach((own, other) -> names.put(other, own));
        first.values().keySet().stream().filter(second.values()::containsKey).forEach(name -> names.put(name, name));
        return index -> {
            Map<String, Reading> readings = new HashMap<>();
            simulator.observe((node, value, buffer) -> {
                String own = names.get(value);
                if (own != null) {
                    readings.put(own, Reading.of(value, buffer));
                }
            });
            inputs.values().forEach(input -> input.set(simulator, index));
            simulator.run();
            return readings;
        };
    }

    /**
     * A run that was dumped into a folder, one {@code .npy} file for each value, named as {@code simulate --dump-all} does.
     *
     * @param samples number of samples that each file must hold
     * @throws BitgrainException (bad input) if the folder has no file of the program's values, or one does not fit
     */
    static SecondRun of(ChipProgram first, Path folder, int samples) {
        Map<String, Path> files = new HashMap<>();
        ValueFileNames names = new ValueFileNames();
        for (ChipNode node : first.nodes()) {
            for (String value : node.outputs()) {
                Path file = value.isEmpty() ? null : folder.resolve(names.next(value));
                if (file != null && Files.isRegularFile(file)) {
                    files.put(value, file);
                }
            }
        }
        if (files.isEmpty()) {
            throw BitgrainException.badInput(folder + ": holds no file of the model's node outputs, for example "
                    + new ValueFileNames().next(first.nodes().getLast().outputs().getFirst()));
        }
        return index -> {
            Map<String, Reading> readings = new HashMap<>();
            files.forEach((value, file) -> readings.put(value, slice(value, file, samples, index)));
            return readings;
        };
    }

    private static Reading slice(String value, Path file, int samples, int index) {
        NpyArray array = NpyArray.read(file);
        int length = array.bytes().length / samples;
        if (length * samples != array.bytes().length || samples > 1 && (array.shape().isEmpty() || array.shape().getFirst() != samples)) {
            throw BitgrainException.badInput(file + ": has shape " + array.shape() + ", the input has " + samples
                    + " samples, which its first axis must count");
        }
        List<Integer> shape = samples == 1 ? array.shape() : array.shape().subList(1, array.shape().size());
        byte[] bytes = Arrays.copyOfRange(array.bytes(), index * length, (index + 1) * length);
        ElementType type = ElementType.valueOf(array.type().name());
        return new Reading(ChipTensor.of(value, type, shape, ChipTensor.NOT_QUANTIZED, "", bytes), null);
    }
}
