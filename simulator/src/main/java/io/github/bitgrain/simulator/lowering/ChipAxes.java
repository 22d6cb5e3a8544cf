package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which ends of a chip program are feature maps, with channels last: by the operators around them, as files do not say it. Where that misleads and the shape
 * does not tell either, since all extents are the same, our files have a word about it in their metadata.
 */
public final class ChipAxes {
    /** Operators that read and make feature maps with channels last, whatever their axes were called before. */
    private static final Set<String> WINDOWS =
            Set.of("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "Resize", "InsertZeros",
            "DepthToSpace", "SpaceToDepth");

    /** Key of the metadata about an end, its name behind it. */
    private static final String KEY = "bitgrain.channels_last.";

    private ChipAxes() {}

    /** The program with a word about each end whose axes nothing else tells; {@code isMap} says what they are. */
    static ChipProgram describe(ChipProgram program, Predicate<String> isMap) {
        Set<String> untold = new LinkedHashSet<>();
        program.inputs().stream().filter(input -> hasEqualExtents(program, input) && readsMap(program, input) != isMap.test(input)).forEach(untold::add);
        program.outputs().stream().filter(output -> hasEqualExtents(program, output) && makesMap(program, output) != isMap.test(output)).forEach(untold::add);
        if (untold.isEmpty()) {
            return program;
        }
        ChipProgram.Builder described = program.edit();
        untold.forEach(end -> described.metadata(KEY + end, String.valueOf(isMap.test(end))));
        return described.build();
    }

    private static boolean hasEqualExtents(ChipProgram program, String value) {
        List<Integer> shape = program.value(value).shape();
        return hasMapRank(program, value) && shape.stream().skip(1).distinct().count() == 1;
    }

    /** Whether an input gets to a window operator before any operator that depends on the order of axes. */
    public static boolean readsMap(ChipProgram program, String input) {
        String said = program.metadata().get(KEY + input);
        return said != null ? said.equals("true") : hasMapRank(program, input) && reachesWindow(program, input, new HashSet<>());
    }

    /** Whether an output comes from a window operator with no operator in between that depends on the order of axes. */
    public static boolean makesMap(ChipProgram program, String output) {
        String said = program.metadata().get(KEY + output);
        return said != null ? said.equals("true") : hasMapRank(program, output) && comesFromWindow(program, output, new HashSet<>());
    }

    private static boolean hasMapRank(ChipProgram program, String value) {
        int rank = program.value(value).shape().size();
        return rank == 3 || rank == 4;
    }

    private static boolean reachesWindow(ChipProgram program, String value, Set<String> seen) {
        if (!seen.add(value)) {
            return false;
        }
        for (ChipNode node : program.nodes()) {
            if (node.inputs().contains(value)) {
                if (WINDOWS.contains(node.opType())) {
                    return true;
                }
                if (LiftingRules.keepsAxes(node.opType())
                        && node.outputs().stream().anyMatch(output -> reachesWindow(program, output, seen))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean comesFromWindow(ChipProgram program, String value, Set<String> seen) {
        if (!seen.add(value)) {
            return false;
        }
        if (program.inputs().contains(value)) {
            return readsMap(program, value);
        }
        for (ChipNode node : program.nodes()) {
            if (node.outputs().contains(value)) {
                return WINDOWS.contains(node.opType())
                        || LiftingRules.keepsAxes(node.opType()) && node.inputs().stream().anyMatch(input -> comesFromWindow(program, input, seen));
            }
        }
        return false;
    }
}
